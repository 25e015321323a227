"""A query at work: its rows go to a spool in a thread, and can be read while more are coming."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from store.errors import SigntuiError
from store.library import Library
from store.query import WrongSqlError, explained, guarded_connection
from store.spool import Spool, Value

log = logging.getLogger(__name__)

_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 2**20
_BATCH_S: Final = 0.02
_REST: Final = 1.0
"""Pause after a batch, as a part of the time it took: whoever waits for the interpreter gets it."""


@dataclass(frozen=True, slots=True)
class Limits:
    rows: int = 1_000_000
    seconds: float = 30.0
    spool_bytes: int = 2 * 2**30


class State(StrEnum):
    """How far a query is, or why it ended."""

    RUNNING = "running"
    WHOLE = "whole"
    ROW_LIMIT = "row limit"
    TIME_LIMIT = "time limit"
    SIZE_LIMIT = "size limit"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Results:
    """The answer to one SELECT; `start` it, look at `state` and `spool`, and `close` it."""

    def __init__(self, library: Library, sql: str, limits: Limits | None = None) -> None:
        self.sql = sql
        self.limits = limits or Limits()
        self.spool = Spool.make()
        self.state = State.RUNNING
        self.error: SigntuiError | None = None
        self.seconds = 0.0
        self._library = library
        self._started = time.monotonic()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._closing = False

    @property
    def running(self) -> bool:
        return self.state is State.RUNNING

    @property
    def truncated(self) -> bool:
        """There may be more rows than those that came."""
        return self.state not in {State.RUNNING, State.WHOLE, State.FAILED}

    @property
    def age_s(self) -> float:
        """Seconds that the query took, or has taken so far."""
        return time.monotonic() - self._started if self.running else self.seconds

    def start(self) -> "Results":
        """Run in a thread of its own, which never holds the process's end."""
        threading.Thread(target=self.run, name="query", daemon=True).start()
        return self

    def run(self) -> None:
        """Run here and now."""
        state = State.FAILED
        try:
            state = self._spool_rows()
        except SigntuiError as error:
            state = self._why_ended(error)
        except Exception as error:
            log.exception("The query %r failed", self.sql[:1000])
            self.error = SigntuiError(
                f"The query failed: {error}.", hint="This is a bug; see the log."
            )
        finally:
            self.spool.finish()
            self.seconds = time.monotonic() - self._started
            self.state = state
            self._ended.set()
            if self._closing:
                self.spool.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; False where it did not come in time."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """Ask for the end; what has come stays."""
        self._cancelled.set()

    def close(self) -> None:
        """End the query and delete its rows."""
        self._closing = True
        self.cancel()
        if self._ended.is_set():
            self.spool.close()

    def _spool_rows(self) -> State:
        limits = self.limits
        with (
            guarded_connection(self._library, self._must_end) as connection,
            explained(self.sql, limits.seconds),
        ):
            cursor = connection.execute(self.sql)
            if cursor.description is None:
                raise WrongSqlError("There is no question in it.", hint="Write a SELECT.")
            self.spool.begin([column[0] for column in cursor.description])
            began = time.monotonic()
            for rows in _batches(cursor):
                room = limits.rows - self.spool.total
                self.spool.add(rows[:room])
                if len(rows) > room:
                    return State.ROW_LIMIT
                if self.spool.size_bytes >= limits.spool_bytes:
                    return State.SIZE_LIMIT
                if self._must_end():
                    return self._limit_reached()
                time.sleep(min(_BATCH_S, _REST * (time.monotonic() - began)))
                began = time.monotonic()
        return State.WHOLE

    def _must_end(self) -> bool:
        return self._cancelled.is_set() or time.monotonic() - self._started > self.limits.seconds

    def _limit_reached(self) -> State:
        return State.CANCELLED if self._cancelled.is_set() else State.TIME_LIMIT

    def _why_ended(self, error: SigntuiError) -> State:
        if isinstance(error.__cause__, sqlite3.OperationalError) and self._must_end():
            return self._limit_reached()
        self.error = error
        return State.FAILED


def _batches(cursor: sqlite3.Cursor) -> Iterator[list[tuple[Value, ...]]]:
    """Rows in lists that are small in number, in bytes and in the time they took."""
    rows: list[tuple[Value, ...]] = []
    size, began = 0, time.monotonic()
    for row in cursor:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if (
            len(rows) >= _BATCH_ROWS
            or size > _BATCH_BYTES
            or (not len(rows) & 63 and time.monotonic() - began > _BATCH_S)
        ):
            yield rows
            rows, size, began = [], 0, time.monotonic()
    if rows:
        yield rows
