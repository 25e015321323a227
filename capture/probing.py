"""What a worker of the scan does: look at one clip, and say how long that took."""

import time
from dataclasses import dataclass
from pathlib import Path

from capture.video import ClipProbe, probe_clip


@dataclass(frozen=True, slots=True)
class TimedProbe:
    probe: ClipProbe
    seconds: float


def timed_probe(path: Path) -> TimedProbe:
    """Decode the whole file; never raises for a bad one."""
    started = time.perf_counter()
    return TimedProbe(probe_clip(path), time.perf_counter() - started)
