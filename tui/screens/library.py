"""Library: the dataset at a glance, and every instance of it."""

import asyncio
import time
from dataclasses import replace
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from store.errors import QueryError
from store.jobs import JobRow
from store.stats import LibraryStats, read_stats
from store.words import Availability, ExtractionStatus, JobKind
from tui.reading.instances import COLUMNS, PAGE_ROWS, InstancePage, InstanceQuery, read_page
from tui.screens.clip import ClipScreen
from tui.screens.import_form import ImportForm, ImportPaths
from tui.screens.page import Page
from tui.widgets.bars import Bar, BarList, Portion, StackedBar
from tui.widgets.table import Cell, Column, Row, RowTable, state_cell
from tui.wording import DASH, STATE_COLOURS, count, size

_TABLE: Final = (
    Column("gloss", "gloss"),
    Column("video_id", "video", 8),
    Column("signer", "signer", 7),
    Column("split", "split", 6),
    Column("availability", "clip", 10),
    Column("extraction", "landmarks", 10),
    Column("clip_frames", "frames", 7, right=True),
    Column("source", "source", 14, from_width=96),
)
_READ_AGAIN_S: Final = 5.0
"""The figures take a good part of a second of one core: not at every step of a job."""
_CHANGING: Final = frozenset({JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT, JobKind.DEMO})


class LibraryScreen(Page):
    """What is there, and what is not."""

    NAME = "library"
    HOME = "#instances"
    CSS_PATH = "library.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "sort", "Sort by next"),
        Binding("O", "turn", "Turn order", show=False),
        Binding("left_square_bracket", "page(-1)", "Page back", key_display="["),
        Binding("right_square_bracket", "page(1)", "Next page", key_display="]"),
        Binding("i", "import_data", "Import"),
        Binding("f5", "reload", "Read again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.wanted = InstanceQuery()
        self.page: InstancePage | None = None
        self._work: tuple[object, ...] = ()
        self._states: tuple[object, ...] = ()
        self._read_at = 0.0

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="overview"):
            with Vertical(id="dataset", classes="panel") as dataset:
                dataset.border_title = "Dataset"
                yield Static(id="counts")
            with Vertical(id="states", classes="panel") as states:
                states.border_title = "Clips and landmarks"
                yield StackedBar("clips", id="clips")
                yield StackedBar("landmarks", id="extraction")
            with Vertical(id="coverage", classes="panel") as coverage:
                coverage.border_title = "With landmarks"
                yield BarList(id="shares")
        with Vertical(id="table", classes="panel"):
            yield Input(placeholder="/  gloss, video id, or SQL such as: split = 'val' AND clip_frames > 60",
                        id="filter", compact=True)  # fmt: skip
            yield RowTable(_TABLE, id="instances")

    def on_mount(self) -> None:
        super().on_mount()
        self.action_reload()

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        """Read again when a job that changes the dataset got on."""
        now = tuple((job.id, job.status, job.done) for job in jobs if job.kind in _CHANGING)
        states = tuple((job.id, job.status) for job in jobs if job.kind in _CHANGING)
        before, self._states = self._states, states
        if not self.is_current or self.page is None:
            return
        if states != before:
            self.action_reload()
        elif now != self._work and time.monotonic() - self._read_at > _READ_AGAIN_S:
            self._read_stats()
        self._work = now

    def on_screen_resume(self) -> None:
        if self.page is not None:
            self._read_stats()

    def action_reload(self) -> None:
        self._read_page()
        self._read_stats()

    # At a glance

    @work(exclusive=True, group="stats", exit_on_error=False)
    async def _read_stats(self) -> None:
        with self.signtui.complaints(quietly=True):
            self._read_at = time.monotonic()
            self._show_stats(await asyncio.to_thread(read_stats, self.library))

    def _show_stats(self, stats: LibraryStats) -> None:
        self.query_one("#counts", Static).update(_counts(stats))
        self.query_one("#clips", StackedBar).portions = _portions(
            stats.availability, [word.value for word in Availability]
        )
        self.query_one("#extraction", StackedBar).portions = _portions(
            stats.extraction, [word.value for word in ExtractionStatus]
        )
        self.query_one("#shares", BarList).bars = (*_split_bars(stats), *_subset_bars(stats))

    # The table

    @work(exclusive=True, group="page", exit_on_error=False)
    async def _read_page(self) -> None:
        panel = self.query_one("#table")
        with self.signtui.complaints(quietly=True):
            try:
                self._show_page(await asyncio.to_thread(read_page, self.library, self.wanted))
            except QueryError as error:
                panel.border_subtitle = Content.styled(error.message, "$warning").markup

    def _show_page(self, page: InstancePage) -> None:
        self.page = page
        panel = self.query_one("#table")
        last = page.first + len(page.rows)
        shown = f"{count(page.first + 1)}{DASH}{count(last)} of " if page.total > PAGE_ROWS else ""
        panel.border_title = f"Instances  {shown}{count(page.total)}"
        panel.border_subtitle = (
            Content(f"WHERE {page.query.condition}").markup if page.query.condition else ""
        )
        arrow = " ▼" if page.query.descending else " ▲"
        self.query_one(RowTable).show(
            (Row(str(row[0]), tuple(map(_cell, COLUMNS, row[1:]))) for row in page.rows),
            marks={page.query.sort: arrow},
        )

    def _ask(self, query: InstanceQuery) -> None:
        if query != self.wanted:
            self.wanted = query
            self._read_page()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._ask(replace(self.wanted, search=event.value, page=0))

    @on(Input.Submitted, "#filter")
    def _filter_submitted(self) -> None:
        self.query_one(RowTable).focus()

    @on(DataTable.HeaderSelected, "#instances")
    def _header_selected(self, event: DataTable.HeaderSelected) -> None:
        self._ask(self.wanted.sorted_by(str(event.column_key.value)))

    @on(DataTable.RowSelected, "#instances")
    def _row_selected(self, event: DataTable.RowSelected) -> None:
        self.app.push_screen(ClipScreen(int(str(event.row_key.value))))

    def action_filter(self) -> None:
        self.query_one("#filter", Input).focus()

    def action_leave_field(self) -> None:
        field = self.query_one("#filter", Input)
        if not field.has_focus:
            field.value = ""
        super().action_leave_field()

    def action_sort(self) -> None:
        place = COLUMNS.index(self.wanted.sort) + 1
        self._ask(replace(self.wanted, sort=COLUMNS[place % len(COLUMNS)], page=0))

    def action_turn(self) -> None:
        self._ask(replace(self.wanted, descending=not self.wanted.descending, page=0))

    def action_page(self, pages: int) -> None:
        if self.page is not None:
            place = min(max(0, self.wanted.page + pages), self.page.last_page)
            self._ask(replace(self.wanted, page=place))

    # Import

    def action_import_data(self) -> None:
        self.app.push_screen(ImportForm(), self._import)

    async def _import(self, paths: ImportPaths | None) -> None:
        if paths is not None:
            await self.signtui.start_job(JobKind.IMPORT, paths.config())


def _counts(stats: LibraryStats) -> Content:
    lines = [
        (count(stats.glosses), "glosses"),
        (count(stats.instances), "instances"),
        (count(stats.signers), "signers"),
        (f"{stats.hours:.1f}", "hours"),
        (size(stats.bytes).replace(" ", "\N{NO-BREAK SPACE}"), "clips"),
        (count(stats.runs), "runs"),
        (count(stats.contradictions), "disputed"),
    ]
    return Content("\n").join(
        Content.assemble((f"{number:>8} ", "bold $foreground"), (name, "$muted"))
        for number, name in lines
    )


def _portions(numbers: dict[str, int], order: list[str]) -> tuple[Portion, ...]:
    return tuple(
        Portion(word, numbers[word], STATE_COLOURS[word]) for word in order if numbers.get(word)
    )


def _split_bars(stats: LibraryStats) -> tuple[Bar, ...]:
    return tuple(
        Bar(item.split or "no split", item.extracted, item.instances) for item in stats.splits
    )


def _subset_bars(stats: LibraryStats) -> tuple[Bar, ...]:
    names = dict.fromkeys(item.subset for item in stats.subsets)
    groups = [(name, [item for item in stats.subsets if item.subset == name]) for name in names]
    return tuple(
        Bar(
            f"WLASL{name}" if name.isdigit() else name,
            sum(item.extracted for item in items),
            sum(item.entries for item in items),
            style="$secondary",
        )
        for name, items in groups
    )


def _cell(column: str, value: object) -> Cell:
    if column in {"availability", "extraction"}:
        return state_cell(str(value))
    return DASH if value is None else str(value)
