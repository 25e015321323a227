"""The log of one job, by level: searched, followed, copied."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from store.jobs import JobRow, get_job
from store.words import ENDED, Request
from tui.reading.job_log import JobLog, Level
from tui.screens.page import signtui_of
from tui.widgets.footer import KeyLine
from tui.widgets.job_bar import JobBar
from tui.widgets.row_view import RowView
from tui.widgets.table import Cell, Column, Row
from tui.wording import count, first_line

_COLUMNS: Final = (
    Column("time", "time", 8),
    Column("level", "level", 7),
    Column("text", "line"),
)
COPIED_LINES: Final = 1000
"""Terminals take only so much into the clipboard."""


class JobLogScreen(Screen[None]):
    """How a job went, read again while it runs."""

    CSS_PATH = "job_log.tcss"
    AUTO_FOCUS = "#lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back"),
        Binding("v", "level", "Level"),
        Binding("slash", "search", "Search", key_display="/"),
        Binding("f", "follow", "Follow"),
        Binding("c", "copy_line", "Copy line"),
        Binding("C", "copy_all", "Copy all", key_display="C"),
        Binding("x", "stop", "Stop"),
    ]

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.job_id = job_id
        self.job: JobRow | None = None
        self.level = Level.ALL
        self.following = False
        self.log_index: JobLog | None = None
        """None until it was read once."""
        self._needle = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="head", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="error")
        yield Input(placeholder="only lines with these words", id="search", compact=True)
        with Vertical(id="log", classes="panel"):
            yield RowView(_COLUMNS, id="lines")
        with Vertical(id="one", classes="panel"):
            yield Static(id="whole")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#search").display = False
        self.query_one(RowView).focus()
        signtui_of(self).jobs_changed.subscribe(self, lambda _: self._read())
        self._read()

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        """Read the job, and what its log has now."""
        app = signtui_of(self)
        log, fresh = self.log_index, self.log_index is None
        if log is None:
            log = JobLog(app.opened, self.job_id, self._needle)
        with app.complaints(quietly=True):
            job = await asyncio.to_thread(get_job, app.opened, self.job_id)
            if self.job is None:
                # What runs is followed; what has ended is read from its beginning.
                self.following = job.status not in ENDED
            self._show_job(job)
            changed = await asyncio.to_thread(log.refresh)
            self.log_index = log
            if fresh or changed:
                self._show_lines(keep_place=not fresh)

    def _show_job(self, job: JobRow) -> None:
        before, self.job = self.job, job
        self.query_one("#head").border_title = f"{job.kind}  job {job.id}"
        self.query_one(JobBar).job = job
        self.query_one("#error", Static).update(_outcome(job))
        if before is None or before.status != job.status:
            self.refresh_bindings()

    def _show_lines(self, *, keep_place: bool) -> None:
        if self.log_index is None:
            return
        view = self.query_one(RowView)
        view.show(self.log_index.rows(self.level), keep_place=keep_place)
        if self.following:
            view.cursor = view.total - 1
        self._show_title()

    def _show_title(self) -> None:
        if self.log_index is None:
            return
        panel = self.query_one("#log")
        panel.border_title = (
            Content("  ")
            .join(
                Content.styled(
                    f"{level} {count(self.log_index.count(level))}",
                    "bold reverse" if level is self.level else "",
                )
                for level in Level
            )
            .markup
        )
        words = [first_line(f"with “{self._needle}”", 30)] if self._needle else []
        words += ["following"] if self.following else []
        panel.border_subtitle = Content(" · ".join(words)).markup

    @on(RowView.Highlighted)
    def _show_whole(self, event: RowView.Highlighted) -> None:
        self.query_one("#whole", Static).update(Content(_text_of(event.row)))
        view = event.view
        if self.following and view.cursor < view.total - 1:
            self.following = False
            self._show_title()

    @on(RowView.ReadFailed)
    def _read_failed(self, event: RowView.ReadFailed) -> None:
        signtui_of(self).show_error(event.error)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Only what runs can be stopped."""
        return action != "stop" or (self.job is not None and self.job.status not in ENDED)

    def action_level(self) -> None:
        """Show the next level: all, info, warnings, errors."""
        levels = list(Level)
        self.level = levels[(levels.index(self.level) + 1) % len(levels)]
        self._show_lines(keep_place=False)

    def action_search(self) -> None:
        field = self.query_one("#search", Input)
        field.display = True
        self.set_focus(field)

    @on(Input.Submitted, "#search")
    def _search(self, event: Input.Submitted) -> None:
        self._needle = event.value.strip()
        event.input.display = bool(self._needle)
        self.log_index = None
        self.set_focus(self.query_one(RowView))
        self._read()

    def action_leave(self) -> None:
        """Leave the field, then the search, then the log."""
        field = self.query_one("#search", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.set_focus(self.query_one(RowView))
            if self._needle:
                self._needle, self.log_index = "", None
                self._read()
        else:
            self.dismiss()

    def action_follow(self) -> None:
        """Go to the last line and stay with it; or stop doing so."""
        self.following = not self.following
        view = self.query_one(RowView)
        if self.following:
            view.cursor = view.total - 1
        self._show_title()

    def action_copy_line(self) -> None:
        row = self.query_one(RowView).current
        if row is not None:
            self.app.copy_to_clipboard(_text_of(row))
            self.notify("The line is in the clipboard.")

    @work(exclusive=True, group="copy", exit_on_error=False)
    async def action_copy_all(self) -> None:
        """Copy what is shown, at most the last lines of it."""
        if self.log_index is None:
            return
        rows = self.log_index.rows(self.level)
        total = rows.total
        with signtui_of(self).complaints():
            last = await asyncio.to_thread(rows.read, max(0, total - COPIED_LINES), COPIED_LINES)
            lines = [" ".join(filter(None, map(_words, row.cells))) for row in last]
            self.app.copy_to_clipboard("\n".join(lines))
            said = "lines are" if len(lines) == total else f"last lines of {count(total)} are"
            self.notify(f"{count(len(lines))} {said} in the clipboard.")

    async def action_stop(self) -> None:
        await signtui_of(self).ask_job(self.job_id, Request.STOP)


def _words(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _text_of(row: Row | None) -> str:
    return first_line(_words(row.cells[-1]), 4000) if row else ""


def _outcome(job: JobRow) -> Content:
    parts: list[tuple[str, str]] = []
    if job.error:
        parts.append((f"{first_line(job.error, 300)} ", "$error"))
    if job.hint:
        parts.append((first_line(job.hint, 300), "$muted"))
    if not parts and job.message:
        parts.append((first_line(job.message, 300), "$muted"))
    return Content.assemble(*parts)
