"""What each worker of a job is at, and how quickly the job goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline

from store.jobs import JobRow
from tui.widgets.table import Cell, Column, Row, RowTable, state_cell
from tui.wording import DASH, percent

_COLUMNS: Final = (
    Column("clip", "clip"),
    Column("progress", "progress", 15),
    Column("frames", "frames", 9, right=True, from_width=64),
    Column("fps", "fr/s", 4, right=True),
    Column("memory", "MB", 4, right=True),
    Column("state", "state", 7),
    Column("host", "host", 14, from_width=80),
)
_BAR: Final = 9
_HISTORY: Final = 240
_STILL_S: Final = 4.0
"""No new frame for so long counts as standing still."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How far a worker was with a clip, and when that was seen."""

    clip: str
    done: int
    at: float
    speed: float | None


class WorkerTable(RowTable):
    """A row for each worker, from what the job says in its detail."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(_COLUMNS, id=id)
        self._looks: dict[str, _Look] = {}

    def show_workers(self, detail: dict[str, Any] | None) -> int:
        """Show the workers of a job's detail and return how many of them are at work."""
        said = (detail or {}).get("workers")
        rows = [row for row in said if isinstance(row, dict)] if isinstance(said, list) else []
        self.show(Row(str(number), self._cells(row)) for number, row in enumerate(rows))
        told = (detail or {}).get("at_work")
        if isinstance(told, int):
            return told  # of a large cluster not all have a row
        return sum(row.get("pid") is not None for row in rows)

    def _cells(self, row: dict[str, Any]) -> tuple[Cell, ...]:
        clip, done, frames = (row.get(name) for name in ("clip", "done", "frames"))
        host = str(row.get("host") or "")
        speed = self._speed(f"{host} {row.get('pid')}", str(clip), done)
        memory = row.get("memory_mb")
        return (
            str(clip or DASH),
            (_bar(done, frames), "$primary"),
            f"{done}/{frames}",
            f"{speed:.0f}" if speed is not None else DASH,
            f"{memory:.0f}" if isinstance(memory, (int, float)) else DASH,
            state_cell(str(row.get("state") or DASH)),
            host or DASH,
        )

    def _speed(self, worker: str, clip: str, done: Any) -> float | None:
        """Frames a second of a worker, from the last two looks at the same clip that differ."""
        if not isinstance(done, int):
            return None
        now = time.monotonic()
        before = self._looks.get(worker)
        if before is None or before.clip != clip:
            self._looks[worker] = _Look(clip, done, now, None)
        elif done > before.done and now > before.at:
            speed = (done - before.done) / (now - before.at)
            self._looks[worker] = _Look(clip, done, now, speed)
        return self._looks[worker].speed


def _bar(done: Any, frames: Any) -> str:
    """How far a clip is, in 15 cells."""
    if not isinstance(done, int) or not isinstance(frames, int) or frames <= 0:
        return DASH
    done = max(0, min(done, frames))
    full = _BAR * done // frames
    return f"{'━' * full}{'╌' * (_BAR - full)} {percent(done, frames)}"


class SpeedPanel(Vertical):
    """A line of how many frames or clips a second were done."""

    DEFAULT_CSS = """
    SpeedPanel {
        Sparkline { height: 1fr; width: 1fr; }
        Sparkline > .sparkline--max-color { color: $primary; }
        Sparkline > .sparkline--min-color { color: $primary 50%; }
    }
    """

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - as in Textual
        classes: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.border_title = "Frames a second"
        self._clock = clock
        self._speeds: deque[float] = deque(maxlen=_HISTORY)
        self._seen: tuple[int, float, int] | None = None
        """Job, when it was seen, and how much it had done then."""

    def compose(self) -> ComposeResult:
        yield Sparkline()

    def show_job(self, job: JobRow | None) -> None:
        """Add what was done since the last look; None where no job runs."""
        if job is None or not job.unit:
            self._seen = None
            return
        self.border_title = f"{job.unit.capitalize()} a second"
        now = self._clock()
        if self._seen is None or self._seen[0] != job.id:
            self._speeds.clear()
            self._seen = (job.id, now, job.done)
        elif now > self._seen[1] and (job.done != self._seen[2] or now - self._seen[1] > _STILL_S):
            self._speeds.append(max(0, job.done - self._seen[2]) / (now - self._seen[1]))
            self._seen = (job.id, now, job.done)
        self.query_one(Sparkline).data = list(self._speeds)
        detail = job.detail or {}
        mean = detail.get("frames_per_s", detail.get("clips_per_s"))
        known = isinstance(mean, (int, float))
        self.border_subtitle = f"{mean:.0f} on average" if known else ""
