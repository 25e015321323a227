"""Start-up: the help of the command line, and the dashboard's first picture."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import NOTHING, goal, load, report, time_s
from store.library import Library

FIRST_PICTURE = """
import sys, time
from pathlib import Path
started = float(sys.argv[2])
from store.library import Library
from tui.app import SignApp
import asyncio

async def main():
    async with SignApp(Library.open(Path(sys.argv[1]))).run_test(size=(120, 40)) as pilot:
        print(time.time() - started)
        await pilot.exit(0)

asyncio.run(main())
"""


PROCESSES = {
    "the command line": "tui.cli",
    "the dashboard": "tui.app",
    "a worker: MediaPipe without TensorFlow": (
        "capture.worker, capture.graph; capture.graph.load_mediapipe()"
    ),
    "`import mediapipe` as it is": "mediapipe",
    "live": "ml.live",
    "training: TensorFlow": "ml.train",
}  # fmt: skip
"""What each process imports before it works."""
MEASURED = """
import resource, sys, time
started = time.perf_counter()
import {names}
seconds = time.perf_counter() - started
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def imports(names: str, runs: int = 5) -> tuple[list[float], float]:
    """Seconds of each run, and the memory of the last in MB."""
    answers = [run("-c", MEASURED.format(names=names)).split()[-2:] for _ in range(runs)]
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return [float(seconds) for seconds, _ in answers], float(answers[-1][1]) / scale


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    library = Library.create(folder / "library")
    print(f"minimum, median, maximum; {load()}")
    try:
        report("python -c pass", time_s(lambda: run("-c", "pass"), runs=10))
        report(
            "signtui --help", time_s(lambda: run("-m", "tui.cli", "--help"), runs=10), limit_s=0.3
        )
        report("the dashboard's first picture", [picture(library) for _ in range(5)], limit_s=1)
        for name, names in PROCESSES.items():
            seconds, memory = imports(names)
            report(name, seconds)
            goal(f"imports of {name}", NOTHING,
                 f"{statistics.median(seconds):.2f} s, {memory:.0f} MB", NOTHING, "5")  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def picture(library: Library) -> float:
    """Seconds from the start of the process to a drawn screen, without a terminal."""

    environment = {**os.environ, "SIGNTUI_CONFIG": os.devnull}
    result = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE, str(library.root), str(time.time())],
        check=True, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    return float(result.stdout.split()[0])


if __name__ == "__main__":
    sys.exit(main())
