"""The columns of a table of rows: which are shown, how wide, and the lines they make."""

from collections.abc import Mapping, Sequence

from rich.style import Style
from textual.strip import Strip

from tui.widgets.table import (
    PADDING,
    Column,
    Row,
    cell_segment,
    cell_style,
    column_widths,
    marked_text,
)


class RowLayout:
    """The columns of `spec` that a width has room for, numbered from the left."""

    def __init__(self, spec: Sequence[Column], width: int) -> None:
        """Fit the columns.

        Args:
            spec: all columns, as the cells of a row stand.
            width: of the table, with its scroll bar, in cells.
        """
        shown = [(place, column) for place, column in enumerate(spec) if width >= column.from_width]
        widths = column_widths([column for _, column in shown], width - 1, PADDING)
        self._shown = [
            (place, column, cells) for (place, column), cells in zip(shown, widths, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._shown)

    def __getitem__(self, number: int) -> Column:
        return self._shown[number][1]

    @property
    def width(self) -> int:
        """Of all columns with their padding, in cells."""
        return sum(cells + 2 * PADDING for _, _, cells in self._shown)

    def ends(self, number: int) -> tuple[int, int]:
        """Where a column begins, and where the next one does."""
        left = sum(cells + 2 * PADDING for _, _, cells in self._shown[:number])
        return left, left + self._shown[number][2] + 2 * PADDING

    def at(self, x: int) -> int | None:
        """The column over a cell of the line."""
        for number in range(len(self)):
            if x < self.ends(number)[1]:
                return number
        return None

    def header(self, marks: Mapping[str, str], style: Style) -> Strip:
        """The labels, with marks behind them by the key of a column."""
        return Strip(
            [
                cell_segment(
                    marked_text(column.label, marks.get(column.key, ""), cells),
                    column,
                    cells,
                    style,
                )
                for _, column, cells in self._shown
            ]
        )

    def line(
        self, row: Row, colours: dict[str, str], style: Style, marked: int, mark: Style
    ) -> Strip:
        """The cells of a row.

        Args:
            row: what stands there.
            colours: of the theme, by name.
            style: of the whole line.
            marked: the column under the cursor; none where negative.
            mark: the style of its cell.
        """
        segments = []
        for number, (place, column, cells) in enumerate(self._shown):
            cell = row.cells[place]
            own = style + cell_style(cell, colours)
            if number == marked:
                own += mark
            words = cell if isinstance(cell, str) else cell[0]
            segments.append(cell_segment(words, column, cells, own))
        return Strip(segments)
