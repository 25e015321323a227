"""Jobs: all of them, running and past."""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import DataTable

from store.jobs import JobRow, list_jobs
from store.words import ENDED, JobKind, Request
from tui.children import SHOWN_JOBS
from tui.screens.job_log import JobLogScreen
from tui.screens.page import Page
from tui.widgets.facts import Fact, FactList
from tui.widgets.job_bar import JobBar
from tui.widgets.table import Column, Row, RowTable, state_cell
from tui.wording import DASH, ago, count, duration, progress, state

MOST_JOBS: Final = 2000
_LISTED: Final = 12
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
        Binding("enter,l", "log", "Log", key_display="↵"),
        Binding("space", "pause", "Pause or go on"),
        Binding("x", "stop", "Stop"),
        Binding("u", "again", "Resume or repeat"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._older: tuple[JobRow, ...] = ()
        """Jobs before those that are looked at twice a second."""
        self._stage: bool | None = None
        """Whether the job under the cursor has ended, which decides the keys that are offered."""

    def compose_body(self) -> ComposeResult:
        with Vertical(id="table", classes="panel") as table:
            table.border_title = "Jobs"
            yield RowTable(_COLUMNS, id="jobs")
        with Vertical(id="one", classes="panel"):
            yield JobBar(id="bar")
            with VerticalScroll(id="about"):
                yield FactList(id="facts")

    def on_mount(self) -> None:
        super().on_mount()
        self._read_older()

    @work(exclusive=True, group="older", exit_on_error=False)
    async def _read_older(self) -> None:
        if len(self.signtui.jobs) < SHOWN_JOBS:
            return
        with self.signtui.complaints(quietly=True):
            everything = await asyncio.to_thread(list_jobs, self.library, limit=MOST_JOBS)
            self._older = tuple(everything[SHOWN_JOBS:])
            self.show_jobs(self.signtui.jobs)

    @property
    def all_jobs(self) -> tuple[JobRow, ...]:
        """What is looked at twice a second, and what is older."""
        first = min((job.id for job in self.signtui.jobs), default=0)
        return self.signtui.jobs + tuple(job for job in self._older if job.id < first)

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:  # noqa: ARG002 - all_jobs has them too
        now, everything = self.signtui.clock(), self.all_jobs
        self.query_one("#jobs", RowTable).show(_row(job, now) for job in everything)
        running = sum(job.status not in ENDED for job in everything)
        self.query_one("#table").border_title = f"Jobs  {count(len(everything))}"
        self.query_one("#table").border_subtitle = f"{running} running" if running else ""
        self._show_one()

    @property
    def chosen(self) -> JobRow | None:
        """The job under the cursor."""
        key = self.query_one("#jobs", RowTable).current
        return next((job for job in self.all_jobs if str(job.id) == key), None)

    @on(DataTable.RowHighlighted, "#jobs")
    def _show_one(self) -> None:
        job = self.chosen
        self.query_one(JobBar).job = job
        panel = self.query_one("#one")
        panel.border_title = f"{job.kind}  job {job.id}" if job else "No jobs yet"
        self.query_one(FactList).facts = tuple(_about(job)) if job else ()
        stage = None if job is None else job.status in ENDED
        if stage != self._stage:
            self._stage = stage
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done with the job under the cursor is offered."""
        if action not in {"pause", "stop", "again", "log"}:
            return super().check_action(action, parameters)
        job = self.chosen if self.is_mounted else None
        if job is None or action == "log":
            return job is not None
        return (job.status in ENDED) == (action == "again")

    @on(DataTable.RowSelected, "#jobs")
    def action_log(self) -> None:
        if self.chosen is not None:
            self.app.push_screen(JobLogScreen(self.chosen.id))

    async def action_stop(self) -> None:
        if self.chosen is not None:
            await self.signtui.ask_job(self.chosen.id, Request.STOP)

    async def action_pause(self) -> None:
        job = self.chosen
        if job is not None and job.request != Request.STOP:
            resting = job.paused or job.request == Request.PAUSE
            await self.signtui.ask_job(job.id, None if resting else Request.PAUSE)

    async def action_again(self) -> None:
        """Start a job of the same kind and settings, which goes on with what is left."""
        job = self.chosen
        if job is None:
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


def _about(job: JobRow) -> Iterator[Fact]:
    if job.error:
        yield Fact("error", job.error, "$error")
    if job.hint:
        yield Fact("hint", job.hint)
    if job.message:
        yield Fact("at last" if job.status in ENDED else "now", job.message)
    yield Fact("settings", _readable(job.config))
    if job.result:
        yield Fact("result", _readable(job.result))


def _readable(values: dict[str, Any]) -> str:
    """Nested values in one text, with a name before each; what is not set is left out."""
    return " · ".join(f"{name} {value}" for name, value in _flat(values)) or DASH


def _flat(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, bool):
            yield f"{before}{name}", "yes" if value else "no"
        elif isinstance(value, (list, tuple)):
            yield f"{before}{name}", ", ".join(map(str, value[:_LISTED])) or DASH
        elif value is not None:
            yield f"{before}{name}", str(value)
