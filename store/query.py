"""Foreign SQL on the catalog: read-only for certain, with limits and a cancel switch."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from store.errors import QueryError
from store.library import Library

ROW_LIMIT: Final = 10_000
TIME_LIMIT_S: Final = 30.0
_STEPS_BETWEEN_LOOKS: Final = 5_000
_MAX_VALUE_BYTES: Final = 64 * 2**20

_ALLOWED: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
_READING_PRAGMAS: Final = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"}
)


@dataclass(frozen=True, slots=True)
class QueryResult:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    """There were more rows than the limit."""
    seconds: float


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
    with closing(library.connect_read_only()) as connection, _explained(time_limit_s):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
        connection.set_authorizer(_authorize)
        connection.set_progress_handler(
            lambda: _must_end(started, time_limit_s, cancelled), _STEPS_BETWEEN_LOOKS
        )
        cursor = connection.execute(sql)
        rows = cursor.fetchmany(row_limit + 1)
        columns = tuple(column[0] for column in cursor.description or ())
    return QueryResult(columns, rows[:row_limit], len(rows) > row_limit, time.monotonic() - started)


def _must_end(started: float, limit_s: float, cancelled: threading.Event | None) -> bool:
    asked = cancelled is not None and cancelled.is_set()
    return asked or time.monotonic() - started > limit_s


def _authorize(
    action: int, first: str | None, second: str | None, _database: str | None, _source: str | None
) -> int:
    if action in _ALLOWED and (second or "").lower() != "load_extension":
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _READING_PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


@contextmanager
def _explained(time_limit_s: float) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise QueryError(
                f"The query was ended: cancelled, or longer than {time_limit_s:g} s.",
                hint="Narrow it down with WHERE, or raise --time-limit.",
            ) from error
        raise QueryError(f"SQL: {error}.", hint="List tables and views: signtui sql") from error
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        if "not authorized" in str(error) or "prohibited" in str(error):
            raise QueryError(
                "Only SELECT is allowed here; nothing was changed.",
                hint="Open catalog.sqlite with another SQLite client if you mean to write.",
            ) from error
        raise QueryError(f"SQL: {error}.", hint="One SELECT at a time.") from error
