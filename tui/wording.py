"""How numbers, times and states read on the screens."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

from store.words import Request, Status

if TYPE_CHECKING:
    from store.jobs import JobRow

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

DASH: Final = "\N{EN DASH}"
"""What stands for a number that is not there, and between two."""

STATE_COLOURS: Final = {
    "available": "$success",
    "done": "$success",
    "finished": "$success",
    "running": "$primary",
    "queued": "$idle",
    "pending": "$idle",
    "unknown": "$idle",
    "idle": "$idle",
    "starting": "$idle",
    "opening": "$idle",
    "signing": "$primary",
    "decided": "$success",
    "slow": "$warning",
    "stalled": "$warning",
    "lost": "$error",
    "no_hands": "$warning",
    "interrupted": "$warning",
    "cancelled": "$warning",
    "missing": "$warning",
    "corrupt": "$error",
    "failed": "$error",
}
"""One colour for each state, on every screen; the word always stands beside it."""


def count(number: float | None) -> str:
    """A whole number with thousands separated, or a dash."""
    return DASH if number is None else f"{number:,.0f}"


def percent(part: float | None, whole: float | None = 1.0) -> str:
    """A share; a part of nothing is a dash."""
    if part is None or not whole:
        return DASH
    share = 100 * part / whole
    # Never "100 %" while something is missing, nor "0 %" where something is there.
    return f"{math.floor(share) if share >= 1 else math.ceil(share)} %"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return DASH
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE):02d} s"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE):02d} min"
    return f"{int(seconds // _DAY)} d {int(seconds % _DAY // _HOUR)} h"


def ago(then: float | None, now: float) -> str:
    """How long ago something was, in its largest unit."""
    if then is None:
        return DASH
    seconds = max(0.0, now - then)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{int(seconds // unit)} {name} ago"
    return "just now"


def clock_time(at: float) -> str:
    """Local time of day."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def day(at: float) -> str:
    """Local date, as in 2026-01-31."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def size(number: float | None) -> str:
    """Bytes in the largest fitting unit."""
    if number is None:
        return DASH
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def accuracy(value: float, low: float, high: float, n: int) -> str:
    """An accuracy with its 95 % interval and what it rests on; ratios are 0 to 1."""
    return f"{100 * value:.1f} % [{100 * low:.0f}{DASH}{100 * high:.0f}] n={n:,}"


def calibration(detail: dict[str, Any]) -> str:
    """What an evaluation found scores to be worth; empty where it did not look."""
    names = ("calibration_error", "threshold", "precision", "coverage")
    error, threshold, precision, coverage = (detail.get(name) for name in names)
    if error is None or threshold is None:
        return ""
    before = detail.get("calibration_error_before")
    words = f"scores off by {100 * error:.1f} points on average"
    words += f" ({100 * before:.1f} before calibration)" if before is not None else ""
    said = f"; from {threshold:.2f} on a sign is named: {percent(coverage)} of the clips"
    return words + said + (f", {percent(precision)} of them right" if precision is not None else "")


def state(job: JobRow) -> str:
    """The state of a job in one word; a resting job says so."""
    if job.status != Status.RUNNING:
        return job.status
    if job.request == Request.STOP:
        return "stopping"
    if job.paused:
        return "paused"
    return "pausing" if job.request == Request.PAUSE else job.status


def progress(job: JobRow) -> str:
    """How far a job is: a share, or what it has done so far."""
    if job.total:
        return percent(min(job.done, job.total), job.total)
    return f"{count(job.done)} {job.unit or ''}".strip() if job.done else DASH


def first_line(value: Any, length: int = 200) -> str:
    """Foreign text cut to one line that holds nothing a terminal would obey."""
    text = " ".join(str(value).split())
    clean = "".join(character for character in text if character.isprintable())
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def eta_range(detail: dict[str, Any] | None) -> tuple[float | None, float | None]:
    """Least and most seconds left, as the job says in its detail; None where it does not."""
    said = (detail or {}).get("eta_s")
    values = said if isinstance(said, list) else [said]
    known = [float(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    return (min(known), max(known)) if known else (None, None)


def time_left(detail: dict[str, Any] | None) -> str:
    """How long a job will take, as a range where it says one; empty where it does not."""
    low, high = eta_range(detail)
    if low is None or high is None:
        return ""
    if duration(low) == duration(high):
        return f"{duration(low)} left"
    return f"{duration(low)} to {duration(high)} left"
