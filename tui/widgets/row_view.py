"""A table of any length: rows are read in pages, in threads, when they come into sight."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from store.errors import SigntuiError
from tui.widgets.row_layout import RowLayout
from tui.widgets.row_pages import PAGE_ROWS, MemoryRows, RowPages, RowSource
from tui.widgets.table import Column, Row

_HEADER: Final = 1


@dataclass
class RowMessage(Message):
    """What a table tells."""

    view: RowView

    @property
    def control(self) -> RowView:
        """The table, for `@on` with a selector."""
        return self.view


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
    class Highlighted(RowMessage):
        """Another row, or other content, is under the cursor."""

        index: int
        row: Row | None

    @dataclass
    class Selected(RowMessage):
        """A row was chosen with enter or the mouse."""

        index: int
        row: Row

    @dataclass
    class HeaderSelected(RowMessage):
        """The label of a column was clicked."""

        column: str

    @dataclass
    class ReadFailed(RowMessage):
        """A page could not be read."""

        error: SigntuiError

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
        self._pages = RowPages(MemoryRows())
        self._reading = False
        self._shown = RowLayout((), 0)

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
        self._pages, self._marks = RowPages(source, first), marks or {}
        self._spec = self._spec if columns is None else tuple(columns)
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
        self._pages.grow()
        self._set_size()
        self.refresh()

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._pages.total

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None while it is being read or where there is none."""
        return self.row_at(self.cursor)

    @property
    def current_column(self) -> Column | None:
        """The column under the cursor."""
        return self._shown[self.column] if self.column < len(self._shown) else None

    def row_at(self, index: int) -> Row | None:
        """A row that has been read; asks for it where it has not."""
        row = self._pages.row_at(index)
        if row is None and not self._reading and self._pages.wish is not None:
            self._reading = True
            self._read_wishes()
        return row

    # Reading

    @work(group="row-view", exit_on_error=False)
    async def _read_wishes(self) -> None:
        """Read what is wished for, the latest wish first."""
        try:
            while (page := self._pages.wish) is not None:
                pages = self._pages
                try:
                    rows = await asyncio.to_thread(pages.read, page)
                except SigntuiError as error:
                    pages.fail()
                    self.post_message(self.ReadFailed(self, error))
                    return
                pages.keep(page, rows, self._in_sight)
                if pages is self._pages:
                    self.refresh()
                    if self.cursor // PAGE_ROWS == page:
                        self._tell()
        finally:
            self._reading = False

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
        self._shown = RowLayout(self._spec, self.size.width)

    def _set_size(self) -> None:
        size = Size(self._shown.width, self.total + _HEADER)
        if size.width != self.virtual_size.width or self._overflows(size) != self._scrolls:
            self.virtual_size = size
            return
        # A new layout of the whole screen takes longer than reading the rows, and changes nothing.
        self.set_reactive(RowView.virtual_size, size)
        if self._scrolls:
            self.vertical_scrollbar.window_virtual_size = size.height

    @property
    def _scrolls(self) -> bool:
        return self.show_vertical_scrollbar

    def _overflows(self, size: Size) -> bool:
        return size.height > self.scrollable_content_region.height

    def _keep_in_sight(self) -> None:
        top, high = self.scroll_offset.y, self._rows_high
        y = min(max(top, self.cursor - high + 1), self.cursor)
        x = self.scroll_offset.x
        if self._cells and self.column < len(self._shown):
            left, right = self._shown.ends(self.column)
            x = min(max(x, right - self.scrollable_content_region.width), left)
        if (x, y) != self.scroll_offset:
            self.scroll_to(x, y, animate=False, immediate=True, force=True)

    # Cursor

    def validate_cursor(self, index: int) -> int:
        return max(0, min(index, self.total - 1))

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
        self.cursor = index if index >= 0 else self.total + index

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
        column = self._shown.at(place.x + self.scroll_offset.x)
        if place.y < _HEADER:
            if column is not None:
                self.post_message(self.HeaderSelected(self, self._shown[column].key))
            return
        index = self.scroll_offset.y + place.y - _HEADER
        if index >= self.total:
            return
        again = index == self.cursor
        self.cursor = index
        if self._cells and column is not None:
            self.column = column
        elif again:
            self.action_select()

    # Drawing

    def render_line(self, y: int) -> Strip:
        left, width = self.scroll_offset.x, self.size.width
        index = self.scroll_offset.y + y - _HEADER
        style = self._style_of(index)
        if y < _HEADER:
            strip = self._header()
        else:
            strip = self._line(index, style) if index < self.total else Strip([])
        return strip.crop_extend(left, left + width, style)

    def _style_of(self, index: int) -> Style:
        here = index == self.cursor and index < self.total
        return self.get_component_rich_style("row-view--cursor") if here else self.rich_style

    def _header(self) -> Strip:
        style = self.get_component_rich_style("row-view--header")
        return self._shown.header(self._marks, style)

    def _line(self, index: int, style: Style) -> Strip:
        row = self.row_at(index)
        if row is None:
            waiting = self.get_component_rich_style("row-view--waiting", partial=True)
            return Strip([Segment(" …", style + waiting)])
        marked = self.column if self._cells and index == self.cursor else -1
        mark = self.get_component_rich_style("row-view--cursor-cell", partial=True)
        return self._shown.line(row, self.app.theme_variables, style, marked, mark)
