"""A library: the folder that holds one dataset's catalog, landmarks, runs and job logs."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from store import database, derived
from store.errors import (
    DamagedFileError,
    LibraryVersionError,
    NoLibraryError,
    SigntuiError,
    StoreError,
)
from store.files import write_error
from store.paths import user_path

SCHEMA_VERSION: Final = "0006"
"""The newest revision in `store/migrations/versions`; a test holds them together."""

_START_HINT: Final = "Import a dataset with: signtui import SOURCE; or try: signtui demo"


@dataclass(frozen=True, slots=True)
class Library:
    """Where everything of one dataset lies. Open it with `Library.open` or `Library.create`."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "Library":
        """Open the library in `root`, making what is not there yet.

        Raises:
            StoreError: the folder cannot be made.
            LibraryVersionError: it was made by a newer signtui.
        """
        library = cls(_folder(root))
        try:
            for folder in (library.landmarks_dir, library.runs_dir, library.jobs_dir):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(error, library.root) from error
        library._migrate_if_needed()
        return library

    @classmethod
    def open(cls, root: Path) -> "Library":
        """Open the library in `root`; one made by an older signtui is brought up to date.

        Raises:
            NoLibraryError: there is none.
            StoreError: there can be none in such a folder.
            LibraryVersionError: it was made by a newer signtui.
            DamagedFileError: its catalog is no SQLite file.
        """
        library = cls(_folder(root))
        if not library.catalog_path.is_file():
            library._refuse_lost_catalog()
            raise NoLibraryError(f"There is no library in {library.root}.", hint=_START_HINT)
        library._migrate_if_needed()
        return library

    @property
    def catalog_path(self) -> Path:
        return self.root / "catalog.sqlite"

    @property
    def landmarks_dir(self) -> Path:
        return self.root / "landmarks"

    @property
    def runs_dir(self) -> Path:
        return self.root / "runs"

    @property
    def jobs_dir(self) -> Path:
        return self.root / "jobs"

    @property
    def clips_dir(self) -> Path:
        """Clips that came in an archive; all others stay where the user has them."""
        return self.root / "clips"

    def landmark_path(self, name: str) -> Path:
        """Where the landmark file of a row lies.

        Raises:
            DamagedFileError: it would lie elsewhere, as a catalog from someone else may say.
        """
        if not name or name == ".." or set(name) & set("/\\:\0"):
            raise DamagedFileError(
                f"The catalog names a landmark file outside its folder: {name[:80]!r}.",
                hint="Run: signtui check --repair",
            )
        return self.landmarks_dir / name

    def run_dir(self, run_id: int) -> Path:
        return self.runs_dir / str(run_id)

    def job_dir(self, job_id: int) -> Path:
        return self.jobs_dir / str(job_id)

    def session(self) -> AbstractContextManager[Session]:
        """A write transaction. Raises LibraryBusyError, DiskFullError, StoreError."""
        return database.transaction(_engine(self.catalog_path), write=True)

    def reading(self) -> AbstractContextManager[Session]:
        """A read transaction: one moment of the catalog, whoever writes meanwhile."""
        return database.transaction(_engine(self.catalog_path), write=False)

    def connect_read_only(self) -> sqlite3.Connection:
        """A plain SQLite connection that cannot write."""
        with database.translated_errors():
            return database.read_only_connection(self.catalog_path)

    def close(self) -> None:
        """Let go of the catalog, so that its files can be moved or deleted."""
        _engine(self.catalog_path).dispose()

    def _migrate_if_needed(self) -> None:
        with _readable(self.catalog_path):
            version = _schema_version(self.catalog_path)
        if version == SCHEMA_VERSION:
            self._renew_views()
            return
        if version is not None and version > SCHEMA_VERSION:
            raise LibraryVersionError(
                f"The library in {self.root} was made by a newer signtui (schema {version}; "
                f"this one knows {SCHEMA_VERSION}).",
                hint="Update signtui: pip install --upgrade signtui",
            )
        if version is None:
            self._refuse_lost_catalog()
        from store.migrate import migrate  # noqa: PLC0415 - Alembic is slow to import
        from store.tally import freshen  # noqa: PLC0415 - it knows libraries

        migrate(self.catalog_path, backup=version is not None)
        # Or each reader would count what migrations mark, until a job does.
        freshen(self)

    def _refuse_lost_catalog(self) -> None:
        """An empty catalog beside landmarks would let the next extraction sweep them away."""
        if any(self.landmarks_dir.glob("*.h5")):
            raise DamagedFileError(
                f"The library in {self.root} has landmarks, but its catalog is lost.",
                hint="Make one of the landmarks: signtui check --rebuild; or: signtui restore",
            )

    def _renew_views(self) -> None:
        """Views and triggers hold no data: others' are replaced without a migration."""
        with closing(self.connect_read_only()) as connection:
            found = connection.execute(
                "SELECT sql FROM sqlite_master WHERE type IN ('view', 'trigger')"
            )
            if {row[0] for row in found} >= set(derived.definitions()):
                return
        with self.session() as session:
            for statement in derived.statements():
                session.connection().exec_driver_sql(statement)


@lru_cache(maxsize=64)
def _engine(path: Path) -> Engine:
    return database.open_engine(path)


def _folder(root: Path) -> Path:
    """The folder of a library, there or not. Raises StoreError where it can be none."""
    try:
        folder = user_path(root).resolve()
        (folder / "catalog.sqlite").is_file()
    except (OSError, ValueError, RuntimeError) as error:
        # A name that is too long or holds a NUL, a loop of links, a folder that may not be entered.
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"There can be no library in {str(root)[:200]!r}: {reason}.",
            hint="Choose another folder with --library.",
        ) from error
    return folder


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        with database.translated_errors():
            yield
    except SigntuiError:
        raise
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}.") from error


def _schema_version(path: Path) -> str | None:
    if not path.is_file() or path.stat().st_size == 0:
        return None
    with closing(database.read_only_connection(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise DamagedFileError(
                f"{path} is a SQLite file, but not a catalog of signtui.",
                hint="Choose another folder with --library.",
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None
