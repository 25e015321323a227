"""The rows of a result as the table shows them, and as the clipboard takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from rich.cells import cell_len

from store.spool import Order, Spool, Value
from tui.widgets.table import Cell, Column, Row
from tui.wording import first_line

WIDEST: Final = 40
"""Cells of a column where there is not room for all."""
_LONGEST: Final = 200
COPY_BYTES: Final = 60_000
"""What terminals take by OSC 52 without complaint, before it is encoded."""

Shape = Literal["tsv", "markdown"]


@dataclass(frozen=True, slots=True)
class SpoolRows:
    """A `RowSource` over a spool, in one of its orders."""

    spool: Spool
    order: Order | None = None

    @property
    def total(self) -> int:
        return self.spool.total

    def read(self, first: int, count: int) -> Sequence[Row]:
        """Raises StoreError."""
        return rows_of(self.spool.read(first, count, self.order), first)


def rows_of(found: Sequence[Sequence[Value]], first: int) -> list[Row]:
    """Rows for the table; each is named by its number from 0."""
    return [
        Row(str(number), tuple(map(cell, values)))
        for number, values in enumerate(found, start=first)
    ]


def columns_of(
    names: Sequence[str], sample: Sequence[Sequence[Value]], room: int
) -> tuple[Column, ...]:
    """Columns as wide as a sample of their rows needs, or less where `room` cells do not suffice.

    Numbers are to the right.
    """
    columns = [
        _column(place, name, [row[place] for row in sample]) for place, name in enumerate(names)
    ]
    if sum(column.width + 2 for column in columns) < room:
        return tuple(columns)
    return tuple(replace(column, width=min(column.width, WIDEST)) for column in columns)


def _column(place: int, name: str, values: list[Value]) -> Column:
    label = first_line(name, WIDEST)
    # One cell more for the arrow of the sorted column.
    width = max([cell_len(label) + 1, 4, *(cell_len(_words(value)) for value in values)])
    there = [value for value in values if value is not None]
    right = bool(there) and all(isinstance(value, (int, float)) for value in there)
    return Column(str(place), label, width, right=right)


def cell(value: Value) -> Cell:
    """A value as one line; what is no text has a colour of its own."""
    if value is None or isinstance(value, bytes):
        return (_words(value), "$idle")
    return _words(value)


def _words(value: Value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value[:12].hex()}{'…' if len(value) > 12 else ''}'"  # noqa: PLR2004
    if isinstance(value, float):
        return f"{value:.6g}"
    return first_line(value, _LONGEST)


def whole(value: Value) -> str:
    """A value as text, complete."""
    if value is None:
        return "NULL"
    return value.hex() if isinstance(value, bytes) else str(value)


def as_text(
    names: Sequence[str], rows: Iterable[Sequence[Value]], shape: Shape, *, most: int = COPY_BYTES
) -> tuple[str, int]:
    """Rows under their names, for the clipboard.

    Returns:
        The text, and how many of the rows are in it: no more than `most` bytes allow.
    """
    lines = [_line([str(name) for name in names], shape)]
    if shape == "markdown":
        lines.append("|" + " --- |" * len(names))
    size = sum(len(line.encode()) + 1 for line in lines)
    taken = 0
    for row in rows:
        line = _line(["" if value is None else whole(value) for value in row], shape)
        size += len(line.encode()) + 1
        if size > most:
            break
        lines.append(line)
        taken += 1
    return "\n".join(lines) + "\n", taken


def _line(values: list[str], shape: Shape) -> str:
    flat = [" ".join(value.split()) for value in values]
    if shape == "tsv":
        return "\t".join(flat)
    return "| " + " | ".join(value.replace("|", "\\|") for value in flat) + " |"
