"""A table whose columns always fit: one of them takes what the others leave."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.widgets import DataTable

from tui.wording import STATE_COLOURS, first_line

Cell = str | tuple[str, str]
"""Text, or text with a colour of the theme such as `$success`. Never markup: it may be foreign."""

_SCROLLBAR: Final = 1
_LEAST: Final = 6
PADDING: Final = 1
"""Cells before and behind each cell of a line."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    width: int = 0
    """In cells; 0: what the others leave, shared by all such columns."""
    right: bool = False
    from_width: int = 0
    """Shown where the table has at least so many cells."""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[Cell, ...]
    """One for each column, shown or not."""


def state_cell(word: str) -> Cell:
    """A state in its colour."""
    return (word.replace("_", " "), STATE_COLOURS.get(word, "$foreground"))


class RowTable(DataTable[Text]):
    """Rows under columns that are fitted to the width; the cursor stays on its row."""

    DEFAULT_CSS = "RowTable { height: 1fr; width: 1fr; overflow-x: hidden; }"

    def __init__(self, columns: Iterable[Column], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", cursor_foreground_priority="renderable")
        self._spec = tuple(columns)
        self._rows: tuple[Row, ...] = ()
        self._marks: dict[str, str] = {}
        self._fitted = 0

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._fill())

    def on_resize(self) -> None:
        if self.size.width != self._fitted:
            self._fill()

    def show(self, rows: Iterable[Row], *, marks: dict[str, str] | None = None) -> None:
        """Show these rows.

        Args:
            rows: what to show.
            marks: text behind the label of a column, such as the arrow of the sorted one.
        """
        wanted = tuple(rows)
        if wanted == self._rows and (marks is None or marks == self._marks):
            return
        self._rows = wanted
        self._marks = self._marks if marks is None else marks
        self._fill()

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        if 0 <= self.cursor_row < len(self._rows):
            return self._rows[self.cursor_row].key
        return None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows."""
        return tuple(row.key for row in self._rows)

    def select(self, key: str | None) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self.keys:
            self.move_cursor(row=self.keys.index(key), animate=False)

    def _fill(self) -> None:
        width = self.size.width
        if not width:
            return
        self._fitted = width
        current, scroll = self._current_key(), self.scroll_y
        shown = [
            (place, column) for place, column in enumerate(self._spec) if width >= column.from_width
        ]
        self.clear(columns=True)
        widths = column_widths(
            [column for _, column in shown], width - _SCROLLBAR, self.cell_padding
        )
        for (_, column), cells in zip(shown, widths, strict=True):
            label = column.label + self._marks.get(column.key, "")
            self.add_column(
                Text(label, justify="right" if column.right else "left"),
                width=cells,
                key=column.key,
            )
        colours = self.app.theme_variables
        for row in self._rows:
            self.add_row(
                *(_text(row.cells[place], column, colours) for place, column in shown), key=row.key
            )
        self.select(current)
        self.scroll_to(y=scroll, animate=False, force=True)

    def _current_key(self) -> str | None:
        if not self.is_valid_coordinate(self.cursor_coordinate):
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value


def column_widths(columns: list[Column], available: int, padding: int) -> list[int]:
    """Cells for each column; those without a width of their own share what the others leave."""
    left = available - sum(column.width + 2 * padding for column in columns)
    flexible = sum(not column.width for column in columns)
    share = max(_LEAST, left // flexible) if flexible else 0
    return [column.width or share for column in columns]


def fitted_text(words: str, cells: int, *, right: bool = False) -> str:
    """Foreign text as one line of exactly so many cells; what is cut ends with an ellipsis."""
    line = first_line(words, max(1, 2 * cells))
    length = cell_len(line)
    if length > cells:
        return set_cell_size(line, max(0, cells - 1)) + "…"
    return " " * (cells - length) + line if right else set_cell_size(line, cells)


def marked_text(label: str, mark: str, cells: int) -> str:
    """A label and a mark behind it, such as an arrow, which is there even where the label must be cut."""
    mark = mark if cell_len(label + mark) <= cells else mark.strip()
    room = cells - cell_len(mark)
    if not mark or cell_len(label) <= room:
        return label + mark
    return (fitted_text(label, room) if room > 0 else "") + mark


def cell_style(cell: Cell, colours: dict[str, str]) -> Style:
    """The colour of a cell; none where it has none, or one that only Textual can read."""
    value = "" if isinstance(cell, str) else colours.get(cell[1].removeprefix("$"), "")
    return Style(color=Color.parse(value).rich_color) if value.startswith("#") else Style()


def cell_segment(words: str, column: Column, cells: int, style: Style) -> Segment:
    """A cell of a line, with its padding."""
    pad = " " * PADDING
    return Segment(f"{pad}{fitted_text(words, cells, right=column.right)}{pad}", style)


def _text(cell: Cell, column: Column, colours: dict[str, str]) -> Text:
    words, style = cell if isinstance(cell, tuple) else (cell, "")
    colour = colours.get(style.removeprefix("$"), "") if style else ""
    justify: Any = "right" if column.right else "left"
    # A colour such as "auto 60%" is Textual's own; Rich cannot read it.
    usable = colour if colour.startswith("#") else ""
    return Text(first_line(words), style=usable, justify=justify, no_wrap=True, overflow="ellipsis")
