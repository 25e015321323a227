"""The ids of instances in order, piece by piece: what is seen first does not wait for the rest.

In the order of glosses or signers a piece is a stretch of them: SQLite finds it by index, so that the
first page comes at once and nothing is sorted whole. In other orders SQLite itself decides what it sorts.
Plain words are sought by the indexes of words first: what begins with them, or the glosses where it is.
"""

import re
import sqlite3
import threading
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from store import starts
from store.library import Library
from store.query import SELDOM, TIME_LIMIT_S, ended, explained, guarded_connection

FEW: Final = 25_000
"""So many are read at once, after the first piece."""
_FIRST: Final = 1_500
"""Instances in the first piece, about; of many, each one after it is twice as long as the one before."""
_LONGEST: Final = 64_000
_NAMES: Final = {"gloss": ("text", "gloss"), "signer": ("name", "signer")}
"""Orders that go by stretches of names: of which column of which table."""
_CLIPS: Final = "clip c CROSS JOIN instance i ON i.clip_id = c.id WHERE c.video_id LIKE ?1"
_OF_WORDS: Final = f"""SELECT i.id FROM gloss g CROSS JOIN instance i ON i.gloss_id = g.id
WHERE g.text LIKE ?1 UNION ALL SELECT i.id FROM {_CLIPS}"""
"""The instances whose gloss or video id begins with words, some of them twice."""
_GLOSSES: Final = "SELECT id FROM gloss WHERE text LIKE ?1"
_GLOSSES_OF_CLIPS: Final = f"SELECT i.gloss_id FROM {_CLIPS}"
"""The glosses of these, some of them more than once."""
_FEW_OF_WORDS: Final = 2_000
"""So many instances are sorted whole, rather than sought in stretches of names."""
_FEW_CLIPS: Final = 10_000
"""Of so many clips the glosses are looked for, rather than taken from the kept figures."""
_MOST_OF_WORDS: Final = 100_000
"""So many are sorted whole in other orders, rather than all of the library."""
_NARROW: Final = re.compile(r"SEARCH [gci] USING .*\((text|video_id|rowid)=\?\)")
_STRETCHES: Final = {
    "gloss": "gloss n CROSS JOIN instance i ON i.gloss_id = n.id WHERE n.text BETWEEN ? AND ?",
    "signer": "signer n CROSS JOIN instance i ON i.signer_id = n.id WHERE n.name BETWEEN ? AND ?",
}
"""The instances of a stretch. What stands left of a CROSS JOIN is what SQLite begins with, whatever
else is wanted: an index on that, such as the one on splits, leads through all of the library."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Ids that follow those before."""

    ids: "array[int]"
    last: bool = False
    """Nothing comes after it."""


def iter_ids(
    library: Library, condition: str, order: str, *, sort: str, descending: bool, words: str,
    cancelled: threading.Event,
) -> Iterator[Piece]:  # fmt: skip
    """Yield the ids of the instances that meet a condition, in order, in pieces of any length.

    Args:
        library: whose.
        condition: SQL on the `instances` view, and nothing behind it; empty means all.
        order: what stands behind ORDER BY.
        sort: the column that `order` begins with, none before others.
        descending: whether it falls; none come last all the same.
        words: what the condition has a gloss or a video id begin with; empty where it does not.
        cancelled: ends it at once.

    Raises:
        QueryError: the condition is wrong, a piece took too long, or it was cancelled.
    """
    where = f"({condition}\n)" if condition else "1"
    end_at = 0.0

    def must_end() -> bool:
        return cancelled.is_set() or time.monotonic() > end_at

    with guarded_connection(library, must_end, SELDOM) as connection:

        def asked(sql: str, values: tuple[str, ...] = ()) -> Iterator[Piece]:
            nonlocal end_at
            cursor, size, last = None, FEW if few else _FIRST, False
            while not last:
                end_at = time.monotonic() + TIME_LIMIT_S
                if cancelled.is_set():
                    raise ended(TIME_LIMIT_S)
                with explained(sql, TIME_LIMIT_S):
                    cursor = cursor or connection.execute(sql, values)
                    rows = cursor.fetchmany(size)
                last, size = len(rows) < size, min(2 * size, _LONGEST)
                yield Piece(array("q", (row[0] for row in rows)), last)

        end_at = time.monotonic() + TIME_LIMIT_S
        enough = _FEW_OF_WORDS if sort in _NAMES else _MOST_OF_WORDS
        most = _rows(connection, "SELECT MAX(id) FROM instance")[0][0] or 0
        few = most < FEW
        select = f"SELECT instance_id FROM instances WHERE {where}"
        like = (f"{words}%",)
        if words and _count(connection, like, enough) <= enough:
            yield from asked(f"{select} AND instance_id IN ({_OF_WORDS}) ORDER BY {order}", like)
            return
        if most < _FIRST or sort not in _NAMES or _is_narrow(connection, select):
            yield from asked(f"{select} ORDER BY {order}")
            return
        there = None
        if words and sort == "gloss":
            there = _glosses_of(connection, words, like)
        after: tuple[str, ...] = ()
        stretches = _stretches(connection, sort, most, descending=descending, there=there)
        for ends in islice(stretches, 1 if few else None):
            piece_of = f"SELECT i.id AS _piece FROM {_STRETCHES[sort]}"
            both = f"({piece_of}) CROSS JOIN instances ON instance_id = _piece"
            sql = f"SELECT instance_id FROM {both} WHERE {where} ORDER BY {order}"
            for piece in asked(sql, (min(ends), max(ends))):
                yield Piece(piece.ids)
            after = ends[1:] if few else ()
        # The plus keeps SQLite from the index on names, a detour where most rows are asked for.
        beyond = f"+{sort} {'<' if descending else '>'} ? OR " if after else ""
        sql = f"{select} AND ({beyond}{sort} IS NULL) ORDER BY {order}"
        yield from asked(sql, after)


def _rows(
    connection: sqlite3.Connection, sql: str, values: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """A short answer. Raises QueryError, also where it was cancelled."""
    with explained(sql, TIME_LIMIT_S):
        return connection.execute(sql, values).fetchall()


def _is_narrow(connection: sqlite3.Connection, select: str) -> bool:
    """Whether SQLite begins with one gloss, clip or instance: then there is nothing to cut."""
    plan = _rows(connection, f"EXPLAIN QUERY PLAN {select}")
    return bool(plan) and bool(_NARROW.match(str(plan[0][-1])))


def _count(connection: sqlite3.Connection, like: tuple[str], enough: int) -> int:
    """How many instances begin with words; one more than enough are enough."""
    sql = f"SELECT COUNT(*) FROM ({_OF_WORDS} LIMIT {enough + 1})"
    return int(_rows(connection, sql, like)[0][0])


def _glosses_of(connection: sqlite3.Connection, words: str, like: tuple[str]) -> set[int]:
    """Ids of the glosses that begin with words or have such a clip, and perhaps of some more."""
    found = {row[0] for row in _rows(connection, _GLOSSES, like)}
    clips = (
        f"SELECT COUNT(*) FROM (SELECT 1 FROM clip WHERE video_id LIKE ?1 LIMIT {_FEW_CLIPS + 1})"
    )
    if _rows(connection, clips, like)[0][0] > _FEW_CLIPS:
        with explained("", TIME_LIMIT_S):
            return found | starts.glosses_of(connection, words)
    return found.union(row[0] for row in _rows(connection, _GLOSSES_OF_CLIPS, like))


def _stretches(
    connection: sqlite3.Connection,
    sort: str,
    instances: int,
    *,
    descending: bool,
    there: set[int] | None,
) -> Iterator[tuple[str, str]]:
    """First and last name of each piece, in order; where `there` has ids, each begins with one of them."""
    column, table = _NAMES[sort]
    [(count,)] = _rows(connection, f"SELECT COUNT(*) FROM {table}")
    falling, beyond = ("DESC", "<=") if descending else ("", ">=")
    start = ""
    if there is not None and 2 * len(there) < count:
        # The names before the first of few are many, and to read them costs more than to ask for it.
        ids = ", ".join(map(str, there))
        first = (
            f"SELECT {column} FROM {table} WHERE id IN ({ids}) ORDER BY {column} {falling} LIMIT 1"
        )
        start = f"WHERE {column} {beyond} ({first})"
    sql = f"SELECT id, {column} FROM {table} {start} ORDER BY {column} {falling}"
    with explained(sql, TIME_LIMIT_S):
        names = iter(connection.execute(sql))
        length = float(_FIRST)
        while some := list(islice((row for row in names if there is None or row[0] in there), 1)):
            some += islice(names, max(0, round(length * count / instances) - 1))
            yield some[0][1], some[-1][1]
            length = min(_LONGEST, 2 * length)
