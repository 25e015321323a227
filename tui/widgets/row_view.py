"""A table of any length: rows are read in pages, in threads, when they come into sight."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from store.errors import SigntuiError
from tui.widgets.table import Cell, Column, Row, column_widths, fitted_text

PAGE_ROWS: Final = 200
_PAGES_KEPT: Final = 24
_HEADER: Final = 1
_PADDING: Final = 1


class RowSource(Protocol):
    """Rows that lie in the catalog or in a file."""

    @property
    def total(self) -> int:
        """How many rows there are now."""
        ...

    def read(self, first: int, count: int) -> Sequence[Row]:
        """Rows from `first` on, at most `count`; called in a thread. Raises SigntuiError."""
        ...


@dataclass(frozen=True, slots=True)
class _Nothing:
    total: int = 0

    def read(self, first: int, count: int) -> Sequence[Row]:  # noqa: ARG002 - as in RowSource
        return ()


class RowView(ScrollView, can_focus=True):
    """Rows under a header that stays; the cursor is on a row, and on a cell where `cells`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-view--header", "row-view--cursor", "row-view--cursor-cell", "row-view--waiting",
    }  # fmt: skip
    DEFAULT_CSS = """
    RowView {
        height: 1fr; width: 1fr; background: $background; color: $foreground;
        scrollbar-size-vertical: 1;
        & > .row-view--header { color: $muted; background: $background; }
        & > .row-view--cursor { background: $block-cursor-blurred-background; }
        & > .row-view--cursor-cell { text-style: reverse; }
        & > .row-view--waiting { color: $idle; }
        &:focus > .row-view--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Row up", show=False),
        Binding("down,j", "move(1)", "Row down", show=False),
        Binding("pageup", "turn_page(-1)", "Page up", show=False),
        Binding("pagedown", "turn_page(1)", "Page down", show=False),
        Binding("home,ctrl+home", "move_to(0)", "First row", show=False),
        Binding("end,ctrl+end", "move_to(-1)", "Last row", show=False),
        Binding("left", "aside(-1)", "Column to the left", show=False),
        Binding("right", "aside(1)", "Column to the right", show=False),
        Binding("enter", "select", "Open", show=False),
    ]
    cursor: reactive[int] = reactive(0)
    """Index of the row under the cursor."""
    column: reactive[int] = reactive(0)
    """Index of the cell's column under the cursor, among those shown."""

    @dataclass
    class Highlighted(Message):
        """Another row, or other content, is under the cursor."""

        view: RowView
        index: int
        row: Row | None

        @property
        def control(self) -> RowView:
            return self.view

    @dataclass
    class Selected(Message):
        """A row was chosen with enter or the mouse."""

        view: RowView
        index: int
        row: Row

        @property
        def control(self) -> RowView:
            return self.view

    @dataclass
    class HeaderSelected(Message):
        """The label of a column was clicked."""

        view: RowView
        column: str

        @property
        def control(self) -> RowView:
            return self.view

    @dataclass
    class ReadFailed(Message):
        """A page could not be read."""

        view: RowView
        error: SigntuiError

        @property
        def control(self) -> RowView:
            return self.view

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        cells: bool = False,
        id: str | None = None,  # noqa: A002 - as in Textual
    ) -> None:
        """Make an empty table.

        Args:
            columns: what to show; `show` may give others.
            cells: left and right move a cursor from cell to cell.
            id: as in Textual.
        """
        super().__init__(id=id)
        self._spec = tuple(columns)
        self._cells = cells
        self._marks: dict[str, str] = {}
        self._source: RowSource = _Nothing()
        self._total = 0
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._wanted: list[int] = []
        self._shown: list[tuple[int, Column, int]] = []

    # What it shows

    def show(
        self,
        source: RowSource,
        *,
        columns: Sequence[Column] | None = None,
        marks: dict[str, str] | None = None,
        first: Sequence[Row] | None = None,
        keep_place: bool = False,
    ) -> None:
        """Show the rows of a source.

        Args:
            source: where they lie.
            columns: other columns than before.
            marks: text behind the label of a column, such as the arrow of the sorted one.
            first: the first `PAGE_ROWS` rows, where the caller has read them already.
            keep_place: leave the cursor where it is; for the same rows with news in them.
        """
        self._source, self._marks = source, marks or {}
        self._spec = self._spec if columns is None else tuple(columns)
        self._pages.clear()
        self._wanted.clear()
        if first is not None:
            self._pages[0] = first
        self._fit()
        self.grow()
        if not keep_place:
            self.scroll_to(0, 0, animate=False, immediate=True, force=True)
            self.set_reactive(RowView.cursor, 0)
            self.set_reactive(RowView.column, 0)
        self.cursor = self.validate_cursor(self.cursor)
        self._tell()

    def grow(self) -> None:
        """Look again how many rows the source has."""
        before, self._total = self._total, self._source.total
        page, rest = divmod(before, PAGE_ROWS)
        if rest and before != self._total:
            self._pages.pop(page, None)
        self._set_size()
        self.refresh()

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._total

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None while it is being read or where there is none."""
        return self.row_at(self.cursor)

    @property
    def current_column(self) -> Column | None:
        """The column under the cursor."""
        return self._shown[self.column][1] if self.column < len(self._shown) else None

    def row_at(self, index: int) -> Row | None:
        """A row that has been read; asks for it where it has not."""
        if not 0 <= index < self._total:
            return None
        page, place = divmod(index, PAGE_ROWS)
        rows = self._pages.get(page)
        if rows is None:
            self._want(page)
            return None
        self._pages.move_to_end(page)
        return rows[place] if place < len(rows) else None

    def rows_in_sight(self) -> list[Row]:
        """The rows on the screen that have been read."""
        top, height = self.scroll_offset.y, self._rows_high
        found = (self.row_at(index) for index in range(top, min(top + height, self._total)))
        return [row for row in found if row is not None]

    # Reading

    def _want(self, page: int) -> None:
        if page in self._wanted:
            return
        self._wanted.append(page)
        if len(self._wanted) == 1:
            self._read_wanted()

    @work(group="row-view", exit_on_error=False)
    async def _read_wanted(self) -> None:
        """Read what is wanted, the latest wish first; pages out of sight are skipped."""
        while self._wanted:
            source, page = self._source, self._wanted[-1]
            try:
                rows = await asyncio.to_thread(source.read, page * PAGE_ROWS, PAGE_ROWS)
            except SigntuiError as error:
                self._wanted.clear()
                self.post_message(self.ReadFailed(self, error))
                return
            if source is self._source:
                self._keep(page, rows)
            self._wanted = [wish for wish in self._wanted if wish != page and self._in_sight(wish)]

    def _keep(self, page: int, rows: Sequence[Row]) -> None:
        self._pages[page] = rows
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        self.refresh()
        if self.cursor // PAGE_ROWS == page:
            self._tell()

    def _in_sight(self, page: int) -> bool:
        top = self.scroll_offset.y
        near = page * PAGE_ROWS < top + self._rows_high and (page + 1) * PAGE_ROWS > top
        return near or self.cursor // PAGE_ROWS == page

    def _tell(self) -> None:
        self.post_message(self.Highlighted(self, self.cursor, self.current))

    # Size and place

    @property
    def _rows_high(self) -> int:
        return max(1, self.scrollable_content_region.height - _HEADER)

    def on_resize(self) -> None:
        self._fit()
        self._set_size()
        self._keep_in_sight()

    def _fit(self) -> None:
        width = self.size.width
        shown = [
            (place, column) for place, column in enumerate(self._spec) if width >= column.from_width
        ]
        widths = column_widths([column for _, column in shown], width - 1, _PADDING)
        self._shown = [
            (place, column, cells) for (place, column), cells in zip(shown, widths, strict=True)
        ]

    def _set_size(self) -> None:
        width = sum(cells + 2 * _PADDING for _, _, cells in self._shown)
        self.virtual_size = Size(width, self._total + _HEADER)

    def _keep_in_sight(self) -> None:
        top, high = self.scroll_offset.y, self._rows_high
        y = min(max(top, self.cursor - high + 1), self.cursor)
        x = self.scroll_offset.x
        if self._cells and self.column < len(self._shown):
            left = sum(cells + 2 * _PADDING for _, _, cells in self._shown[: self.column])
            right = left + self._shown[self.column][2] + 2 * _PADDING
            x = min(max(x, right - self.scrollable_content_region.width), left)
        if (x, y) != self.scroll_offset:
            self.scroll_to(x, y, animate=False, immediate=True, force=True)

    # Cursor

    def validate_cursor(self, index: int) -> int:
        return max(0, min(index, self._total - 1))

    def validate_column(self, index: int) -> int:
        return max(0, min(index, len(self._shown) - 1))

    def watch_cursor(self) -> None:
        self._keep_in_sight()
        self.refresh()
        self._tell()

    def watch_column(self) -> None:
        self._keep_in_sight()
        self.refresh()

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_turn_page(self, pages: int) -> None:
        self.cursor += pages * self._rows_high

    def action_move_to(self, index: int) -> None:
        self.cursor = index if index >= 0 else self._total + index

    def action_aside(self, columns: int) -> None:
        if self._cells:
            self.column += columns
        else:
            self.scroll_relative(x=8 * columns, animate=False)

    def action_select(self) -> None:
        row = self.current
        if row is not None:
            self.post_message(self.Selected(self, self.cursor, row))

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None:
            return
        column = self._column_at(place.x + self.scroll_offset.x)
        if place.y < _HEADER:
            if column is not None:
                self.post_message(self.HeaderSelected(self, self._shown[column][1].key))
            return
        index = self.scroll_offset.y + place.y - _HEADER
        if index >= self._total:
            return
        again = index == self.cursor
        self.cursor = index
        if self._cells and column is not None:
            self.column = column
        elif again:
            self.action_select()

    def _column_at(self, x: int) -> int | None:
        for place, (_, _, cells) in enumerate(self._shown):
            x -= cells + 2 * _PADDING
            if x < 0:
                return place
        return None

    # Drawing

    def render_line(self, y: int) -> Strip:
        left, width = self.scroll_offset.x, self.size.width
        index = self.scroll_offset.y + y - _HEADER
        style = self._style_of(index)
        if y < _HEADER:
            strip = self._header()
        else:
            strip = self._line(index, style) if index < self._total else Strip([])
        return strip.crop_extend(left, left + width, style)

    def _style_of(self, index: int) -> Style:
        here = index == self.cursor and index < self._total
        return self.get_component_rich_style("row-view--cursor") if here else self.rich_style

    def _header(self) -> Strip:
        style = self.get_component_rich_style("row-view--header")
        return Strip(
            [
                _segment(column.label + self._marks.get(column.key, ""), column, cells, style)
                for _, column, cells in self._shown
            ]
        )

    def _line(self, index: int, style: Style) -> Strip:
        row = self.row_at(index)
        if row is None:
            waiting = self.get_component_rich_style("row-view--waiting", partial=True)
            return Strip([Segment(" …", style + waiting)])
        marked = self.column if self._cells and index == self.cursor else -1
        segments = []
        for number, (place, column, cells) in enumerate(self._shown):
            words, colour = _parts(row.cells[place])
            own = style + self._colour(colour) if colour else style
            if number == marked:
                own += self.get_component_rich_style("row-view--cursor-cell", partial=True)
            segments.append(_segment(words, column, cells, own))
        return Strip(segments)

    def _colour(self, name: str) -> Style:
        value = self.app.theme_variables.get(name.removeprefix("$"), "")
        return Style(color=Color.parse(value).rich_color) if value.startswith("#") else Style()


def _parts(cell: Cell) -> tuple[str, str]:
    return cell if isinstance(cell, tuple) else (cell, "")


def _segment(words: str, column: Column, cells: int, style: Style) -> Segment:
    pad = " " * _PADDING
    return Segment(f"{pad}{fitted_text(words, cells, right=column.right)}{pad}", style)
