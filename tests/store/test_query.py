"""SQL from anyone: it reads, and that is all."""

import sqlite3
import threading
import time
from contextlib import suppress
from functools import partial

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import query_limits
from store.errors import QueryError
from store.query import (
    MAX_VALUE_BYTES,
    WrongSqlError,
    quoted,
    read_schema,
    run_query,
)
from store.views import VIEWS

WRITES = [
    "DELETE FROM gloss",
    "INSERT INTO gloss(text) VALUES ('x')",
    "UPDATE clip SET path = 'x'",
    "DROP TABLE gloss",
    "CREATE TABLE t(a)",
    "CREATE TEMP TABLE t(a)",
    "ATTACH 'other.sqlite' AS other",
    "VACUUM INTO 'copy.sqlite'",
    "PRAGMA query_only=OFF",
    "PRAGMA journal_mode=DELETE",
    "PRAGMA writable_schema=ON",
    "SELECT load_extension('x')",
    "BEGIN IMMEDIATE",
    "SELECT 1; DELETE FROM gloss",
    "WITH a AS (SELECT 1) DELETE FROM gloss",
    "REINDEX",
    "ANALYZE",
    "EXPLAIN DELETE FROM gloss; DELETE FROM gloss",
    "ATTACH ':memory:' AS other",
    "ATTACH 'file:catalog.sqlite?mode=rwc' AS other",
    "DETACH main",
    "CREATE TEMP VIEW t AS SELECT 1",
    "CREATE TEMP TRIGGER t AFTER INSERT ON gloss BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE t USING fts5(a)",
    "CREATE INDEX i ON gloss(text)",
    "ALTER TABLE gloss ADD COLUMN a",
    "INSERT INTO gloss(text) VALUES ('x') RETURNING id",
    "REPLACE INTO gloss(id, text) VALUES (1, 'x')",
    "INSERT INTO sqlite_master VALUES ('table', 't', 't', 0, '')",
    "UPDATE sqlite_schema SET sql = ''",
    "PRAGMA user_version=7",
    "PRAGMA application_id=7",
    "PRAGMA temp_store_directory='/tmp'",
    "PRAGMA hard_heap_limit=1000",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA incremental_vacuum",
    "PRAGMA optimize",
    "PRAGMA trusted_schema=ON",
    "SELECT * FROM pragma_journal_mode('DELETE')",
    "SELECT LOAD_EXTENSION('x', 'y')",
    "SELECT writefile('w.sqlite', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT edit('x', 'touch e.sqlite')",
    "SELECT fts3_tokenizer('x', x'00')",
    "SAVEPOINT a",
    "COMMIT",
    "VACUUM",
]


def snapshot(library) -> bytes:
    connection = library.connect_read_only()
    dump = "\n".join(connection.iterdump()).encode()
    connection.close()
    return dump


@pytest.mark.parametrize("sql", WRITES)
def test_nothing_that_writes_runs(filled, tmp_path, monkeypatch, sql):
    monkeypatch.chdir(tmp_path)
    before, files = snapshot(filled), set(tmp_path.rglob("*.sqlite"))
    with pytest.raises(QueryError):
        run_query(filled, sql)
    assert snapshot(filled) == before
    assert set(tmp_path.rglob("*.sqlite")) == files


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(
            "SELECT DELETE FROM gloss clip ; ( ) , * INSERT INTO VALUES UPDATE SET WITH AS x "
            "PRAGMA = ATTACH DROP TABLE 'a' 1 RETURNING REPLACE ON CONFLICT WHERE".split()
        ),
        max_size=9,
    ).map(" ".join)
)
def test_no_text_changes_the_catalog(filled, sql):
    before = snapshot(filled)
    with suppress(QueryError):
        run_query(filled, sql, time_limit_s=2)
    assert snapshot(filled) == before


def test_rows_columns_and_the_limit(filled):
    result = run_query(filled, "SELECT gloss, split FROM instances ORDER BY video_id", row_limit=3)
    assert result.columns == ("gloss", "split")
    assert result.rows == [("book", "train"), ("book", "val"), ("drink", "test")]
    assert result.truncated
    assert not run_query(filled, "SELECT 1", row_limit=1).truncated


BOMBS = {
    "a long text": "SELECT printf('%.*c', 100000000, 'x')",
    "a huge blob": "SELECT zeroblob(1000000000)",
    "a grown text": "WITH RECURSIVE r(t) AS (SELECT 'x' UNION ALL SELECT t || t FROM r) SELECT MAX(t) FROM r",
    "replacing": "SELECT replace(hex(zeroblob(900000)), '0', hex(zeroblob(900000)))",
    "all in one": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) "
    "SELECT group_concat(hex(zeroblob(1000))) FROM r",
    "columns": "SELECT " + ", ".join(["zeroblob(2000000)"] * 400),
    "deep": "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "long": "SELECT 1" + " + 1" * 600_000,
    "a pattern": f"SELECT 1 WHERE hex(zeroblob(900000)) LIKE '{'%_' * 2000}b'",
    "large values in many rows": "SELECT randomblob(2000000) FROM gloss, clip, clip, clip, clip",
    "compound": "SELECT 1 " + "UNION ALL SELECT 1 " * 5000,
}


@pytest.mark.parametrize("sql", BOMBS.values(), ids=BOMBS)
def test_what_would_fill_the_memory_does_not(filled, sql):
    process = psutil.Process()
    before = process.memory_info().rss
    with suppress(QueryError):
        rows = run_query(filled, sql, time_limit_s=0.5).rows
        assert sum(len(str(value)) for row in rows for value in row) <= MAX_VALUE_BYTES
    assert process.memory_info().rss - before < 150 * 2**20


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT gloss FROM instances WHRE 1", "1"),
        ("SELECT 1 + FROM gloss", "FROM"),
        ("SELECT text, FROM gloss", "FROM"),
        ("SELECT absent FROM gloss", "absent"),
        ("SELECT g.absent FROM gloss g", "g.absent"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT absent(1)", "absent"),
        ("SELECT text FROM gloss WHERE text = 'open", "'open"),
        ("SELECT (1", ""),
    ],
)
def test_an_error_has_its_place(filled, sql, place):
    with pytest.raises(WrongSqlError) as caught:
        run_query(filled, sql)
    assert caught.value.offset is not None
    assert sql[caught.value.offset :].startswith(place)


def test_text_that_is_no_utf_8_is_still_shown(filled):
    assert run_query(filled, "SELECT CAST(x'61ff62' AS TEXT)").rows == [("a\ufffdb",)]


def test_the_schema_names_tables_views_and_columns(filled):
    schema = {relation.name: relation for relation in read_schema(filled)}
    assert set(VIEWS) <= set(schema)
    assert ("text", "VARCHAR") in schema["gloss"].columns
    assert (schema["gloss"].kind, schema["instances"].kind) == ("table", "view")
    assert "video_id" in dict(schema["instances"].columns)


@pytest.mark.parametrize(
    ("name", "said"), [("gloss", "gloss"), ("a b", '"a b"'), ('a"b', '"a""b"'), ("1a", '"1a"')]
)
def test_names_are_quoted_where_they_must_be(name, said):
    assert quoted(name) == said


ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r"


def test_an_endless_query_ends_at_its_limit(filled):
    with pytest.raises(QueryError, match="ended"):
        run_query(filled, ENDLESS, time_limit_s=0.2)


_LONG = "replace(hex(zeroblob(500000)), '0', 'a')"
_CHARACTERS = (
    "(WITH RECURSIVE n(v) AS (SELECT 1000 UNION ALL SELECT v + 1 FROM n WHERE v < 51000) "
    "SELECT group_concat(char(v), '') FROM n)"
)
UNSTOPPABLE = {
    "instr": f"SELECT instr({_LONG}, substr({_LONG}, 1, 500000) || 'b')",
    "replace": f"SELECT replace({_LONG}, substr({_LONG}, 1, 500000) || 'b', 'x')",
    "trim": f"SELECT trim({_LONG}, {_CHARACTERS} || 'a')",
    "ltrim": f"SELECT ltrim({_LONG}, {_CHARACTERS} || 'a')",
    "rtrim": f"SELECT rtrim({_LONG}, {_CHARACTERS} || 'a')",
}


@pytest.mark.parametrize("sql", UNSTOPPABLE.values(), ids=UNSTOPPABLE)
def test_functions_that_cannot_be_stopped_refuse_what_takes_too_long(filled, sql):
    with pytest.raises(QueryError, match="would not end in time"):
        run_query(filled, sql)


def test_a_function_that_is_not_allowed_is_named(filled):
    with pytest.raises(QueryError, match="The function json_patch is not allowed"):
        run_query(filled, "SELECT json_patch('{}', '{}')")


def test_bounded_functions_answer_as_sqlite_does(filled):
    """Numbers, NULL, blobs and other alphabets among them; text that is none is shown as it can be."""
    values = ["'aä😀b'", "'ä'", "1.50", "7", "NULL", "x'61c3a462'", "x'a4'", "' '", "''"]
    calls = [f"instr({a}, {b})" for a in values for b in values]
    calls += [f"{name}({a})" for name in ("trim", "ltrim", "rtrim") for a in values]
    calls += [f"{name}({a}, {b})" for name in ("trim", "rtrim") for a in values for b in values]
    calls += [f"replace({a}, {b}, 'x')" for a in values for b in values]
    plain = sqlite3.connect(":memory:")
    plain.text_factory = partial(str, encoding="utf-8", errors="replace")
    for call in calls:
        sql = f"SELECT typeof({call}), {call}"
        assert run_query(filled, sql).rows == plain.execute(sql).fetchall(), call
    plain.close()


def test_a_query_that_fills_the_disk_ends_before_it_is_full(filled, monkeypatch):
    free = iter([2**31, 2**31, 2**29])
    monkeypatch.setattr(query_limits, "_free", lambda: next(free, 2**29))
    monkeypatch.setattr(query_limits.Room, "_LOOK_S", 0.0)
    with pytest.raises(QueryError, match="The disk is full where SQLite sorts"):
        run_query(filled, ENDLESS)


def test_a_query_is_not_blamed_for_a_disk_that_was_full_before(filled, monkeypatch):
    monkeypatch.setattr(query_limits, "_free", lambda: 2**20)
    monkeypatch.setattr(query_limits.Room, "_LOOK_S", 0.0)
    with pytest.raises(QueryError, match="longer than"):
        run_query(filled, ENDLESS, time_limit_s=0.2)


def test_a_query_can_be_cancelled(filled):
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(QueryError, match="cancelled"):
        run_query(filled, ENDLESS, cancelled=cancelled, time_limit_s=60)
    assert time.monotonic() - started < 30


def test_wrong_sql_is_explained(filled):
    with pytest.raises(QueryError, match="no such table: absent"):
        run_query(filled, "SELECT * FROM absent")
    with pytest.raises(QueryError, match="syntax"):
        run_query(filled, "SELEC 1")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_answers_and_says_what_it_shows(filled, view):
    result = run_query(filled, f"SELECT * FROM {view}")
    assert result.columns
    assert len(VIEWS[view].about) > 20


def test_views_count_right(filled):
    gloss = run_query(
        filled, "SELECT instances, train, val, test, signers FROM gloss_stats WHERE gloss='book'"
    )
    assert gloss.rows == [(2, 1, 1, 0, 2)]
    subset = run_query(filled, "SELECT split, entries, available FROM subset_stats ORDER BY split")
    assert subset.rows == [("test", 1, None), ("train", 1, 0), ("val", 1, 0)]
    same = run_query(filled, "SELECT gloss_list, video_ids FROM contradictions")
    assert same.rows == [("book,drink", "00001,00004")]
