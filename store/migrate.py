"""Bring a catalog to the newest schema, after a backup of what was there."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from store import database, derived


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings, without a file: the scripts lie beside this module."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(path: Path, *, backup: bool) -> None:
    """Run the migrations that `path` lacks and renew its views.

    Raises:
        LibraryBusyError, DiskFullError, StoreError: the catalog stays as it was.
    """
    with database.translated_errors():
        if backup:
            _back_up(path)
        engine = database.open_engine(path)
        try:
            with engine.begin() as connection:
                command.upgrade(alembic_config(connection), "head")
                for statement in derived.statements():
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()


def _back_up(path: Path) -> None:
    with closing(database.read_only_connection(path)) as source:
        version = source.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        with closing(sqlite3.connect(path.with_name(f"catalog.before-{version}.sqlite"))) as copy:
            source.backup(copy)
