"""Limits of foreign queries that SQLite itself does not have: of single functions, and of disk.

`instr`, `replace` and `trim` compare each place of one text with the whole of another: two texts of a
MiB take minutes, and a time limit is only looked at between two steps of a query. What is sorted or
grouped goes to temporary files of any size.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

TOO_LONG: Final = "user-defined function raised exception"
"""What SQLite says of a query in which one of these refused."""
_MOST: Final = 500_000_000
"""Comparisons of one call: under a second."""
_FUNCTIONS: Final = {
    "instr": (2,), "replace": (3,), "trim": (1, 2), "ltrim": (1, 2), "rtrim": (1, 2),
}  # fmt: skip


def bound_functions(connection: sqlite3.Connection, most_bytes: int) -> None:
    """Let the slow functions of a connection refuse texts that are too long together.

    What they answer is SQLite's own answer, given by a connection beside it; `most_bytes` long at most.
    Views may not use them: to SQLite they are functions of a stranger.
    """
    beside = sqlite3.connect(":memory:", check_same_thread=False)
    beside.text_factory = partial(str, encoding="utf-8", errors="replace")
    beside.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most_bytes)
    for name, counts in _FUNCTIONS.items():
        for count in counts:
            call = _bounded(beside, f"SELECT {name}({', '.join('?' * count)})")
            connection.create_function(name, count, call, deterministic=True)


def _bounded(beside: sqlite3.Connection, sql: str) -> Callable[..., Any]:
    def call(*values: Any) -> Any:
        first, second = (_length(value) for value in (*values, "")[:2])
        if first * second > _MOST:
            raise ValueError("too long")
        return beside.execute(sql, values).fetchone()[0]

    return call


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes) else 1


class Room:
    """The disk of temporary files, which a query may not fill to the last byte."""

    LEAST: Final = 2**30
    """Bytes that stay free for others."""
    _OWN: Final = 2**28
    """A query that has taken less than this is not what fills the disk."""
    _LOOK_S: Final = 0.2

    def __init__(self) -> None:
        self.short = False
        self._looked_at = time.monotonic()
        self._first = _free()

    def is_short(self) -> bool:
        """Whether the query must end; looks a few times a second."""
        if not self.short and time.monotonic() - self._looked_at > self._LOOK_S:
            self._looked_at = time.monotonic()
            free = _free()
            self.short = free < self.LEAST and self._first - free > self._OWN
        return self.short


def _free() -> int:
    try:
        return shutil.disk_usage(tempfile.gettempdir()).free
    except OSError:
        return 0
