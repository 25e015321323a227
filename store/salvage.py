"""Rows out of a damaged catalog: whatever SQLite can still read, as far as it makes sense."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import JSON, Table

from store.database import translated_errors
from store.errors import LibraryVersionError
from store.library import SCHEMA_VERSION
from store.schema import Base
from store.tally_marks import KEPT

log = logging.getLogger(__name__)

_AT_ONCE: Final = 200
_FARTHEST: Final = 2**24
"""Rows that are stepped over, twice as many each time, before the rest of a table is given up."""
_MAX_ROUNDS: Final = 20

Row = tuple[Any, ...]


def salvage(source: Path, target: Path) -> dict[str, int]:
    """Copy the rows that can be read from `source` into the empty catalog `target`.

    Rows that break a constraint, or whose parents are lost, are left out.

    Returns:
        How many rows each table has.

    Raises:
        LibraryVersionError: `source` has a newer schema.
        DiskFullError, StoreError: `target` cannot be written.
    """
    if not source.is_file():
        return {}
    with translated_errors(), closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA foreign_keys=OFF")
        with closing(_opened(source)) as damaged:
            _refuse_newer(damaged, source)
            copy.execute("BEGIN IMMEDIATE")
            # Kept figures are counted anew: the triggers of the copy mark what comes in.
            tables = [table for table in Base.metadata.sorted_tables if table.name not in KEPT]
            for table in tables:
                _copy_table(damaged, copy, table)
        for table in tables:
            _drop_senseless(copy, table)
        _drop_orphans(copy)
        copy.execute("COMMIT")
        return {
            table.name: copy.execute(f"SELECT COUNT(*) FROM {table.name}").fetchone()[0]  # noqa: S608
            for table in tables
        }


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=15)
    connection.text_factory = _strict_text
    return connection


def _strict_text(raw: bytes) -> str | bytes:
    """Text that is none is told from text by its type, and left out later."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _refuse_newer(damaged: sqlite3.Connection, source: Path) -> None:
    with suppress(sqlite3.Error, TypeError):
        version = str(damaged.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        if version.isdigit() and len(version) == len(SCHEMA_VERSION) and version > SCHEMA_VERSION:
            raise LibraryVersionError(
                f"The library in {source.parent} was made by a newer signtui (schema {version}).",
                hint="Update signtui: pip install --upgrade signtui",
            )


def _copy_table(damaged: sqlite3.Connection, copy: sqlite3.Connection, table: Table) -> None:
    try:
        there = {row[1] for row in damaged.execute(f"PRAGMA table_info({table.name})")}
    except sqlite3.Error as error:
        log.warning("the table %s is lost: %s", table.name, error)
        return
    names = [column.name for column in table.columns if column.name in there]
    if not names:
        return
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" for _ in names)
    insert = f"INSERT OR IGNORE INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608
    for row in _read_rows(damaged, table.name, columns):
        with suppress(sqlite3.IntegrityError, OverflowError):
            copy.execute(insert, row)


def _read_rows(damaged: sqlite3.Connection, table: str, columns: str) -> Iterator[Row]:
    """Rows in the order of their ids; what cannot be read is stepped over."""
    query = f"SELECT rowid, {columns} FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT {_AT_ONCE}"  # noqa: S608
    place, step = -1, 1
    while step <= _FARTHEST:
        found, read_all = _fetch(damaged, query, place)
        for row in found:
            if not isinstance(row[0], int) or row[0] <= place:
                # A tree that leads back into itself has no end.
                return
            place, step = row[0], 1
            yield row[1:]
        if read_all:
            if len(found) < _AT_ONCE:
                return
            continue
        place, step = place + step, step * 2


def _fetch(damaged: sqlite3.Connection, query: str, place: int) -> tuple[list[Row], bool]:
    """The next rows, as far as they can be read, and whether all of them could."""
    found: list[Row] = []
    try:
        for row in damaged.execute(query, (place,)):
            found.append(row)  # noqa: PERF402 - those before the damage are kept
    except (sqlite3.Error, OverflowError, MemoryError):
        return found, False
    return found, True


def _drop_senseless(copy: sqlite3.Connection, table: Table) -> None:
    """Leave out rows with values of another type than their column's."""
    for column in table.columns:
        kind = column.type.python_type
        allowed = {
            int: "'integer'", bool: "'integer'", float: "'real', 'integer'", str: "'text'",
        }.get(kind, "'text'")  # fmt: skip
        copy.execute(
            f'DELETE FROM {table.name} WHERE "{column.name}" IS NOT NULL '  # noqa: S608
            f'AND typeof("{column.name}") NOT IN ({allowed})'
        )
        if isinstance(column.type, JSON):
            copy.execute(
                f'DELETE FROM {table.name} WHERE "{column.name}" IS NOT NULL '  # noqa: S608
                f'AND NOT json_valid("{column.name}")'
            )


def _drop_orphans(copy: sqlite3.Connection) -> None:
    """Let rows forget parents that are lost; those that need one go, until none is left."""
    for _ in range(_MAX_ROUNDS):
        lost = copy.execute("PRAGMA foreign_key_check").fetchall()
        if not lost:
            return
        for table, rowid, _parent, number in lost:
            _forget_parent(copy, table, rowid, number)


def _forget_parent(copy: sqlite3.Connection, table: str, rowid: int, number: int) -> None:
    columns = {row[0]: row[3] for row in copy.execute(f"PRAGMA foreign_key_list({table})")}
    column = Base.metadata.tables[table].columns[columns[number]]
    if column.nullable:
        copy.execute(f'UPDATE {table} SET "{column.name}" = NULL WHERE rowid = ?', (rowid,))  # noqa: S608
    else:
        copy.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608
