"""SQL from anyone: it reads, and that is all."""

import threading
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import QueryError
from store.query import run_query
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


ENDLESS = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r"


def test_an_endless_query_ends_at_its_limit(filled):
    with pytest.raises(QueryError, match="ended"):
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
