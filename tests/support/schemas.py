"""Catalogs as older versions made them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command

from store import database, migrate


def downgrade(catalog: Path, schema: str) -> None:
    """Take a closed catalog back to an older schema, rows and all."""
    with closing(sqlite3.connect(catalog)) as connection, connection:
        kinds = "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')"
        for kind, name in connection.execute(kinds).fetchall():
            connection.execute(f"DROP {kind} {name}")
    engine = database.open_engine(catalog)
    with engine.begin() as open_connection:
        command.downgrade(migrate.alembic_config(open_connection), schema)
    engine.dispose()
