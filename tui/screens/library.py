"""Library: the dataset at a glance, and every instance of it."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from store.errors import QueryError
from store.jobs import JobRow
from store.stats import LibraryStats, read_stats
from store.words import JobKind
from tui.reading.filters import FilterSuggester
from tui.reading.instances import (
    COLUMNS,
    EXCLUDED,
    SORTABLE,
    InstanceQuery,
    InstanceRows,
    find_instances,
)
from tui.screens.choose import ChooseDialog
from tui.screens.clip import ClipScreen
from tui.screens.exclude_form import ExcludeForm, Exclusion, decide
from tui.screens.import_form import ImportForm, ImportPaths
from tui.screens.page import PAINTED_S, Page
from tui.widgets.filter_field import FilterField
from tui.widgets.overview import Overview
from tui.widgets.row_pages import PAGE_ROWS
from tui.widgets.row_view import RowView
from tui.widgets.table import Row
from tui.wording import count

_READ_AGAIN_S: Final = 5.0
"""The figures take a good part of a second of one core: not at every step of a job."""
_AT_ONCE: Final = 100_000
"""Ids that come between two looks at how many there are."""
_CHANGING: Final = frozenset({JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT, JobKind.DEMO})
_OF_THE_TABLE: Final = frozenset({"open", "order", "turn", "exclude", "exclude_shown"})


class LibraryScreen(Page):
    """What is there, and what is not."""

    NAME = "library"
    HOME = "#instances"
    CSS_PATH = "library.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (140, "-broad")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("enter", "open", "The clip's page", show=False),
        Binding("o", "order", "Order"),
        Binding("O", "turn", "Turn order", show=False),
        Binding("x", "exclude", "Exclude"),
        Binding("X", "exclude_shown", "Exclude all that the filter shows", show=False),
        Binding("g", "glance", "Figures"),
        Binding("s", "sql", "SQL"),
        Binding("y", "copy", "Copy SQL"),
        Binding("i", "import_data", "Import"),
        Binding("f5", "reload", "Read again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.wanted = InstanceQuery()
        self.shown: InstanceRows | None = None
        """The instances that the table shows."""
        self._asked: threading.Event | None = None
        self._instances = 0
        self._work: tuple[object, ...] = ()
        self._states: tuple[object, ...] = ()
        self._read_at = 0.0
        self._stale = False

    def compose_body(self) -> ComposeResult:
        yield Overview(id="overview")
        with Vertical(id="table", classes="panel"):
            with Horizontal(id="search"):
                yield FilterField(
                    placeholder="/  gloss, video id, split:val, frames:>60, or SQL",
                    suggester=FilterSuggester(),
                    id="filter",
                    compact=True,
                )
                yield Static(id="problem", markup=False)
            yield RowView(COLUMNS, id="instances")

    def on_mount(self) -> None:
        super().on_mount()
        # Not by the field's message, which waits until the letter is painted.
        self.watch(self.query_one("#filter", Input), "value", self._filter_changed, init=False)
        self.action_reload()

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        """Read again when a job that changes the dataset got on."""
        now = tuple((job.id, job.status, job.done) for job in jobs if job.kind in _CHANGING)
        states = tuple((job.id, job.status) for job in jobs if job.kind in _CHANGING)
        before, self._states = self._states, states
        changed, self._work = now != self._work, now
        if not self.is_current or self.shown is None:
            self._stale |= changed
        elif states != before:
            self.action_reload()
        elif changed and time.monotonic() - self._read_at > _READ_AGAIN_S:
            self._read_stats()

    def on_screen_resume(self) -> None:
        self.set_timer(PAINTED_S, self._catch_up)

    def _catch_up(self) -> None:
        if self.is_current and self.shown is not None and self._stale:
            self.action_reload()

    def action_reload(self) -> None:
        self._stale = False
        self._find(keep_place=True)
        self._read_stats()

    # At a glance

    @work(exclusive=True, group="stats", exit_on_error=False)
    async def _read_stats(self) -> None:
        with self.signtui.complaints(quietly=True):
            self._read_at = time.monotonic()
            self._show_stats(await asyncio.to_thread(read_stats, self.library))

    def _show_stats(self, stats: LibraryStats) -> None:
        self._instances = stats.instances
        self.query_one(Overview).show(stats)
        self._show_total()

    def action_glance(self) -> None:
        """All figures over the whole screen, or the table again."""
        self._glance(not self.has_class("-glance"))

    def _glance(self, wanted: bool) -> None:
        self.set_class(wanted, "-glance")
        if not wanted:
            self.set_focus(self.query_one(RowView))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is done to a row that is out of sight, and in the field a slash is a slash."""
        if self.has_class("-glance") and action in _OF_THE_TABLE:
            return False
        if action == "filter":
            return not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    # The table

    def _find(self, *, keep_place: bool = False) -> None:
        if self._asked is not None:
            self._asked.set()
        self._asked = threading.Event()
        self._read_instances(self.wanted, self._asked, keep_place)

    @work(exclusive=True, group="instances", exit_on_error=False)
    async def _read_instances(
        self, query: InstanceQuery, cancelled: threading.Event, keep_place: bool
    ) -> None:
        with self.signtui.complaints(quietly=True):
            try:
                least = max(PAGE_ROWS, self.query_one(RowView).cursor + 1 if keep_place else 0)
                found = await asyncio.to_thread(
                    find_instances, self.library, query, cancelled, least=least
                )
                self._show_instances(*found, keep_place=keep_place)
                # The rows are painted first: other words lay out the whole screen anew.
                self.call_after_refresh(self._take_back, cancelled)
                await self._read_others(found[0])
            except QueryError as error:
                if not cancelled.is_set():
                    self._complain(error.message.removeprefix("SQL: "))

    async def _read_others(self, rows: InstanceRows) -> None:
        """Let the ids come that the first page did not need, once that page is painted."""
        if not rows.complete:
            await asyncio.sleep(PAINTED_S)
        while not rows.complete and rows is self.shown:
            await asyncio.to_thread(rows.read_more, _AT_ONCE)
            if rows is self.shown:
                self.query_one(RowView).grow()
                self._show_total()

    def _take_back(self, cancelled: threading.Event) -> None:
        """Take the complaint back, unless a newer question has its own."""
        if not cancelled.is_set():
            self._complain("")

    def _complain(self, words: str) -> None:
        problem = self.query_one("#problem", Static)
        if words != problem.content:
            problem.update(words)

    def _show_instances(
        self, rows: InstanceRows, first: Sequence[Row], *, keep_place: bool
    ) -> None:
        self.shown = rows
        arrow = " ▼" if rows.query.descending else " ▲"
        self.query_one(RowView).show(
            rows, marks={rows.query.sort: arrow}, first=first, keep_place=keep_place
        )
        self._show_total()

    def _show_total(self) -> None:
        if self.shown is None:
            return
        panel, query = self.query_one("#table"), self.shown.query
        of_all = f" of {count(self._instances)}" if query.condition else ""
        more = "" if self.shown.complete else "…"
        panel.border_title = f"Instances  {count(self.shown.total)}{more}{of_all}"
        by = "" if query.sort in {column.key for column in COLUMNS} else f"by {query.sort}"
        where = f"WHERE {query.condition}" if query.condition else ""
        panel.border_subtitle = Content("  ".join(filter(None, (by, where)))).markup

    def _ask(self, query: InstanceQuery) -> None:
        if query != self.wanted:
            self.wanted = query
            self._find()

    def _filter_changed(self, value: str) -> None:
        if self.has_class("-glance"):
            self._glance(False)
        self._ask(replace(self.wanted, search=value))

    @on(Input.Submitted, "#filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self.query_one(RowView))

    @on(RowView.HeaderSelected)
    def _header_selected(self, event: RowView.HeaderSelected) -> None:
        self._ask(self.wanted.sorted_by(event.column))

    @on(RowView.Selected)
    def _row_selected(self, event: RowView.Selected) -> None:
        if self.shown is not None:
            page = ClipScreen(int(event.row.key), self.shown.ids, event.index)
            self.app.push_screen(page, self._clip_closed)

    def _clip_closed(self, changed: bool | None) -> None:
        if changed:
            self.action_reload()

    @on(RowView.ReadFailed)
    def _read_failed(self, event: RowView.ReadFailed) -> None:
        with self.signtui.complaints(quietly=True):
            raise event.error

    def action_filter(self) -> None:
        self._glance(False)
        self.set_focus(self.query_one("#filter", Input))

    def action_open(self) -> None:
        """Open the page of the clip under the cursor."""
        self.query_one(RowView).action_select()

    def action_leave_field(self) -> None:
        if self.has_class("-glance"):
            self._glance(False)
            return
        field = self.query_one("#filter", Input)
        if not field.has_focus:
            field.value = ""
        super().action_leave_field()

    def action_order(self) -> None:
        words = {column.key: column.label for column in COLUMNS}
        choices = [(name, words.get(name, name)) for name in SORTABLE]
        self.app.push_screen(ChooseDialog("Order by", choices, self.wanted.sort), self._order_by)

    def _order_by(self, column: str | None) -> None:
        if column is not None:
            self._ask(self.wanted.sorted_by(column))

    def action_turn(self) -> None:
        self._ask(replace(self.wanted, descending=not self.wanted.descending))

    # The same as SQL

    async def action_sql(self) -> None:
        """Ask for the same instances on the SQL screen."""
        sql = self.wanted.sql
        await self.app.switch_mode("sql")
        self.app.screen.ask(sql)  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.wanted.sql)
        self.notify("The SQL of what is shown was copied.")

    # Exclusion

    def action_exclude(self) -> None:
        """Leave the instance under the cursor out of training, or take it back."""
        row = self.query_one(RowView).current
        if row is None:
            return
        gloss, video_id = (cell if isinstance(cell, str) else cell[0] for cell in row.cells[:2])
        excluded = gloss.startswith(EXCLUDED)
        form = ExcludeForm(
            f"{video_id} {gloss.removeprefix(EXCLUDED).strip()}", can_include=excluded
        )
        self._exclude([int(row.key)], form)

    def action_exclude_shown(self) -> None:
        """The same for all instances that the filter shows."""
        if self.shown is not None and not self.shown.complete:
            self.notify("The instances are still being counted; try again in a moment.")
        elif self.shown is not None and self.shown.total:
            total = self.shown.total
            what = "All instances" if total == self._instances else "What the filter shows"
            form = ExcludeForm(f"{what}: {count(total)} instances", can_include=True)
            self._exclude(list(self.shown.ids), form)

    def action_show_excluded(self) -> None:
        """Only what training leaves out."""
        self.query_one("#filter", Input).value = "excluded:yes"

    def _exclude(self, ids: list[int], form: ExcludeForm) -> None:
        def decided(exclusion: Exclusion | None) -> None:
            if exclusion is not None:
                self._mark(ids, exclusion)

        self.app.push_screen(form, decided)

    @work(group="mark", exit_on_error=False)
    async def _mark(self, ids: list[int], exclusion: Exclusion) -> None:
        with self.signtui.complaints():
            self.notify(await asyncio.to_thread(decide, self.library, ids, exclusion))
            self.action_reload()

    # Import

    def action_import_data(self) -> None:
        self.app.push_screen(ImportForm(), self._import)

    async def _import(self, paths: ImportPaths | None) -> None:
        if paths is not None:
            await self.signtui.start_job(JobKind.IMPORT, paths.config())
