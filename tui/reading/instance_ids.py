"""The ids of instances in order: all at once where they are few, piece by piece where they are millions.

In the order of glosses a piece is a stretch of them: SQLite finds it by index, so that the first
page comes at once and nothing is sorted whole. In other orders SQLite itself decides what it sorts.
"""

import threading
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from store.library import Library
from store.query import TIME_LIMIT_S, explained, guarded_connection

FEW: Final = 100_000
"""So many are read at once."""
_FIRST: Final = 500
"""Instances in the first piece, about; each one after it is twice as long as the one before."""
_LONGEST: Final = 64_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Ids that follow those before."""

    ids: "array[int]"
    last: bool = False
    """Nothing comes after it."""


def iter_ids(
    library: Library, condition: str, order: str, *, by_gloss: bool, descending: bool,
    cancelled: threading.Event,
) -> Iterator[Piece]:  # fmt: skip
    """Yield the ids of the instances that meet a condition, in order, in pieces of any length.

    Args:
        library: whose.
        condition: SQL on the `instances` view, and nothing behind it; empty means all.
        order: what stands behind ORDER BY.
        by_gloss: whether `order` begins with the gloss.
        descending: whether the gloss falls.
        cancelled: ends it at once.

    Raises:
        QueryError: the condition is wrong, a piece took too long, or it was cancelled.
    """
    where = f"({condition}\n)" if condition else "1"
    end_at = 0.0

    def must_end() -> bool:
        return cancelled.is_set() or time.monotonic() > end_at

    with guarded_connection(library, must_end) as connection:

        def asked(sql: str, values: tuple[str, ...] = ()) -> Iterator["array[int]"]:
            nonlocal end_at
            cursor, rows = None, [(0,)]
            while rows:
                end_at = time.monotonic() + TIME_LIMIT_S
                with explained(sql, TIME_LIMIT_S):
                    cursor = cursor or connection.execute(sql, values)
                    rows = cursor.fetchmany(_LONGEST)
                yield array("q", (row[0] for row in rows))

        select = f"SELECT instance_id FROM instances WHERE {where}"  # noqa: S608
        end_at = time.monotonic() + TIME_LIMIT_S
        most = connection.execute("SELECT MAX(id) FROM instance").fetchone()[0] or 0
        if most <= FEW or not by_gloss:
            for ids in asked(f"{select} ORDER BY {order}"):
                yield Piece(ids, last=len(ids) < _LONGEST)
            return
        glosses = [row[0] for row in connection.execute("SELECT text FROM gloss ORDER BY text")]
        for ends in _pieces(glosses[::-1] if descending else glosses, most):
            sql = f"{select} AND gloss BETWEEN ? AND ? ORDER BY {order}"
            for ids in asked(sql, (min(ends), max(ends))):
                yield Piece(ids)
        yield Piece(array("q"), last=True)


def _pieces(glosses: list[str], instances: int) -> Iterator[tuple[str, str]]:
    """First and last gloss of each piece."""
    length, start = float(_FIRST), 0
    while start < len(glosses):
        end = start + max(1, round(length * len(glosses) / instances))
        yield glosses[start], glosses[min(end, len(glosses)) - 1]
        start, length = end, min(_LONGEST, 2 * length)
