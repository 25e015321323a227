"""How far a job is: its state, a bar, and when it may be done."""

from typing import Final

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from store.jobs import JobRow
from store.words import ENDED, Status
from tui.widgets.bars import line
from tui.wording import STATE_COLOURS, count, duration, percent, state, time_left

_LINES: Final = 2


class JobBar(Widget):
    """Two lines: state, numbers and time left; and the bar."""

    DEFAULT_CSS = f"JobBar {{ height: {_LINES}; width: 1fr; }}"
    job: reactive[JobRow | None] = reactive(None)

    def render(self) -> Content:
        job, width = self.job, self.size.width
        if job is None:
            return Content("\n").join(
                [Content.styled("No job yet.", "$muted"), line(0, 1, width, "$primary")]
            )
        word = state(job)
        style = STATE_COLOURS.get(word, "$warning")
        left = Content.assemble((word, f"bold {style}"), "  ", (_numbers(job), "$foreground"))
        right = Content.styled(_time_left(job), "$muted")
        gap = max(1, width - left.cell_length - right.cell_length)
        whole = job.total or 1
        # What has finished without anything to count is done all the same.
        done = whole if job.status == Status.FINISHED else min(job.done, job.total or 0)
        return Content("\n").join(
            [
                Content.assemble(left, " " * gap, right),
                line(done, whole, width, style),
            ]
        )


def _numbers(job: JobRow) -> str:
    unit = f" {job.unit}" if job.unit else ""
    if job.total:
        share = percent(min(job.done, job.total), job.total)
        return f"{share}  {count(job.done)} of {count(job.total)}{unit}"
    return f"{count(job.done)}{unit}" if job.done else ""


def _time_left(job: JobRow) -> str:
    if job.status in ENDED:
        if job.started_at and job.ended_at:
            return f"took {duration(job.ended_at - job.started_at)}"
        return ""
    return time_left(job.detail)
