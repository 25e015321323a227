"""Follow a job on stderr until it ends."""

import sys
import time
from typing import Any, Final

from store.errors import JobError
from store.jobs import JobRow
from store.library import Library
from store.words import JobKind, Status
from tui.jobs import JobProcess, log_tail, start_job
from tui.wording import first_line, time_left

_LOOK_EVERY_S: Final = 0.2
_PLAIN_EVERY_S: Final = 10.0


class StoppedError(KeyboardInterrupt):
    """The user interrupted; the job was stopped and keeps its finished work."""


def run_and_follow(library: Library, kind: JobKind, config: dict[str, Any]) -> JobRow:
    """Start a job and narrate it to its end.

    Raises:
        JobError: the job failed or its process died.
        StoppedError: Ctrl-C; the job was stopped.
    """
    job = start_job(library, kind, config)
    try:
        row = _follow(job)
    except KeyboardInterrupt:
        _say("\n" if sys.stderr.isatty() else "")
        _say("Stopping; finished work is kept …\n")
        job.stop()
        raise StoppedError from None
    if row.status != Status.FINISHED:
        raise _failure(library, row)
    return row


def _failure(library: Library, row: JobRow) -> JobError:
    tail = log_tail(library, row.id).strip().splitlines()
    hint = row.hint or (tail[-1] if tail else "") or f"See: signtui status {row.id}"
    return JobError(row.error or f"The {row.kind} job was {row.status}.", hint=hint)


def _follow(job: JobProcess) -> JobRow:
    painter = _Painter()
    while True:
        ended = job.process.poll() is not None
        row = job.row()
        painter.show(row, last=ended)
        if ended:
            return row
        time.sleep(_LOOK_EVERY_S)


class _Painter:
    """One line that changes on a terminal; a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ""
        self._at = time.monotonic()

    def show(self, row: JobRow, *, last: bool) -> None:
        line = describe(row)
        if self._terminal:
            if line != self._shown or last:
                _say(f"\r\x1b[K{line}" + ("\n" if last else ""))
        elif last or (line != self._shown and time.monotonic() - self._at > _PLAIN_EVERY_S):
            self._at = time.monotonic()
            _say(f"{line}\n")
        self._shown = line


def describe(row: JobRow) -> str:
    """A job's progress in one line of less than 80 characters."""
    parts = [f"{row.kind}:"]
    if row.total:
        parts.append(_bar(row.done / row.total))
        parts.append(f"{row.done:,}/{row.total:,} {row.unit or ''}".strip())
    if row.status in {Status.QUEUED, Status.RUNNING}:
        parts.append("paused" if row.paused else row.message or row.status)
        parts.append(time_left(row.detail))
    else:
        parts.append(row.status)
    return first_line(" ".join(part for part in parts if part), 79)


def _bar(part: float, width: int = 20) -> str:
    full = round(max(0.0, min(1.0, part)) * width)
    return "━" * full + "╌" * (width - full)


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
