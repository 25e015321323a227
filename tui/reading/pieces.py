"""Answers to one question piece by piece, each within its time, until it is cancelled."""

import sqlite3
import threading
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from store.library import Library
from store.query import SELDOM, TIME_LIMIT_S, ended, explained, guarded_connection
from tui.reading.filters import Wanted
from tui.widgets.row_pages import PAGE_ROWS

LONGEST: Final = 64_000
"""Ids of a piece, at most."""
EXPRESSIONS: Final = {
    "hands": "(frames_left + frames_right) * 1.0 / frames",
    "size": "width * height",
    "reason": "COALESCE(excluded_reason, error, reason)",
}
"""Orders by what is no column of the `instances` view; indexes have the first two in the same words."""
_AT_ONCE: Final = 100
"""Rows that are read together where each is wanted in turn."""

Value = str | int | float | None
"""What a condition compares with."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Ids that follow those before."""

    ids: "array[int]"
    last: bool = False
    """Nothing comes after it."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which instances, in which order."""

    where: str
    """A condition on the `instances` view."""
    order: str
    """What stands behind ORDER BY."""
    sort: str
    """What it begins with."""
    descending: bool
    wanted: Wanted
    """What of the condition can be sought by index."""

    @property
    def key(self) -> str:
        """What `order` begins with, as SQL."""
        return EXPRESSIONS.get(self.sort, self.sort)

    @property
    def select(self) -> str:
        return f"SELECT instance_id FROM instances WHERE {self.where}"

    def select_from(self, pieces: str) -> str:
        """The same of those alone whose ids a SELECT has as `_piece`.

        SQLite begins with what stands left of a CROSS JOIN.
        """
        joined = f"({pieces}) CROSS JOIN instances ON instance_id = _piece"
        return f"SELECT instance_id FROM {joined} WHERE {self.where}"

    def select_among(self, ids: str) -> str:
        """The same of those alone that a SELECT finds, some perhaps twice."""
        return self.select_from(
            f"WITH _found(_piece) AS ({ids}) SELECT DISTINCT _piece FROM _found"
        )


class Asker:
    """Asks a library's catalog; all that asks raises QueryError: wrong, too long, or cancelled."""

    connection: sqlite3.Connection
    """It can only read."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled
        self._end_at = 0.0

    def must_end(self) -> bool:
        return self._cancelled.is_set() or time.monotonic() > self._end_at

    @contextmanager
    def limited(self, sql: str) -> Iterator[None]:
        """What is asked within has its time from now on."""
        self._end_at = time.monotonic() + TIME_LIMIT_S
        if self._cancelled.is_set():
            raise ended(TIME_LIMIT_S)
        with explained(sql, TIME_LIMIT_S):
            yield

    def rows(self, sql: str, values: tuple[Value, ...] = ()) -> list[tuple[Any, ...]]:
        """A short answer."""
        with self.limited(sql):
            return self.connection.execute(sql, values).fetchall()

    def number(self, sql: str, values: tuple[Value, ...] = ()) -> int:
        """An answer of one number; none is 0."""
        return int(self.rows(sql, values)[0][0] or 0)

    def count(self, select: str, values: tuple[Value, ...], enough: int) -> int:
        """How many rows a SELECT has; one more than enough are enough."""
        return self.number(f"SELECT COUNT(*) FROM ({select} LIMIT {enough + 1})", values)

    def each(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """An answer row by row, read as it is wanted."""
        with self.limited(sql):
            cursor = self.connection.execute(sql)
        rows: list[tuple[Any, ...]] = [()]
        while rows:
            with self.limited(sql):
                rows = cursor.fetchmany(_AT_ONCE)
            yield from rows

    def ids(
        self, sql: str, values: tuple[Value, ...] = (), *, size: int = PAGE_ROWS
    ) -> Iterator[Piece]:
        """An answer of ids: first so many, a page, then in pieces twice as long as the one before."""
        cursor, last = None, False
        while not last:
            with self.limited(sql):
                cursor = cursor or self.connection.execute(sql, values)
                rows = cursor.fetchmany(size)
            last, size = len(rows) < size, min(2 * size, LONGEST)
            yield Piece(array("q", (row[0] for row in rows)), last)


@contextmanager
def asking(library: Library, cancelled: threading.Event) -> Iterator[Asker]:
    """An asker, until the end of the block. Raises StoreError, QueryError."""
    asker = Asker(cancelled)
    with guarded_connection(library, asker.must_end, SELDOM) as asker.connection:
        yield asker
