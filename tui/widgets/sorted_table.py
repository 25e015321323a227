"""A table whose rows are all there: filtered by a word and sorted by any column, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from tui.widgets.filter_field import FilterField
from tui.widgets.row_pages import PAGE_ROWS, MemoryRows
from tui.widgets.row_view import RowView
from tui.widgets.table import Cell, Column, Row


@dataclass(frozen=True, slots=True)
class SortedRow:
    """A row with what it is sorted and found by."""

    key: str
    cells: tuple[Cell, ...]
    values: tuple[float | str, ...]
    """What each column is sorted by."""
    words: str
    """What the filter looks in."""


class SortedTable(Vertical):
    """A filter field over a table; tells which row was chosen."""

    DEFAULT_CSS = """
    SortedTable { height: 1fr; width: 1fr; padding: 0; }
    SortedTable Input { height: 1; margin: 0 1; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "sort", "Sort by next"),
        Binding("O", "turn", "Turn order", show=False),
        Binding("escape", "leave_field", "Back"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row."""

        table: "SortedTable"
        key: str

        @property
        def control(self) -> "SortedTable":
            return self.table

    def __init__(
        self,
        columns: Iterable[Column],
        *,
        sort: str,
        id: str,  # noqa: A002 - as in Textual
        descending: bool = False,
        title: str = "",
    ) -> None:
        super().__init__(id=id, classes="panel")
        self._columns = tuple(columns)
        self._names = [column.key for column in self._columns]
        self.sort, self.descending = sort, descending
        self._title = title
        self._rows: tuple[SortedRow, ...] = ()

    def compose(self) -> ComposeResult:
        yield FilterField(placeholder="/  filter", compact=True)
        yield RowView(self._columns)

    @property
    def table(self) -> RowView:
        return self.query_one(RowView)

    def show(self, rows: Iterable[SortedRow]) -> None:
        """Show these rows; the cursor stays where it is."""
        self._rows = tuple(rows)
        self._draw(keep_place=True)

    def found(self) -> list[SortedRow]:
        """What the filter lets through, in order; equal rows keep the order they came in."""
        word = self.query_one(Input).value.strip().lower()
        place = self._names.index(self.sort)
        rows = [row for row in self._rows if word in row.words.lower()]
        return sorted(rows, key=lambda row: row.values[place], reverse=self.descending)

    def _draw(self, *, keep_place: bool = False) -> None:
        source = MemoryRows(tuple(Row(row.key, row.cells) for row in self.found()))
        self.table.show(
            source,
            marks={self.sort: " ▼" if self.descending else " ▲"},
            first=source.read(0, PAGE_ROWS),
            keep_place=keep_place,
        )
        self.border_title = f"{self._title}  {source.total:,}"

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draw()

    @on(Input.Submitted)
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()

    @on(RowView.HeaderSelected)
    def _header_selected(self, event: RowView.HeaderSelected) -> None:
        event.stop()
        self._sort_by(event.column)

    @on(RowView.Selected)
    def _row_selected(self, event: RowView.Selected) -> None:
        event.stop()
        self.post_message(self.Chosen(self, event.row.key))

    def _sort_by(self, name: str) -> None:
        self.descending = name == self.sort and not self.descending
        self.sort = name
        self._draw()

    def action_filter(self) -> None:
        self.query_one(Input).focus()

    def action_leave_field(self) -> None:
        """Out of the field into the table; from there, clear the filter; else leave the page."""
        field = self.query_one(Input)
        if field.has_focus:
            self.table.focus()
        elif field.value:
            field.value = ""
        else:
            self.screen.dismiss()

    def action_sort(self) -> None:
        place = self._names.index(self.sort) + 1
        self._sort_by(self._names[place % len(self._names)])

    def action_turn(self) -> None:
        self._sort_by(self.sort)
