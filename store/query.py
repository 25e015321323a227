"""Foreign SQL on the catalog: read-only for certain, with limits and a cancel switch.

Four fences, each enough to keep the catalog as it is: the file is opened `mode=ro`, the connection
is `query_only`, an authorizer allows nothing but reading, and one statement is run at a time.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from store.errors import QueryError
from store.library import Library
from store.query_limits import TOO_LONG, Room, bound_functions

ROW_LIMIT: Final = 10_000
TIME_LIMIT_S: Final = 30.0
_LOOK_AFTER: Final = 5_000
"""Steps of SQLite between looks whether it must end, about a tenth of a millisecond."""
SELDOM: Final = 50_000
"""Each look waits for Python's lock, which the dashboard holds while it paints the letter that was typed."""
MAX_VALUE_BYTES: Final = 2 * 2**20
_MOST_BYTES: Final = 256 * 2**20
"""Of an answer that is held in memory whole."""
_LIMITS: Final = {
    # A row is in memory whole: so much for a value, and so many values.
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_COLUMN: 250,
    # What SQLite cannot be stopped in must be short.
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 500,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}

_ALLOWED: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_FORBIDDEN_FUNCTIONS: Final = frozenset(
    {
        "load_extension", "writefile", "readfile", "edit", "fts3_tokenizer",
        # Looks through all of one object for each name of the other, and cannot be stopped.
        "json_patch",
    }
)  # fmt: skip
_READING_PRAGMAS: Final = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
)
_as_text: Final = partial(str, encoding="utf-8", errors="replace")


class WrongSqlError(QueryError):
    """SQL that cannot be run; `offset` is the place in the text, where SQLite names one."""

    offset: int | None = None


@dataclass(frozen=True, slots=True)
class QueryResult:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    """There were more rows than the limit."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view of the catalog."""

    name: str
    kind: str
    """`table` or `view`."""
    columns: tuple[tuple[str, str], ...]
    """Pairs of name and type; a view's computed columns have no type."""


def run_query(
    library: Library,
    sql: str,
    *,
    row_limit: int = ROW_LIMIT,
    time_limit_s: float = TIME_LIMIT_S,
    cancelled: threading.Event | None = None,
) -> QueryResult:
    """Run one SELECT on a connection that cannot write, attach or load anything.

    Raises:
        QueryError: the SQL is wrong, would change something, took too long or was cancelled.
    """
    started = time.monotonic()
    must_end = _ending(time_limit_s, cancelled)
    with guarded_connection(library, must_end) as connection, explained(sql, time_limit_s):
        cursor = connection.execute(sql)
        rows = _fetch(cursor, row_limit + 1)
        columns = tuple(column[0] for column in cursor.description or ())
    return QueryResult(columns, rows[:row_limit], len(rows) > row_limit, time.monotonic() - started)


def _ending(time_limit_s: float, cancelled: threading.Event | None) -> Callable[[], bool]:
    ends = time.monotonic() + time_limit_s
    return lambda: (cancelled is not None and cancelled.is_set()) or time.monotonic() > ends


def _fetch(cursor: sqlite3.Cursor, limit: int) -> list[tuple[Any, ...]]:
    """At most so many rows. Raises MemoryError where they are too large to be held."""
    rows, size = [], 0
    for row in islice(cursor, limit):
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if size > _MOST_BYTES:
            raise MemoryError
    return rows


@contextmanager
def guarded_connection(
    library: Library, must_end: Callable[[], bool], look_after: int = _LOOK_AFTER
) -> Iterator[sqlite3.Connection]:
    """A connection for foreign SQL: it reads, within limits, until `must_end` says so.

    Raises:
        StoreError: the catalog cannot be opened.
        QueryError: the query would fill the disk of temporary files.
    """
    with closing(library.connect_read_only()) as connection:
        connection.text_factory = _as_text
        for category, limit in _LIMITS.items():
            connection.setlimit(category, limit)
        bound_functions(connection, MAX_VALUE_BYTES)
        connection.set_authorizer(_authorize)
        room = Room()
        connection.set_progress_handler(lambda: must_end() or room.is_short(), look_after)
        try:
            yield connection
        except QueryError as error:
            if room.short:
                raise _no_room() from error
            raise


def read_schema(library: Library) -> tuple[Relation, ...]:
    """Tables and views with their columns, by name. Raises StoreError."""
    with closing(library.connect_read_only()) as connection:
        found = connection.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        ).fetchall()
        return tuple(
            Relation(
                name,
                kind,
                tuple(connection.execute("SELECT name, type FROM pragma_table_info(?)", (name,))),
            )
            for name, kind in found
        )


def quoted(name: str) -> str:
    """A name as it can stand in SQL: as it is where that is safe, in quotes elsewhere."""
    if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        return name
    return '"' + name.replace('"', '""') + '"'


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, _source: str | None
) -> int:
    if action in _ALLOWED and (second or "").lower() not in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _READING_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


@contextmanager
def explained(sql: str, time_limit_s: float) -> Iterator[None]:
    """Say in our words what SQLite complains of. Raises QueryError."""
    try:
        yield
    except MemoryError as error:
        raise QueryError(
            "The query needs more memory than there is.", hint="Select less at a time."
        ) from error
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        raise _translated(str(error), sql, time_limit_s) from error


def ended(time_limit_s: float) -> QueryError:
    """What is said of a query that did not come to its end."""
    return QueryError(
        f"The query was ended: cancelled, or longer than {time_limit_s:g} s.",
        hint="Narrow it down with WHERE, or raise --time-limit.",
    )


def _translated(text: str, sql: str, time_limit_s: float) -> QueryError:
    if "interrupted" in text:
        return ended(time_limit_s)
    if "to use function" in text:
        return QueryError(
            f"The function {text.rpartition(': ')[2]} is not allowed here; nothing was changed.",
            hint="It could reach out of the catalog, or would not end in time.",
        )
    if "database or disk is full" in text:
        return _no_room()
    for part, (message, hint) in _MEANINGS.items():
        if part in text:
            return QueryError(message, hint=hint)
    wrong = WrongSqlError(f"SQL: {text}.", hint="List tables and views: signtui sql")
    wrong.offset = find_offset(sql, text)
    return wrong


_ONLY_SELECT: Final = (
    "Only SELECT is allowed here; nothing was changed.",
    "Open catalog.sqlite with another SQLite client if you mean to write.",
)
_MEANINGS: Final = {
    TOO_LONG: (
        "A text is too long to be searched for another: it would not end in time.",
        "Cut it with substr(value, 1, 1000).",
    ),
    "not authorized": _ONLY_SELECT,
    "prohibited": _ONLY_SELECT,
    "too big": (
        f"A value is longer than {MAX_VALUE_BYTES // 2**20} MiB.",
        "Cut it with substr(value, 1, 1000).",
    ),
    "one statement at a time": ("There is more than one statement.", "One SELECT at a time."),
}


def _no_room() -> QueryError:
    return QueryError(
        "The disk is full where SQLite sorts and groups: the system's folder for temporary files.",
        hint="Free some space, or narrow the query down with WHERE.",
    )


def find_offset(sql: str, message: str) -> int | None:
    """The place that SQLite's message means: characters from the start, None where unknown."""
    if "incomplete input" in message:
        return len(sql.rstrip())
    if "syntax error" in message or "unrecognized token" in message:
        token = message.partition('"')[2].rpartition('"')[0]
        return _syntax_offset(sql, token, message)
    for start in (
        "no such column: ",
        "no such table: ",
        "no such function: ",
        "ambiguous column name: ",
    ):
        if message.startswith(start):
            name = message.removeprefix(start).split(" - ")[0]
            place = sql.lower().find(name.lower())
            if place < 0:
                place = sql.lower().find(name.rpartition(".")[2].lower())
            return place if place >= 0 else None
    return None


def _syntax_offset(sql: str, token: str, message: str) -> int | None:
    """The first occurrence of a token after which the text, cut there, fails in the same way."""
    place, tries = sql.find(token) if token else -1, 0
    with closing(sqlite3.connect(":memory:")) as connection:
        while place >= 0 and tries < 200:  # noqa: PLR2004 - bounds the work on absurd texts
            try:
                connection.execute(f"EXPLAIN {sql[: place + len(token)]}")
            except sqlite3.OperationalError as error:
                if str(error) == message:
                    return place
            except (sqlite3.Error, sqlite3.Warning, ValueError):
                return None
            place, tries = sql.find(token, place + 1), tries + 1
    return None
