"""The SQLite engine: pragmas on every connection, short transactions, errors in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from store.errors import DamagedFileError, DiskFullError, LibraryBusyError, StoreError

BUSY_TIMEOUT_MS: Final = 15_000
_READING: Final = "signtui_reading"


def open_engine(path: Path) -> Engine:
    """Open a catalog file for reading and writing; makes the file if it is not there."""
    engine = create_engine(f"sqlite:///{path.as_posix()}", connect_args={"timeout": 15})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin` chooses their kind.
    connection.isolation_level = None
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "synchronous=FULL",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a read that turns into a write can fail without waiting.
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Session]:
    """A session in one transaction: committed at the end, rolled back on an error."""
    target = engine if write else engine.execution_options(**{_READING: True})
    with translated_errors(), Session(target, expire_on_commit=False) as session:
        yield session
        if write:
            session.commit()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Say what SQLite complains of in our words."""
    try:
        yield
    except OperationalError as error:
        raise _translate(str(error.orig)) from error
    except DatabaseError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and _is_damage(str(error.orig)):
            raise _translate(str(error.orig)) from error
        raise
    except sqlite3.DatabaseError as error:
        raise _translate(str(error)) from error


def _is_damage(text: str) -> bool:
    return "malformed" in text or "not a database" in text


def _translate(text: str) -> StoreError:
    if "locked" in text or "busy" in text:
        return LibraryBusyError(
            "The catalog is held by another program.",
            hint="Close other programs that write to catalog.sqlite and try again.",
        )
    if "full" in text:
        return DiskFullError(
            "The disk that holds the library is full.",
            hint="Free some space and run the same command again; finished work is kept.",
        )
    if _is_damage(text):
        return DamagedFileError(
            "catalog.sqlite is damaged or no SQLite file.",
            hint="Make one of what is left: signtui check --rebuild; or: signtui restore BACKUP",
        )
    return StoreError(
        f"The catalog could not be used: {text}.",
        hint="Check that the library's folder exists and that you may write to it.",
    )


def read_only_connection(path: Path) -> sqlite3.Connection:
    """A plain connection that cannot write, for foreign SQL."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=15, check_same_thread=False)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def as_dict(row: Any) -> dict[str, Any]:
    """The columns of an ORM object by name."""
    return {column.name: getattr(row, column.key) for column in row.__table__.columns}
