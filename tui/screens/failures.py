"""Clips that failed for one reason, and what the logs say of the one under the cursor."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Static

from tui.reading.extraction import (
    MOST_CLIPS,
    ClipLog,
    FailedClip,
    Failure,
    read_clip_log,
    read_failed_clips,
)
from tui.screens.page import signtui_of
from tui.widgets.footer import KeyLine
from tui.widgets.table import Column, Row, RowTable
from tui.wording import STATE_COLOURS, clock_time, count, day, first_line

_COLUMNS: Final = (
    Column("clip", "clip", 8),
    Column("gloss", "gloss", 16),
    Column("attempts", "tried", 5, right=True),
    Column("error", "error"),
)
_LEVELS: Final = {"warning": "$warning", "error": "$error"}


class FailuresScreen(Screen[str | None]):
    """The clips of one group of failures; ends with the reason where it is to be tried again."""

    CSS_PATH = "failures.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("enter", "clip", "Open", priority=True),
        Binding("t", "retry", "Retry these"),
        Binding("b", "library", "In the library"),
        Binding("c", "copy", "Copy log"),
    ]

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure
        self.clips: dict[str, FailedClip] = {}
        self.log_text = ""
        """The log of the clip under the cursor, as it is copied."""

    def compose(self) -> ComposeResult:
        with Vertical(id="clips-panel", classes="panel") as panel:
            panel.border_title = first_line(f"Failed: {self.failure.kind}", 60)
            yield RowTable(_COLUMNS, id="clips")
        with VerticalScroll(id="clip-log", classes="panel"):
            yield Static(id="lines")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#clips").focus()
        self._read()

    @work(exclusive=True, group="clips", exit_on_error=False)
    async def _read(self) -> None:
        app = signtui_of(self)
        with app.complaints():
            clips = await asyncio.to_thread(read_failed_clips, app.opened, self.failure.kind)
            self.clips = {str(clip.instance_id): clip for clip in clips}
            first = f"the first {count(MOST_CLIPS)}" if len(clips) == MOST_CLIPS else ""
            self.query_one("#clips-panel").border_subtitle = first
            self.query_one(RowTable).show(
                Row(key, (clip.video_id, clip.gloss, str(clip.attempts), (clip.error, "$error")))
                for key, clip in self.clips.items()
            )
            self._show_log()

    @property
    def chosen(self) -> FailedClip | None:
        """The clip under the cursor."""
        return self.clips.get(self.query_one(RowTable).current or "")

    @on(DataTable.RowHighlighted)
    @work(exclusive=True, group="log", exit_on_error=False)
    async def _show_log(self) -> None:
        clip, app = self.chosen, signtui_of(self)
        if clip is None:
            return
        with app.complaints(quietly=True):
            log = await asyncio.to_thread(read_clip_log, app.opened, clip.video_id)
            lines = _lines(log)
            self.log_text = "\n".join(line.plain for line in lines)
            self.query_one("#clip-log").border_title = f"What is known of {clip.video_id}"
            self.query_one("#lines", Static).update(Content("\n").join(lines))

    @on(DataTable.RowSelected)
    def action_clip(self) -> None:
        from tui.screens.clip import ClipScreen  # noqa: PLC0415 - when it is opened

        if self.chosen is not None:
            self.app.push_screen(ClipScreen(self.chosen.instance_id))

    def action_retry(self) -> None:
        self.dismiss(self.failure.kind)

    async def action_library(self) -> None:
        app = signtui_of(self)
        self.dismiss(None)
        await app.show_instances(self.failure.condition)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.log_text)
        self.notify("The log of the clip is in the clipboard.")


def _lines(log: ClipLog) -> list[Content]:
    said = [
        Content.assemble(
            (f"{first_line(item.extractor, 60)}: ", "$muted"),
            (item.status.replace("_", " "), STATE_COLOURS.get(item.status, "$foreground")),
            (f" after {item.attempts} tries. " if item.attempts else " ", "$muted"),
            (first_line(": ".join(filter(None, (item.kind, item.error))), 400), "$error"),
        )
        for item in log.attempts
    ]
    for job_id, line in log.lines:
        at = f"{day(line.at)} {clock_time(line.at)}  job {job_id}  "
        said.append(
            Content.assemble(
                (at, "$muted"), (first_line(line.text, 400), _LEVELS.get(line.level, "$foreground"))
            )
        )
    return said
