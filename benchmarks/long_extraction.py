"""Workers over 500 clips: how their memory goes on, and how many transactions a clip takes.

The clips are the first frames of real ones, over and over, so that 500 are decoded in minutes.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cv2
import psutil

from benchmarks.extraction import make_library, run_job
from benchmarks.measuring import goal, load, real_data
from capture.video import ClipReader
from store.library import Library
from store.words import JobKind
from tui.jobs import start_job

FRAMES = 12


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.long_extraction")
    parser.add_argument("--clips", type=int, default=500)
    options = parser.parse_args()
    data = real_data()
    if data is None:
        print("no WLASL clips here; set SIGNTUI_TEST_DATA to the folder that has them")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        measure(folder, sorted((data / "videos").glob("*.mp4")), options.clips)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(folder: Path, real: list[Path], clips: int) -> None:
    print(load())
    short = folder / "short"
    short.mkdir()
    made = [shorten(path, short / f"{number:05}.mp4") for number, path in enumerate(real)]
    for number in range(len(made), clips):
        shutil.copy(made[number % len(made)], short / f"{number:05}.mp4")
    library = make_library(folder / "work", sorted(short.glob("*.mp4"))[:clips])
    run_job(library, JobKind.SCAN, {"workers": 2})
    seen = follow(library)
    if not seen:
        print("too few clips to see a worker's memory")
        return
    for share in (0.1, 0.25, 0.5, 0.75, 1.0):
        print(f"  after {share:.0%}: workers {seen[round(share * (len(seen) - 1))]} MB")
    early = max(memory for memories in seen[: len(seen) // 4] for memory in memories)
    late = max(memory for memories in seen[-len(seen) // 4 :] for memory in memories)
    goal("memory of a worker, last quarter", "first quarter", f"{late:.0f} MB, {early:.0f} MB",
         "flat", f"{clips} clips of {FRAMES} frames, 200 a worker")  # fmt: skip
    library.close()


def follow(library: Library) -> list[list[float]]:
    """Memory of the workers in MB, once a second while the job runs."""
    job = start_job(library, JobKind.EXTRACT, {"workers": 2})
    seen = []
    while job.process.poll() is None:
        time.sleep(1)
        try:
            workers = psutil.Process(job.process.pid).children(recursive=True)
            memories = [worker.memory_info().rss / 1e6 for worker in workers]
        except psutil.Error:
            continue
        if seen or max(memories, default=0.0) > 100:
            seen.append([memory for memory in memories if memory > 50])
    return [memories for memories in seen if memories]


def shorten(path: Path, target: Path) -> Path:
    """The first frames of a clip."""
    with ClipReader(path) as reader:
        images = list(reader.frames(0, FRAMES))
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"mp4v"), 25, (width, height))
    for image in images:
        writer.write(image)
    writer.release()
    return target


if __name__ == "__main__":
    sys.exit(main())
