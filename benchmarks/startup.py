"""Start-up: the help of the command line, and what each process imports.

The dashboard's first picture is in `benchmarks.dashboard`, which looks at a terminal.
"""

import statistics
import subprocess
import sys

from benchmarks.measuring import NOTHING, goal, load, report, time_s

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
    print(f"minimum, median, maximum; {load()}")
    report("python -c pass", time_s(lambda: run("-c", "pass"), runs=10))
    report("signtui --help", time_s(lambda: run("-m", "tui.cli", "--help"), runs=10), limit_s=0.3)
    for name, names in PROCESSES.items():
        seconds, memory = imports(names)
        report(name, seconds)
        goal(f"imports of {name}", NOTHING,
             f"{statistics.median(seconds):.2f} s, {memory:.0f} MB", NOTHING, "5")  # fmt: skip
    return 0


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
