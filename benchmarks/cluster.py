"""Extraction on a Dask cluster of this machine: its rate beside the local pool's, and its limits.

Rate: the same clips with two local workers and with two Dask workers, taking turns. Limit of the
coordinator: workers that make up landmarks at once, so that what remains is to send, receive, write
and commit. Scheduler, workers and coordinator share this machine's cores, as they would not elsewhere.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import psutil
from sqlalchemy import insert, select

from benchmarks import cluster_worker
from benchmarks.extraction import instance, make_library, run_job
from benchmarks.measuring import load, real_data
from store.catalog import get_or_add_extractor
from store.extractions import list_work, queue_instances
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, get_job
from store.jobs import run_job as job_of
from store.library import Library
from store.schema import Clip, Gloss, Instance
from store.words import Availability, JobKind

ROOT: Final = Path(__file__).resolve().parents[1]
MB: Final = 1e6
HANDS: Final = {"workers": 2}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.cluster")
    parser.add_argument("--clips", type=int, default=40, help="real clips of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--made-up", type=int, default=1500, help="clips of the limit")
    parser.add_argument("--queue", type=int, default=200_000, help="clips that only wait")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        data = real_data()
        if data is None:
            print("no WLASL clips here; set SIGNTUI_TEST_DATA to the folder that has them")
        elif options.rounds:
            compare_rates(folder / "rates", data, options.clips, options.rounds)
        if options.made_up:
            find_limits(folder / "limits", options.made_up)
        if options.queue:
            fill_queue(folder / "queue", options.queue)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


# Rates


def compare_rates(folder: Path, data: Path, clips: int, rounds: int) -> None:
    found = sorted((data / "videos").glob("*.mp4"))
    found = found[:: max(1, len(found) // clips)][:clips]
    size = sum(path.stat().st_size for path in found)
    print(f"{len(found)} clips, {size / MB:.1f} MB; {load()}")
    ratios: dict[str, list[float]] = {"read in place": [], "sent": []}
    for number in range(rounds):
        local = rate(folder / f"local{number}", found, None)
        print(f"round {number + 1}: local pool of 2: {local:.1f} frames/s; {load()}")
        for how, values in ratios.items():
            away = rate(folder / f"{how[0]}{number}", found, how)
            values.append(away / local)
            print(
                f"  two Dask workers, {how}: {away:.1f} frames/s, {values[-1]:.2f} of it",
                flush=True,
            )
    for how, values in ratios.items():
        print(f"median of {rounds}, {how}: {statistics.median(values):.2f} (aim: at least 0.9)")


def rate(folder: Path, clips: list[Path], how: str | None) -> float:
    """Frames a second of a whole job, from when the first worker is ready."""
    library = make_library(folder, clips)
    run_job(library, JobKind.SCAN, HANDS)
    if how is None:
        result = run_job(library, JobKind.EXTRACT, HANDS)
    else:
        preload = [] if how == "read in place" else ["--preload", "tests.cluster.blind"]
        with dask_cluster(folder, *preload) as address:
            result = run_job(library, JobKind.EXTRACT, {"cluster": address})
        sent = result["sent_mb"] > 0
        if sent != (how == "sent"):
            raise RuntimeError(f"{how}, but {result['sent_mb']} MB were sent")
    library.close()
    return float(result["frames_per_s"])


@contextmanager
def dask_cluster(folder: Path, *options: str, workers: int = 2, sees: str = "") -> Iterator[str]:
    """A scheduler and workers of one thread each, as processes of their own; its scheduler file."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), cluster_worker.SEES: sees}
    commands = [["dask_scheduler", "--host", "127.0.0.1", "--port", "0"]]
    commands += [
        ["dask_worker", "--nthreads", "1", "--local-directory", str(folder / f"w{n}"), *options]
        for n in range(workers)
    ]
    processes = []
    try:
        for module, *rest in commands:
            command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard"]
            processes.append(
                subprocess.Popen(
                    [*command, "--scheduler-file", str(file), *rest],
                    cwd=folder,
                    env=environment,
                    stderr=subprocess.DEVNULL,
                )
            )
            while not file.exists():
                time.sleep(0.1)
        time.sleep(5)  # all workers are there before the clock starts
        yield str(file)
    finally:
        # Workers first: without a scheduler they would only complain.
        for process in reversed(processes):
            process.terminate()
            process.wait()


# Limits


def find_limits(folder: Path, clips: int) -> None:
    frames = 62
    print(f"\n{clips} clips of {frames} frames that cost nothing to extract; {load()}")
    for kilobytes in (0, 400):
        for how in ("no cluster", "read in place", "sent"):
            if (how == "sent") != (kilobytes > 0):
                continue
            library = made_up_library(folder / f"{how} {kilobytes}", clips, frames, kilobytes)
            before = library.catalog_path.stat().st_size
            seconds, cpu_s = run_made_up(library, how)
            print(
                f"  {how:14} {clips / seconds:6.1f} clips/s, {clips * kilobytes / 1e3 / seconds:5.1f} "
                f"MB/s of clips; the coordinator was at work {cpu_s / seconds:.0%} of the time"
            )
            library.close()
            landmarks = sum(path.stat().st_size for path in library.landmarks_dir.iterdir())
            catalog = library.catalog_path.stat().st_size
            print(
                f"  {'':14} a clip: {landmarks / clips / 1e3:.1f} kB of landmarks, "
                f"{catalog / clips / 1e3:.2f} kB of catalog ({(catalog - before) / clips / 1e3:+.2f})"
            )


def run_made_up(library: Library, how: str) -> tuple[float, float]:
    """Seconds of the work itself, and the coordinator's share of a core."""
    if how != "no cluster":
        preload = ("--preload", "benchmarks.cluster_worker")
        sees = "1" if how == "read in place" else ""
        with dask_cluster(library.root, *preload, sees=sees) as address:
            return timed(library, {"cluster": address})
    with patch("capture.local.TaskPool", cluster_worker.AtOnce):
        return timed(library, {"workers": 2})


def timed(library: Library, config: dict[str, Any]) -> tuple[float, float]:
    from capture.coordinator import extract  # noqa: PLC0415 - OpenCV, for those who need it

    job_id = create_job(library, JobKind.EXTRACT, config)
    cpu = time.process_time()
    with job_of(library, job_id) as job:
        extract(job)
    result = get_job(library, job_id).result or {}
    if result["left"]:
        raise RuntimeError(f"not all clips were done: {result}")
    return float(result["working_s"]), time.process_time() - cpu


def made_up_library(folder: Path, clips: int, frames: int, kilobytes: int) -> Library:
    videos = folder / "dataset" / "videos"
    videos.mkdir(parents=True)
    library = library_of(folder, clips)
    content = os.urandom(kilobytes * 1000 or 1)
    with library.session() as session:
        for clip in session.scalars(select(Clip)):
            path = videos / f"{clip.video_id}.mp4"
            path.write_bytes(content)
            stat = path.stat()
            clip.availability, clip.frames, clip.path = Availability.AVAILABLE, frames, str(path)
            clip.size_bytes, clip.mtime_ns, clip.sha256 = stat.st_size, stat.st_mtime_ns, "0" * 64
    return library


def library_of(folder: Path, clips: int) -> Library:
    import json  # noqa: PLC0415

    (folder / "dataset").mkdir(parents=True, exist_ok=True)
    entries = [instance(f"{number:07d}") | {"instance_id": number} for number in range(clips)]
    index = [{"gloss": "made up", "instances": entries}]
    (folder / "dataset" / "WLASL_v0.3.json").write_text(json.dumps(index), encoding="utf-8")
    library = Library.create(folder / "library")
    paths = find_dataset(folder / "dataset", unpack_to=library.clips_dir)
    store_dataset(library, read_dataset(paths))
    return library


def fill_queue(folder: Path, clips: int) -> None:
    """What a job costs before its first clip: a queue of clips that nobody works on."""
    (folder / "dataset").mkdir(parents=True)
    library = library_of(folder, 1)
    with library.session() as session:
        gloss_id = session.scalar(select(Gloss.id))
        first = session.scalar(select(Instance.id))
        columns = {"availability": Availability.AVAILABLE, "frames": 62, "size_bytes": 400_000}
        columns |= {"mtime_ns": 1, "sha256": "0" * 64}
        rows = [
            {"id": n, "video_id": f"{n:07d}b", "path": f"/clips/{n:07d}.mp4", **columns}
            for n in range(10, 10 + clips)
        ]
        session.execute(insert(Clip), rows)
        template = session.get(Instance, first)
        kept = {
            column.name: getattr(template, column.name)
            for column in Instance.__table__.columns
            if column.name not in {"id", "clip_id", "gloss_id", "instance_id"}
        }
        session.execute(
            insert(Instance),
            [{**kept, "id": n, "clip_id": n, "gloss_id": gloss_id} for n in range(10, 10 + clips)],
        )
    process = psutil.Process()
    before, started = process.memory_info().rss, time.perf_counter()
    with library.session() as session:
        extractor_id = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="benchmark", settings={}
        )
        queue_instances(session, extractor_id)
    with library.reading() as session:
        work = list_work(session, extractor_id)
    seconds, grown = time.perf_counter() - started, process.memory_info().rss - before
    library.close()
    size = library.catalog_path.stat().st_size
    print(
        f"\na queue of {len(work):,} clips: {seconds:.1f} s to make and list, "
        f"{grown / 2**20:.0f} MiB; catalog {size / MB:.0f} MB, {size / clips:.0f} bytes a clip"
    )


if __name__ == "__main__":
    sys.exit(main())
