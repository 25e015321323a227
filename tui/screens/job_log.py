"""The log of one job: lines it kept, and the end of what its process wrote."""

import asyncio
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from store.jobs import JobLineRow, JobRow, get_job, list_lines
from store.library import Library
from store.words import ENDED, Request
from tui.jobs import log_tail
from tui.screens.page import signtui_of
from tui.widgets.job_bar import JobBar
from tui.wording import clock_time, first_line

_LEVELS: Final = {"warning": "$warning", "error": "$error"}


class JobLogScreen(Screen[None]):
    """How a job went, read again while it runs."""

    CSS_PATH = "job_log.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("x", "stop", "Stop the job"),
        Binding("w", "warnings", "Warnings only"),
    ]

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.job_id = job_id
        self.job: JobRow | None = None
        self.only_warnings = False

    def compose(self) -> ComposeResult:
        with Vertical(id="head", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="error")
        with VerticalScroll(id="log", classes="panel") as log:
            log.border_title = "Log"
            yield Static(id="lines")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.query_one("#log").focus()
        signtui_of(self).jobs_changed.subscribe(self, lambda _: self._read())
        self._read()

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        library: Library = signtui_of(self).opened
        with signtui_of(self).complaints(quietly=True):
            job = await asyncio.to_thread(get_job, library, self.job_id)
            lines = await asyncio.to_thread(list_lines, library, self.job_id)
            tail = await asyncio.to_thread(log_tail, library, self.job_id)
            self._show(job, lines, tail)

    def _show(self, job: JobRow, lines: list[JobLineRow], tail: str) -> None:
        self.job = job
        self.query_one("#head").border_title = f"{job.kind}  job {job.id}"
        self.query_one(JobBar).job = job
        self.query_one("#error", Static).update(_outcome(job))
        shown = [line for line in lines if line.level != "info" or not self.only_warnings]
        self.query_one("#lines", Static).update(_log(shown, "" if self.only_warnings else tail))

    async def action_stop(self) -> None:
        if self.job is not None and self.job.status not in ENDED:
            await signtui_of(self).ask_job(self.job_id, Request.STOP)

    def action_warnings(self) -> None:
        self.only_warnings = not self.only_warnings
        self.query_one("#log").border_title = "Log: warnings" if self.only_warnings else "Log"
        self._read()


def _outcome(job: JobRow) -> Content:
    parts: list[tuple[str, str]] = []
    if job.error:
        parts.append((f"{first_line(job.error, 300)} ", "$error"))
    if job.hint:
        parts.append((first_line(job.hint, 300), "$muted"))
    if not parts and job.message:
        parts.append((first_line(job.message, 300), "$muted"))
    return Content.assemble(*parts)


def _log(lines: list[JobLineRow], tail: str) -> Content:
    said = [
        Content.assemble(
            (f"{clock_time(line.at)} ", "$muted"),
            (first_line(line.text, 1000), _LEVELS.get(line.level, "$foreground")),
        )
        for line in lines
    ]
    said += [Content.styled(first_line(line, 1000), "$idle") for line in tail.splitlines()]
    return Content("\n").join(said) if said else Content.styled("Nothing was logged.", "$muted")
