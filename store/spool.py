"""A result of any size in a temporary SQLite file: written once, read in pages, sorted in place.

The file holds `rows(c0, c1, …)`, whose rowid is the row's number from 1, `names(place, name)`, and
a table of row numbers for each order that was asked for. It is made without journal and sync: when
its process dies it is worth nothing, and the next spool sweeps it away.
"""

import atexit
import logging
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import psutil

from store.errors import DiskFullError, QueryError, StoreError

log = logging.getLogger(__name__)

PREFIX: Final = "signtui-result-"
_NAME: Final = "result.sqlite"
_PREVIEW: Final = 300
"""Characters of a text that a page shows; the cell itself is read whole."""
_BUSY_S: Final = 30.0
_STEPS_BETWEEN_LOOKS: Final = 20_000

Value = int | float | str | bytes | None
Order = tuple[int, bool]
"""A column's place, and whether the order is descending."""


class Spool:
    """The file of one result."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: tuple[str, ...] = ()
        self.total = 0
        """Rows that can be read."""
        self._writer: sqlite3.Connection | None = None
        self._closed = False
        self._sorted: dict[Order, str] = {}
        self._lock = threading.Lock()

    @classmethod
    def make(cls) -> "Spool":
        """A new spool in the system's folder for temporary files. Raises StoreError."""
        _sweep()
        try:
            folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        except OSError as error:
            raise StoreError(
                f"No temporary file can be made: {error.strerror or error}.",
                hint="The results of queries lie in the system's temporary folder (TMPDIR).",
            ) from error
        spool = cls(folder / _NAME)
        atexit.register(spool.close)
        return spool

    @classmethod
    def open(cls, path: Path) -> "Spool":
        """A finished spool that another process made; closing leaves its file alone.

        Raises:
            StoreError: it is no spool.
        """
        spool = cls(path)
        with spool._reading() as connection:
            names = connection.execute("SELECT name FROM names ORDER BY place").fetchall()
            spool.columns = tuple(name for (name,) in names)
            spool.total = connection.execute("SELECT COALESCE(MAX(rowid), 0) FROM rows").fetchone()[
                0
            ]
        return spool

    # Writing

    def begin(self, columns: Sequence[str]) -> None:
        """Make the tables. Raises DiskFullError, StoreError."""
        self.columns = tuple(columns)
        places = ", ".join(f"c{place}" for place in range(len(columns)))
        with _translated():
            self._writer = self._connect()
            self._writer.execute(f"CREATE TABLE rows ({places})")
            self._writer.execute("CREATE TABLE names (place INTEGER PRIMARY KEY, name TEXT)")
            self._writer.executemany("INSERT INTO names VALUES (?, ?)", enumerate(columns))

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Append rows and show them to readers. Raises DiskFullError, StoreError."""
        if self._writer is None:
            raise StoreError("The result is closed.")
        marks = ", ".join("?" * len(self.columns))
        with _translated():
            self._writer.execute("BEGIN")
            self._writer.executemany(f"INSERT INTO rows VALUES ({marks})", rows)
            self._writer.execute("COMMIT")
        self.total += len(rows)

    def finish(self) -> None:
        """No more rows will come."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @property
    def size_bytes(self) -> int:
        """How large the file is now."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Delete the file; reading it fails from now on."""
        self._closed = True
        self.finish()
        atexit.unregister(self.close)
        if self.path.parent.name.startswith(PREFIX):
            shutil.rmtree(self.path.parent, ignore_errors=True)

    # Reading

    def read(self, first: int, count: int, order: Order | None = None) -> list[tuple[Value, ...]]:
        """A page for the screen: long texts are cut, blobs are their first bytes.

        Raises:
            StoreError: the file is gone.
        """
        shown = ", ".join(_preview(f"c{place}") for place in range(len(self.columns)))
        source, number = self._source(order)
        with self._reading() as connection:
            return connection.execute(
                f"SELECT {shown} FROM {source} WHERE {number} > ? ORDER BY {number} LIMIT ?",
                (first, max(0, min(count, self.total - first))),
            ).fetchall()

    def cell(self, row: int, column: int, order: Order | None = None) -> Value:
        """One value whole; rows count from 0. Raises StoreError."""
        source, number = self._source(order)
        with self._reading() as connection:
            found = connection.execute(
                f"SELECT c{int(column)} FROM {source} WHERE {number} = ?", (row + 1,)
            ).fetchone()
        value: Value = found[0] if found else None
        return value

    def rows(
        self, order: Order | None = None, *, first: int = 0, limit: int | None = None
    ) -> Iterator[tuple[Value, ...]]:
        """Rows whole, one after the other: all, or at most `limit` from `first` on.

        Raises:
            StoreError: the file is gone.
        """
        source, number = self._source(order)
        columns = ", ".join(f"c{place}" for place in range(len(self.columns)))
        last = self.total if limit is None else min(first + limit, self.total)
        with self._reading() as connection:
            yield from connection.execute(
                f"SELECT {columns} FROM {source} WHERE {number} > ? AND {number} <= ? "
                f"ORDER BY {number}",
                (first, last),
            )

    def types(self, *, limit: int | None = None) -> list[set[str]]:
        """The SQLite types that occur in each column, without `null`. Raises StoreError."""
        count = self.total if limit is None else min(limit, self.total)
        with self._reading() as connection:
            return [
                {
                    str(name)
                    for (name,) in connection.execute(
                        f"SELECT DISTINCT typeof(c{place}) FROM rows WHERE rowid <= ?", (count,)
                    )
                } - {"null"}
                for place in range(len(self.columns))
            ]  # fmt: skip

    def sort(self, order: Order, cancelled: threading.Event | None = None) -> None:
        """Make an order readable; takes a while on many rows.

        Raises:
            QueryError: it was cancelled.
            DiskFullError: there is no room for it.
        """
        with self._lock:
            if order in self._sorted:
                return
            column, descending = order
            table = f"order_{int(column)}_{'down' if descending else 'up'}"
            way = "DESC" if descending else "ASC"
            with _translated(), closing(self._connect()) as connection:
                connection.set_progress_handler(
                    lambda: cancelled is not None and cancelled.is_set(), _STEPS_BETWEEN_LOOKS
                )
                connection.execute(f"DROP TABLE IF EXISTS {table}")
                connection.execute(
                    f"CREATE TABLE {table} AS SELECT rowid AS number FROM rows "
                    f"ORDER BY c{int(column)} {way}, rowid"
                )
            self._sorted[order] = table

    def _source(self, order: Order | None) -> tuple[str, str]:
        """What stands after FROM, and the column that numbers the rows."""
        if order is None:
            return "rows", "rows.rowid"
        table = self._sorted.get(order) or f"order_{int(order[0])}_{'down' if order[1] else 'up'}"
        # CROSS JOIN keeps SQLite from reading the rows first and sorting them again.
        return f"{table} o CROSS JOIN rows ON rows.rowid = o.number", "o.rowid"

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "page_size=8192"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise StoreError("The result is closed.", hint="Run the query again.")
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        with _translated(), closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S)) as connection:
            yield connection


def _preview(column: str) -> str:
    return (
        f"CASE WHEN typeof({column}) IN ('text', 'blob') AND length({column}) > {_PREVIEW} "
        f"THEN substr({column}, 1, {_PREVIEW}) ELSE {column} END"
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "interrupted" in text:
            raise QueryError("The sorting was cancelled.") from error
        if "full" in text or "disk I/O" in text:
            raise DiskFullError(
                f"The disk that holds the results of queries is full: {tempfile.gettempdir()}.",
                hint="Free some space, select less, or set TMPDIR to another folder.",
            ) from error
        raise StoreError(
            f"The result cannot be read: {text}.", hint="Run the query again."
        ) from error


def _sweep(alive: Callable[[int], bool] = psutil.pid_exists) -> None:
    """Delete what processes left that are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not alive(int(pid)):
            log.info("%s is swept away", folder)
            shutil.rmtree(folder, ignore_errors=True)
