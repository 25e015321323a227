"""A catalog of many times WLASL: import, screens and statistics, each in a process of its own.

The index is made of copies of the real one: other video ids, other sources, other signers, and ten
times as many instances of ten times as many glosses. What a scan and two extractions would find is
written by SQL. Sizes are in times of the real index.
"""

import argparse
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.measuring import NOTHING, goal, load, p95, real_data, time_s
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.library import Library
from store.stats import read_stats
from store.tally import freshen
from tui.reading.clip import read_clip
from tui.reading.extraction import count_available, read_failed_clips, read_failures
from tui.reading.instances import InstanceQuery, find_instances
from tui.reading.live import read_clip_paths, read_record_choices

ROUNDS = 20
SOON_MS = 50
QUERIES = {
    "all, by gloss": InstanceQuery(),
    "all, by video": InstanceQuery(sort="video_id"),
    "all, by gloss, falling": InstanceQuery(descending=True),
    "of val": InstanceQuery("split:val"),
    "long ones": InstanceQuery("frames:>60"),
    "with landmarks": InstanceQuery("extraction:done"),
    "that failed": InstanceQuery("extraction:failed"),
    "of one gloss": InstanceQuery("gloss:book"),
    "of one video": InstanceQuery("video:69241"),
    "words: book": InstanceQuery("book"),
    "words: zero": InstanceQuery("zero"),
    "words: b": InstanceQuery("b"),
    "words: 1": InstanceQuery("1"),
    "words: 6": InstanceQuery("6"),
    "words: 6, by video, falling": InstanceQuery("6", sort="video_id", descending=True),
    "words: 69": InstanceQuery("69"),
    "words: 6924": InstanceQuery("6924"),
    "words: nowhere": InstanceQuery("nowhere"),
    "words: book, by length": InstanceQuery("book", sort="length"),
    "all, by length": InstanceQuery(sort="length"),
    "all, by signer": InstanceQuery(sort="signer"),
    "all, by split": InstanceQuery(sort="split"),
    "all, by clip": InstanceQuery(sort="availability"),
    "all, by landmarks": InstanceQuery(sort="extraction"),
    "all, by landmarks, falling": InstanceQuery(sort="extraction", descending=True),
    "of val, by length": InstanceQuery("split:val", sort="length"),
    "of val, by clip": InstanceQuery("split:val", sort="availability"),
    "all, by source": InstanceQuery(sort="source"),
    "all, by source, falling": InstanceQuery(sort="source", descending=True),
    "all, by hands": InstanceQuery(sort="hands"),
    "all, by remark": InstanceQuery(sort="reason"),
    "of a split that is not there": InstanceQuery("split:nowhere"),
    "the same, by length": InstanceQuery("split:nowhere", sort="length"),
    "of two signers": InstanceQuery("signer:11,12"),
    "the same, by split": InstanceQuery("signer:11,12", sort="split"),
    "of the smallest source": InstanceQuery("source:scott"),
    "the longest, by length": InstanceQuery("frames:>128", sort="length"),
    "all, by frames per second": InstanceQuery(sort="fps"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.large_catalog")
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--small", type=int, default=10, help="what the import is compared with")
    parser.add_argument("--do", choices=("import", "ask"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.do:
        work = {"import": bring_in, "ask": ask}[options.do]
        print(json.dumps(work(options.folder)))
        return 0
    data = real_data()
    if data is None:
        print("no WLASL index here; set SIGNTUI_TEST_DATA to the folder that has it")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        measure(folder, data, options.small, options.times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(folder: Path, data: Path, small: int, times: int) -> None:
    print(f"minimum, median, maximum; {load()}")
    imports = {}
    for number in (small, times):
        make_index(data, folder / str(number), number)
        imports[number] = alone("import", folder / str(number))
        one = imports[number]
        print(
            f"{one['instances']:,} instances: import {one['seconds']:.1f} s, again with nothing "
            f"changed {one['again_s']:.1f} s, {one['memory_mb']:.0f} MB at most; catalog "
            f"{one['catalog_mb']:.0f} MB",
            flush=True,
        )
    n = f"{imports[times]['instances']:,} instances"
    ratio = imports[times]["seconds"] / imports[small]["seconds"]
    goal(f"import of {times} times WLASL", f"of {small} times: {times / small:.0f} is linear",
         f"{ratio:.1f} times as long, {imports[times]['seconds']:.0f} s", "linear", n)  # fmt: skip
    goal("memory of the import", f"of {small} times WLASL",
         f"{imports[times]['memory_mb']:.0f} MB, {imports[small]['memory_mb']:.0f} MB", "flat",
         n)  # fmt: skip
    fill(folder / str(times) / "library" / "catalog.sqlite")
    found = alone("ask", folder / str(times))
    for name, values in found["ms"].items():
        print(f"  {name:34} {min(values):8.1f} {sorted(values)[len(values) // 2]:8.1f} "
              f"{max(values):8.1f} ms  n = {len(values)}")  # fmt: skip
    for name in ("statistics", "statistics while clips are extracted"):
        values = found["ms"][name]
        goal(name, NOTHING, f"{sorted(values)[len(values) // 2]:.0f} ms, most {max(values):.0f}",
             "300 ms", f"{len(values)}; {n}")  # fmt: skip
    late = {name: p95(found["ms"][name]) for name in QUERIES}
    within = [value for value in late.values() if value <= SOON_MS]
    beyond = [f"{name} {value:.0f}" for name, value in late.items() if value > SOON_MS]
    goal(
        "first page of instances, of various questions",
        NOTHING,
        f"p95: {len(within)} of {len(late)} within {max(within, default=0):.0f} ms"
        + "; beyond: " * bool(beyond)
        + ", ".join(beyond),
        f"{SOON_MS} ms",
        n,
    )
    said = ", ".join(f"{name} {p95(found['ms'][name]):.0f}" for name in OTHERS)
    goal("other screens' questions", NOTHING, f"ms: {said}", f"{SOON_MS} ms", f"{ROUNDS} each; {n}")
    for name in ("a page in the middle", "a clip's page"):
        goal(name, NOTHING, f"{p95(found['ms'][name]):.0f} ms (p95)", "50 ms",
             f"{len(found['ms'][name])}; {n}")  # fmt: skip
    goal("memory of the process that asks", NOTHING,
         f"{found['memory_mb']:.0f} MB, of them {found['ids_mb']:.0f} for all ids", "flat",
         n)  # fmt: skip


def make_index(data: Path, folder: Path, times: int) -> None:
    (folder / "videos").mkdir(parents=True)
    for subset in data.glob("nslt_*.json"):
        shutil.copy(subset, folder)
    entries = json.loads((data / "WLASL_v0.3.json").read_text(encoding="utf-8"))
    rounds = max(1, times // 10)
    with (folder / "WLASL_v0.3.json").open("w", encoding="utf-8") as file:
        for place, (turn, entry) in enumerate((t, e) for t in range(rounds) for e in entries):
            copies = [
                copy_of(one, copy)
                for copy in range(turn, times, rounds)
                for one in entry["instances"]
            ]
            gloss = f"{entry['gloss']} {turn}" if turn else entry["gloss"]
            file.write(",\n" if place else "[")
            json.dump({"gloss": gloss, "instances": copies}, file, separators=(",", ":"))
        file.write("]")


def copy_of(one: dict[str, Any], copy: int) -> dict[str, Any]:
    if not copy:
        return one
    return {
        **one,
        "video_id": f"{one['video_id']}x{copy}",
        "url": f"{one['url']}?{copy}",
        "signer_id": one["signer_id"] + 1000 * copy,
    }


def alone(what: str, folder: Path) -> dict[str, Any]:
    """Do it in a process of its own, whose memory is its own."""
    command = [sys.executable, "-m", "benchmarks.large_catalog", "--do", what, "--folder", folder]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


def bring_in(folder: Path) -> dict[str, Any]:
    library = Library.create(folder / "library")

    def work() -> int:
        paths = find_dataset(folder, unpack_to=library.clips_dir)
        stored = store_dataset(library, read_dataset(paths))
        freshen(library)
        return stored.instances

    started = time.perf_counter()
    instances = work()
    seconds = time.perf_counter() - started
    (again,) = time_s(work, runs=1)
    library.close()
    return {
        "instances": instances,
        "seconds": seconds,
        "again_s": again,
        "memory_mb": memory_mb(),
        "catalog_mb": library.catalog_path.stat().st_size / 1e6,
    }


def memory_mb() -> float:
    """The most that this process has had; `ru_maxrss` begins with what its parent had."""
    status = Path("/proc/self/status")
    if status.is_file():
        (most,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
        return int(most.split()[1]) * 1024 / 1e6
    import resource  # noqa: PLC0415 - Unix only

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


FILL = (
    """UPDATE clip SET
      availability = CASE WHEN id % 10 < 6 THEN 'available' WHEN id % 10 < 9 THEN 'missing'
        ELSE 'corrupt' END,
      reason = CASE WHEN id % 10 < 6 THEN NULL WHEN id % 10 < 9 THEN 'in none of the video folders'
        ELSE 'empty: zero bytes' END,
      width = 320, height = 240, scanned_at = 1.7e9""",
    """UPDATE clip SET frames = 20 + (id * 7919) % 110, fps = 25, size_bytes = 100000 + id % 50000,
      path = '/clips/' || video_id || '.mp4', sha256 = HEX(RANDOMBLOB(32))
      WHERE availability = 'available'""",
    """INSERT INTO extractor (id, key, landmark_set, origin, settings, created_at) VALUES
      (1, 'import-a', 'hands', 'a file', '{}', 1.7e9),
      (2, 'hands-a', 'hands', 'MediaPipe 0.10.21', '{}', 1.7e9)""",
    *(
        f"""INSERT INTO extraction (instance_id, extractor_id, status, attempts, error_kind, frames,
          frames_left, frames_right, seconds, finished_at, landmarks_sha256)
        SELECT i.id, {extractor}, CASE WHEN i.id % 50 = 0 THEN '{rare}' ELSE 'done' END, 1, NULL,
          c.frames, c.frames / 2, c.frames * 2 / 3, 1.0, 1.7e9 + i.id, HEX(RANDOMBLOB(32))
        FROM instance i JOIN clip c ON c.id = i.clip_id
        WHERE c.availability = 'available' AND {some}"""
        for extractor, rare, some in (
            (1, "no_hands", "i.id % 3 < 2"),
            (2, "failed", "i.id % 3 > 0"),
        )
    ),
)


def fill(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -200000")
        for statement in FILL:
            connection.execute(statement)


def ask(folder: Path) -> dict[str, Any]:
    library = Library.open(folder / "library")
    freshen(library)
    ms: dict[str, list[float]] = {"statistics": timed(lambda: read_stats(library), 5)}
    changed: list[float] = []
    for start in range(5):
        touch(library, range(1000 + start, 1_500_000, 300_000))
        changed += timed(lambda: read_stats(library), 1)
    ms["statistics while clips are extracted"] = changed
    for name, query in QUERIES.items():
        once = timed(lambda query=query: first_page(library, query), 1)
        ms[name] = once if once[0] > 1000 else once + timed(
            lambda query=query: first_page(library, query), ROUNDS - 1)  # fmt: skip
    before = memory_mb()
    rows, _ = find_instances(library, InstanceQuery())
    started = time.perf_counter()
    rows.read_more(10**9)
    ms["all ids, by gloss"] = [1000 * (time.perf_counter() - started)]
    chance = random.Random(1)
    places = [chance.randrange(rows.total) for _ in range(ROUNDS)]
    ms["a page in the middle"] = [
        value for place in places for value in timed(lambda place=place: rows.read(place, 200), 1)
    ]
    ms["a clip's page"] = [
        value
        for place in places
        for value in timed(lambda place=place: read_clip(library, rows.ids[place]), 1)
    ]
    for name, work in OTHERS.items():
        ms[name] = timed(lambda work=work: work(library), ROUNDS)
    return {"ms": ms, "memory_mb": memory_mb(), "ids_mb": memory_mb() - before}


OTHERS = {
    "failures by reason": read_failures,
    "failed clips of a reason": lambda library: read_failed_clips(library, "unknown"),
    "clips to extract": count_available,
    "clips to try live": read_clip_paths,
    "form of a recording": read_record_choices,
}
"""What other screens ask."""


def first_page(library: Library, query: InstanceQuery) -> None:
    cancelled = threading.Event()
    find_instances(library, query, cancelled)
    cancelled.set()


def touch(library: Library, ids: range) -> None:
    """Change a clip in each of many blocks, as an extraction would."""
    with closing(sqlite3.connect(library.catalog_path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "UPDATE extraction SET seconds = 2, frames = frames + 1 WHERE instance_id = ?",
            [(number,) for number in ids],
        )
        connection.execute("COMMIT")


def timed(work: Any, runs: int) -> list[float]:
    return [1000 * seconds for seconds in time_s(work, runs=runs)]


if __name__ == "__main__":
    sys.exit(main())
