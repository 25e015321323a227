"""Timing with its noise: several runs, and minimum, median and maximum of each."""

import math
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

_MANY = 20
NOTHING = "\N{EN DASH}"
"""Stands where a row has no rival."""


def time_s(work: Callable[[], object], *, runs: int = 5) -> list[float]:
    """Wall seconds of each run."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return seconds


def report(name: str, seconds: list[float], *, limit_s: float | None = None) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    n, aim = len(seconds), f"  (aim: at most {limit_s:g} s)" if limit_s is not None else ""
    usual = f"  p95 {sorted(seconds)[math.ceil(0.95 * n) - 1]:.3f}" if n >= _MANY else ""
    print(f"{name:44} {low:7.3f} {middle:7.3f} {high:7.3f} s{usual}  n = {n}{aim}", flush=True)


def goal(work: str, against: str, figure: str, reach: str, n: str) -> None:
    """Print one row of the table in docs/performance.md; `python -m benchmarks` puts it there."""
    print(f"| {work} | {against} | {figure} | {reach} | {n} |", flush=True)


def p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def load() -> str:
    """How busy the machine is: a figure measured beside other work means little."""
    if not hasattr(os, "getloadavg"):
        return "load unknown"
    return f"load {os.getloadavg()[0]:.1f}"


def real_data() -> Path | None:
    """The folder with real WLASL data, if there is one."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SIGNTUI_TEST_DATA", beside))
    return folder if (folder / "WLASL_v0.3.json").is_file() else None
