"""What was asked of a library before: `LIBRARY/sql-history.jsonl`, the newest last, bounded.

The file may have been written by anyone: lines that are no entry are passed over, and all text is
only ever shown as text.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from store.files import write_text

log = logging.getLogger(__name__)

FILE: Final = "sql-history.jsonl"
MOST: Final = 500
_MAX_SQL: Final = 20_000
_MAX_BYTES: Final = 16 * 2**20
_LARGEST: Final = 10**11
"""Far beyond every time and count; NaN and infinity are not below it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what became of it."""

    sql: str
    at: float
    """Seconds since 1970."""
    rows: int = 0
    seconds: float = 0.0
    error: str = ""
    """Why it ended early, or what was wrong; empty where all rows came."""


def read_history(root: Path) -> list[Asked]:
    """The entries of a library, the newest last; empty where there are none."""
    path = root / FILE
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except OSError:
        return []
    found = [_parse(line) for line in data.splitlines()]
    return [entry for entry in found if entry is not None][-MOST:]


def add_to_history(root: Path, entry: Asked) -> list[Asked]:
    """Keep an entry, in place of an equal question before it; returns all entries.

    Raises:
        StoreError: the library cannot be written to.
    """
    if not entry.sql.strip() or len(entry.sql) > _MAX_SQL:
        return read_history(root)
    before = [old for old in read_history(root) if old.sql != entry.sql]
    entries = [*before, entry][-MOST:]
    write_text(root / FILE, "".join(json.dumps(asdict(item)) + "\n" for item in entries))
    return entries


def _parse(line: bytes) -> Asked | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    sql, error = value.get("sql"), value.get("error", "")
    if not isinstance(sql, str) or not isinstance(error, str) or not 0 < len(sql) <= _MAX_SQL:
        return None
    at, rows, seconds = (value.get(name, 0) for name in ("at", "rows", "seconds"))
    if not all(_is_number(number) for number in (at, rows, seconds)):
        return None
    return Asked(sql, float(at), int(rows), float(seconds), error)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < _LARGEST
