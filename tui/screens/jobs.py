"""Jobs: all of them, running and past."""

import json
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from store.jobs import JobRow
from store.words import ENDED, JobKind, Request
from tui.screens.job_log import JobLogScreen
from tui.screens.page import Page
from tui.widgets.job_bar import JobBar
from tui.widgets.table import Column, Row, RowTable, state_cell
from tui.wording import DASH, ago, duration, first_line, progress, state

_COLUMNS: Final = (
    Column("job", "job", 4, right=True),
    Column("kind", "kind", 8),
    Column("state", "state", 11),
    Column("progress", "done", 12, right=True),
    Column("started", "started", 10),
    Column("took", "took", 12, from_width=90),
    Column("message", "message"),
)


class JobsScreen(Page):
    """Every job with how it goes or how it ended."""

    NAME = "jobs"
    HOME = "#jobs"
    CSS_PATH = "jobs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "Log"),
        Binding("space", "pause", "Pause or go on"),
        Binding("x", "stop", "Stop"),
        Binding("u", "again", "Start again"),
    ]

    def compose_body(self) -> ComposeResult:
        with Vertical(id="table", classes="panel") as table:
            table.border_title = "Jobs"
            yield RowTable(_COLUMNS, id="jobs")
        with Vertical(id="one", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="about")

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        now = self.signtui.clock()
        self.query_one("#jobs", RowTable).show(_row(job, now) for job in jobs)
        self.query_one("#table").border_title = f"Jobs  {len(jobs)}"
        self._show_one()

    @property
    def chosen(self) -> JobRow | None:
        """The job under the cursor."""
        key = self.query_one("#jobs", RowTable).current
        return next((job for job in self.signtui.jobs if str(job.id) == key), None)

    @on(DataTable.RowHighlighted, "#jobs")
    def _show_one(self) -> None:
        job = self.chosen
        self.query_one(JobBar).job = job
        panel = self.query_one("#one")
        panel.border_title = f"{job.kind}  job {job.id}" if job else "No jobs yet"
        panel.border_subtitle = "enter or l: its log" if job else ""
        self.query_one("#about", Static).update(_about(job) if job else "")

    @on(DataTable.RowSelected, "#jobs")
    def action_log(self) -> None:
        if self.chosen is not None:
            self.app.push_screen(JobLogScreen(self.chosen.id))

    async def action_stop(self) -> None:
        if self.chosen is not None and self.chosen.status not in ENDED:
            await self.signtui.ask_job(self.chosen.id, Request.STOP)

    async def action_pause(self) -> None:
        job = self.chosen
        if job is not None and job.status not in ENDED and job.request != Request.STOP:
            resting = job.paused or job.request == Request.PAUSE
            await self.signtui.ask_job(job.id, None if resting else Request.PAUSE)

    async def action_again(self) -> None:
        """Start a job of the same kind and settings, which goes on with what is left."""
        job = self.chosen
        if job is None or job.status not in ENDED:
            return
        if job.kind == JobKind.LIVE:
            self.notify("Start live on its own screen.")
            return
        await self.signtui.start_job(JobKind(job.kind), job.config)


def _row(job: JobRow, now: float) -> Row:
    end = job.ended_at or (now if job.started_at else None)
    took = duration(end - job.started_at) if job.started_at and end else DASH
    return Row(
        str(job.id),
        (
            str(job.id),
            job.kind,
            state_cell(state(job)),
            progress(job),
            ago(job.created_at, now),
            took,
            (job.error, "$error") if job.error else (job.message or ""),
        ),
    )


def _about(job: JobRow) -> Content:
    lines = [
        Content.styled(first_line(words, 400), style)
        for words, style in (
            (job.error or job.message or "", "$error" if job.error else "$foreground"),
            (job.hint or "", "$muted"),
            (f"settings: {json.dumps(job.config, ensure_ascii=False)}", "$muted"),
        )
        if words
    ]
    return Content("\n").join(lines)
