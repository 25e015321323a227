"""Extraction: the notebook's loop and ours on the same clips, taking turns in one run.

The notebook's is one process in static mode, with its `extract_landmarks` on every frame. Ours is
the real job on a library made for it: spawned workers, HDF5 files and catalog included. Both are
timed from the loading of the models (ours: from the first worker that is ready) to the last clip,
imports left out. CPU seconds, where ours include the start of all processes, tell more than wall
seconds on a busy machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from benchmarks.measuring import load, real_data
from capture.graph import load_mediapipe
from store.catalog import list_sequences, load_sequences
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, get_job
from store.library import Library
from store.words import JobKind


def notebook_loop(paths: Sequence[str]) -> dict[str, float]:
    """The notebook's cells 3, 4 and 8: what they do for each frame."""
    load_mediapipe()
    from mediapipe.python.solutions import hands as mp_hands  # noqa: PLC0415

    started, cpu = time.perf_counter(), time.process_time()
    hands = mp_hands.Hands(static_image_mode=True, max_num_hands=2, min_detection_confidence=0.5)
    counts = []
    for path in paths:
        capture = cv2.VideoCapture(path)
        while capture.isOpened():
            there, frame = capture.read()
            if not there:
                break
            results = hands.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            landmarks: list[float] = []
            for hand in results.multi_hand_landmarks or []:
                for point in hand.landmark:
                    landmarks.extend([point.x, point.y, point.z])
            counts.append(len(landmarks) // 63)
            landmarks += [0.0] * (126 - len(landmarks))
        capture.release()
    return {
        "frames": len(counts),
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "any": sum(count > 0 for count in counts),
        "two": sum(count > 1 for count in counts),
    }


def run_notebook(clips: list[Path]) -> dict[str, float]:
    """The loop in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.extraction", "--notebook", *map(str, clips)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    result: dict[str, float] = json.loads(answer.stdout)
    return result


def run_ours(clips: list[Path], workers: int, hands: dict[str, Any]) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        library = make_library(folder, clips)
        run_job(library, JobKind.SCAN, {"workers": workers})
        before = children_s()
        result = run_job(library, JobKind.EXTRACT, {"workers": workers, "hands": hands})
        cpu_s = children_s() - before
        with library.reading() as session:
            rows = list_sequences(session, extractor_id=int(result["extractor_id"]))
        seen = [sequence.present.sum(axis=1) for sequence in load_sequences(library, rows)]
        library.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        **result,
        "seconds": result["working_s"],
        "cpu_s": cpu_s,
        "any": sum(int((counts > 0).sum()) for counts in seen),
        "two": sum(int((counts > 1).sum()) for counts in seen),
    }


def make_library(folder: Path, clips: list[Path]) -> Library:
    videos = folder / "dataset" / "videos"
    videos.mkdir(parents=True)
    for clip in clips:
        shutil.copy2(clip, videos)
    index = [{"gloss": f"clip {clip.stem}", "instances": [instance(clip.stem)]} for clip in clips]
    (folder / "dataset" / "WLASL_v0.3.json").write_text(json.dumps(index), encoding="utf-8")
    library = Library.create(folder / "library")
    paths = find_dataset(folder / "dataset", unpack_to=library.clips_dir)
    store_dataset(library, read_dataset(paths))
    return library


def instance(video_id: str) -> dict[str, Any]:
    return {
        "bbox": [0, 0, 1, 1], "fps": 25, "frame_start": 1, "frame_end": -1, "instance_id": 0,
        "signer_id": 0, "source": "benchmark", "split": "train", "url": video_id,
        "variation_id": 0, "video_id": video_id,
    }  # fmt: skip


def run_job(library: Library, kind: JobKind, config: dict[str, Any]) -> dict[str, Any]:
    job_id = create_job(library, kind, config)
    subprocess.run(
        [sys.executable, "-P", "-m", f"capture.{kind}",
         "--library", str(library.root), "--job", str(job_id)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        stderr=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip
    return get_job(library, job_id).result or {}


def children_s() -> float:
    """CPU seconds of all child processes that have ended; 0 on Windows, which does not count."""
    times = os.times()
    return times.children_user + times.children_system


def show(name: str, one: dict[str, float]) -> float:
    rate = one["frames"] / one["seconds"]
    print(
        f"  {name:19} {rate:6.1f} frames/s wall, {1000 * one['cpu_s'] / one['frames']:5.1f} "
        f"CPU ms a frame; a hand in {one['any'] / one['frames']:.2%}, "
        f"two in {one['two'] / one['frames']:.2%} of {one['frames']:.0f} frames",
        flush=True,
    )
    return rate


def main() -> int:
    if sys.argv[1:2] == ["--notebook"]:
        print(json.dumps(notebook_loop(sys.argv[2:])))
        return 0
    parser = argparse.ArgumentParser(prog="benchmarks.extraction")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = real_data()
    if folder is None:
        print("no WLASL clips here; set SIGNTUI_TEST_DATA to the folder that has them")
        return 0
    clips = sorted((folder / "videos").glob("*.mp4"))
    clips = clips[:: max(1, len(clips) // options.clips)][: options.clips]
    ratios = []
    for number in range(options.rounds):
        print(f"round {number + 1}: {len(clips)} clips, {options.workers} workers, {load()}")
        old = show("notebook", run_notebook(clips))
        ours = run_ours(clips, options.workers, {})
        ratios.append(show("signtui", ours) / old)
        print(f"  ratio {ratios[-1]:.2f}; largest worker {ours['peak_worker_mb']:.0f} MB")
    thorough = run_ours(clips, options.workers, {"thorough": True})
    show("signtui, thorough", thorough)
    print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.2f} (aim: at least 2.2)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
