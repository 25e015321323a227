"""The instances that a filter shows: their ids in order first, then page by page as they are seen.

On all of WLASL's 21,083 instances the ids cost 5 to 35 ms and a page of 200 by its ids 2 ms, where
counting and skipping would cost 45 to 110 ms for each page. Of millions the first ids are enough to
begin with: the others come while they are looked at.
"""

import math
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from store.library import Library
from store.query import run_query
from tui.reading import along, values
from tui.reading.filters import VIEW_COLUMNS, Wanted, condition, wanted
from tui.reading.instance_ids import iter_ids
from tui.reading.pieces import EXPRESSIONS, Piece
from tui.widgets.row_pages import PAGE_ROWS
from tui.widgets.table import Cell, Column, Row, state_cell
from tui.wording import DASH, first_line, percent

COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("video_id", "video", 8),
    Column("signer", "signer", 6),
    Column("split", "split", 5),
    Column("availability", "clip", 9),
    Column("extraction", "landmarks", 10),
    Column("length", "frames", 8, right=True),
    Column("hands", "left right", 11, right=True, from_width=96),
    Column("source", "source", 14, from_width=112),
    Column("variation", "variation", 11, right=True, from_width=132),
    Column("fps", "fps", 7, right=True, from_width=132),
    Column("size", "picture", 10, right=True, from_width=146),
    Column("reason", "remark", 20, from_width=152),
)
"""What the table shows; each may be sorted by."""
EXCLUDED: Final = "\N{MULTIPLICATION SIGN}"
"""Stands before the gloss of an instance that training leaves out."""
_ALWAYS_THERE: Final = frozenset(("instance_id", "video_id", "gloss", "excluded", "availability"))
_READ: Final = (
    "instance_id", "gloss", "video_id", "signer", "split", "availability", "extraction",
    "length", "frames", "frames_left", "frames_right", "source",
    "variation", "fps", "width", "height", EXPRESSIONS["reason"], "excluded",
)  # fmt: skip

_SECOND: Final = {
    **{name: "gloss" for name in values.SORTS if name not in EXPRESSIONS},
    "signer": "video_id",
}
"""What orders those that have one value in a column of the view."""
_SOON_S: Final = 0.02
"""After so long a page may be shown that is not full yet."""

SORTABLE: Final = (
    *(column.key for column in COLUMNS),
    *(name for name in VIEW_COLUMNS if name not in {column.key for column in COLUMNS}),
)
"""Names that instances may be sorted by, those of the table first."""


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Which instances are shown, in which order."""

    search: str = ""
    sort: str = "gloss"
    descending: bool = False

    @property
    def condition(self) -> str:
        """The SQL condition that the search stands for; empty shows all."""
        return condition(self.search)

    @property
    def wanted(self) -> Wanted:
        """What of the search can be sought by index."""
        return wanted(self.search)

    @property
    def where(self) -> str:
        # The line break ends a comment at the condition's end.
        end = "\n" if "--" in self.condition else ""
        return f" WHERE ({self.condition}{end})" if self.condition else ""

    @property
    def order(self) -> str:
        expression = EXPRESSIONS.get(self.sort, self.sort)
        falling = " DESC" if self.descending else ""
        last = "" if self.sort in _ALWAYS_THERE else " NULLS LAST"
        if self.sort in along.SORTS and self.sort != "video_id":
            # As their indexes have them: nothing is sorted then.
            return f"{expression}{falling}{last}, instance_id{falling}"
        second = ", gloss" if self.sort in values.SORTS else ""
        second += ", video_id" if self.sort != "video_id" else ""
        return f"{expression}{falling}{last}{second}, instance_id"

    @property
    def sql(self) -> str:
        """The same instances for people to go on with."""
        names = "video_id, gloss, signer, split, availability, extraction, frames"
        return f"SELECT {names}\nFROM instances{self.where}\nORDER BY {self.order}"

    def sorted_by(self, column: str) -> "InstanceQuery":
        """Sort by a column; the same column again turns the order round."""
        turned = column == self.sort and not self.descending
        return replace(self, sort=column, descending=turned)


class InstanceRows:
    """The instances of one query: a source of rows for a table of any length."""

    def __init__(self, library: Library, query: InstanceQuery, pieces: Iterator[Piece]) -> None:
        self.library, self.query = library, query
        self.ids = array("q")
        self.complete = False
        """Whether all ids are there."""
        self._pieces = pieces

    @property
    def total(self) -> int:
        return len(self.ids)

    def read_more(self, count: int = 1, *, within_s: float = math.inf) -> None:
        """Let so many more ids come, if there are any; after some time the first is enough.

        Raises:
            QueryError: as `iter_ids`.
        """
        before, started = len(self.ids), time.monotonic()
        while not self.complete and len(self.ids) < before + count:
            if len(self.ids) > before and time.monotonic() - started > within_s:
                return
            piece = next(self._pieces)
            self.ids.extend(piece.ids)
            self.complete = piece.last

    def read(self, first: int, count: int) -> list[Row]:
        """Rows of the table; an instance that is gone since is a row of dashes."""
        wanted = self.ids[first : first + count]
        if not wanted:
            return []
        sql = f"SELECT {', '.join(_READ)} FROM instances WHERE instance_id IN ({', '.join(map(str, wanted))})"
        found = {row[0]: row for row in run_query(self.library, sql).rows}
        return [_row(instance_id, found.get(instance_id)) for instance_id in wanted]


def find_instances(
    library: Library,
    query: InstanceQuery,
    cancelled: threading.Event | None = None,
    *,
    least: int = PAGE_ROWS,
) -> tuple[InstanceRows, list[Row]]:
    """The instances of a query, at least so many of their ids, and the first page of them.

    Raises:
        QueryError: the condition is wrong, or a newer question cancelled this one.
    """
    wanted = query.wanted
    # What all have alike orders nothing: the next in the order does, and that rises.
    alike = _SECOND.get(query.sort) if len(wanted.values.get(query.sort, ())) == 1 else None
    pieces = iter_ids(
        library,
        query.condition,
        query.order,
        sort=alike or query.sort,
        descending=query.descending and not alike,
        wanted=wanted,
        cancelled=cancelled or threading.Event(),
    )
    rows = InstanceRows(library, query, pieces)
    rows.read_more(least, within_s=_SOON_S if least <= PAGE_ROWS else math.inf)
    return rows, rows.read(0, PAGE_ROWS)


def _row(instance_id: int, values: tuple[Any, ...] | None) -> Row:
    if values is None:
        return Row(str(instance_id), ("gone", *[DASH] * (len(COLUMNS) - 1)))
    (_, gloss, video_id, signer, split, availability, extraction, length, frames, left, right,
     source, variation, fps, width, height, remark, excluded) = values  # fmt: skip
    cells: Sequence[Cell] = (
        (f"{EXCLUDED} {gloss}", "$warning") if excluded else str(gloss),
        str(video_id),
        _text(signer),
        _text(split),
        state_cell(str(availability)),
        state_cell(str(extraction)),
        _text(length),
        f"{percent(left, frames)} {percent(right, frames):>5}" if frames else DASH,
        _text(source),
        _text(variation),
        f"{fps:g}" if fps else DASH,
        f"{width} x {height}" if width else DASH,
        (first_line(remark, 80), "$warning") if remark else "",
    )
    return Row(str(instance_id), tuple(cells))


def _text(value: object) -> str:
    return DASH if value is None else str(value)
