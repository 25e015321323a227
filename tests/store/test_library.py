"""Opening, making and migrating libraries."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from store import database, migrate, views
from store.check import check
from store.errors import (
    DamagedFileError,
    LibraryBusyError,
    LibraryVersionError,
    NoLibraryError,
    StoreError,
)
from store.library import SCHEMA_VERSION, Library
from store.schema import Base, Gloss
from store.stats import read_stats
from tests.support.schemas import downgrade

without_warnings = pytest.mark.filterwarnings(
    "ignore:Skipped unsupported reflection", "ignore:autogenerate skipping", "ignore:Generating"
)
"""Alembic cannot compare indexes on expressions; `indexes` does."""


def execute(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


@without_warnings
def test_the_migrations_lead_to_the_models(library):
    engine = database.open_engine(library.catalog_path)
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(migrate.alembic_config(connection))
        assert script.get_current_head() == SCHEMA_VERSION
        context = MigrationContext.configure(connection, opts={"include_object": is_compared})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
    made = library.catalog_path.with_name("made.sqlite")
    engine = database.open_engine(made)
    Base.metadata.create_all(engine)
    engine.dispose()
    assert indexes(library.catalog_path) == indexes(made)
    made.unlink()


def is_compared(_object, _name, kind, _reflected, _other):
    """Not indexes: Alembic overlooks expressions, collations and conditions."""
    return kind != "index"


def indexes(catalog):
    sql = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    return sorted(" ".join(row[0].split()) for row in execute(catalog, sql))


def test_every_connection_has_its_pragmas(library):
    with library.session() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "journal_mode", "busy_timeout")
        }
    assert found == {"foreign_keys": 1, "journal_mode": "wal", "busy_timeout": 15_000}


def test_views_in_a_library_are_those_of_the_code(library):
    stored = dict(
        execute(library.catalog_path, "SELECT name, sql FROM sqlite_master WHERE type = 'view'")
    )
    assert set(stored) == set(views.VIEWS)
    for name, view in views.VIEWS.items():
        assert view.select.strip() in stored[name]


@pytest.mark.parametrize("use", [Library.open, Library.create])
@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_folder_that_can_be_none_is_refused(use, name):
    with pytest.raises(StoreError, match="can be no library") as caught:
        use(Path(name))
    assert caught.value.hint
    assert len(caught.value.message) < 300


def test_views_of_another_version_are_renewed(filled):
    filled.close()
    execute(filled.catalog_path, "DROP VIEW job_stats")
    execute(filled.catalog_path, "DROP VIEW run_stats")
    execute(filled.catalog_path, "CREATE VIEW run_stats AS SELECT 1 AS stale")
    test_views_in_a_library_are_those_of_the_code(Library.open(filled.root))


def test_a_folder_without_a_library_says_so(tmp_path):
    with pytest.raises(NoLibraryError, match="no library") as caught:
        Library.open(tmp_path / "none")
    assert "signtui import" in caught.value.hint
    assert not (tmp_path / "none").exists()


def test_making_a_library_twice_keeps_it(filled):
    again = Library.create(filled.root)
    with again.reading() as session:
        assert session.query(Gloss).count() == 2


def test_a_newer_library_is_refused_and_left_alone(filled):
    filled.close()
    execute(filled.catalog_path, "UPDATE alembic_version SET version_num = '9999'")
    before = filled.catalog_path.read_bytes()
    with pytest.raises(LibraryVersionError, match="newer signtui") as caught:
        Library.open(filled.root)
    assert "Update" in caught.value.hint
    assert filled.catalog_path.read_bytes() == before


def test_an_older_library_is_backed_up_before_it_is_migrated(filled):
    filled.close()
    execute(filled.catalog_path, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(Exception, match="0000"):
        Library.open(filled.root)
    backup = filled.root / "catalog.before-0000.sqlite"
    assert execute(backup, "SELECT COUNT(*) FROM gloss") == [(2,)]


def older_schemas() -> list[str]:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    return [script.revision for script in scripts.walk_revisions()][1:]


def contents(catalog: Path) -> dict[str, list[tuple]]:
    """The rows of all tables, but for what is counted anew."""
    names = [
        name for (name,) in execute(catalog, "SELECT name FROM sqlite_master WHERE type='table'")
    ]
    kept = {name for name in names if not name.startswith(("sqlite_", "alembic", "tally"))}

    def columns(table: str) -> str:
        names = [row[1] for row in execute(catalog, f"PRAGMA table_info({table})")]
        return ", ".join(f'"{name}"' for name in names if (table, name) != ("instance", "length"))

    return {
        name: execute(catalog, f"SELECT {columns(name)} FROM {name} ORDER BY 1, 2")
        for name in sorted(kept)
    }


@without_warnings
@pytest.mark.parametrize("schema", older_schemas())
def test_a_library_of_every_schema_is_copied_and_migrated_once(filled, schema):
    catalog = filled.catalog_path
    execute(catalog, "UPDATE clip SET frames = 40 + id")
    stats = read_stats(filled)
    filled.close()
    downgrade(catalog, schema)
    before = contents(catalog)
    assert before["instance"]

    with closing(Library.open(filled.root)) as opened:
        assert execute(catalog, "SELECT * FROM tally_stale") == []
        assert read_stats(opened) == stats
        assert check(opened).clean
        wrong = "SELECT COUNT(*) FROM instances WHERE length IS NULL OR length <> clip_frames"
        assert execute(catalog, wrong) == [(0,)]
    assert contents(catalog) == before
    backup = filled.root / f"catalog.before-{schema}.sqlite"
    assert contents(backup) == before
    assert execute(backup, "SELECT version_num FROM alembic_version") == [(schema,)]
    test_the_migrations_lead_to_the_models(filled)
    backup.unlink()
    Library.open(filled.root).close()
    assert not backup.exists(), "once"


@pytest.mark.parametrize("content", [b"no database at all, only some text" * 40, b"SQLite for"])
def test_a_damaged_catalog_is_named(library, content):
    library.close()
    library.catalog_path.write_bytes(content)
    with pytest.raises(StoreError, match=r"catalog\.sqlite"):
        Library.open(library.root)


def test_a_foreign_database_is_refused(tmp_path):
    execute(tmp_path / "catalog.sqlite", "CREATE TABLE other(a)")
    with pytest.raises(DamagedFileError, match="not a catalog of signtui"):
        Library.open(tmp_path)


def test_a_library_can_be_moved(filled, tmp_path):
    filled.close()
    moved = Path(shutil.move(filled.root, tmp_path / "moved"))
    with Library.open(moved).reading() as session:
        assert session.query(Gloss).count() == 2


def test_a_failed_transaction_leaves_no_trace(filled):
    def broken() -> None:
        with filled.session() as session:
            session.add(Gloss(text="new"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with filled.reading() as session:
        assert session.query(Gloss).count() == 2


def test_a_held_catalog_is_a_busy_library(filled, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    filled.close()
    with closing(sqlite3.connect(filled.catalog_path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusyError, match="another program"), filled.session() as session:
            session.add(Gloss(text="new"))
    filled.close()


def test_reading_goes_on_while_somebody_writes(filled):
    with filled.session() as writer:
        writer.add(Gloss(text="new"))
        writer.flush()
        with filled.reading() as reader:
            assert reader.query(Gloss).count() == 2


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreError, match="could not be written"):
        Library.create(tmp_path / "file" / "library")
