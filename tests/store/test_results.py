"""Queries whose rows go to a file: all types, any size, readable while they come, gone at the end."""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import spool as spool_module
from store.errors import DiskFullError, QueryError, StoreError
from store.results import Limits, Results, State
from store.spool import PREFIX, Spool

NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
    "SELECT i, i % 7 AS seven FROM n"
)
FOREVER = NUMBERS.format(10**15)
SILENT = f"SELECT COUNT(*) FROM ({FOREVER})"


@pytest.fixture
def asked(filled):
    made = []

    def ask(sql, **limits):
        made.append(Results(filled, sql, Limits(**limits)))
        return made[-1]

    yield ask
    for results in made:
        results.close()
        assert results.wait(20)


def test_types_are_kept(asked):
    results = asked("SELECT 1, 2.0, 'x', x'00ff', NULL, 9223372036854775807, 1e999, ''")
    results.run()
    assert (results.state, results.error, results.spool.total) == (State.WHOLE, None, 1)
    (row,) = results.spool.rows()
    assert row == (1, 2.0, "x", b"\x00\xff", None, 2**63 - 1, float("inf"), "")
    assert list(map(type, row)) == [int, float, str, bytes, type(None), int, float, str]
    assert results.spool.read(0, 10) == [row]


values = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=500), st.binary(max_size=500),
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(values, values), max_size=20), first=st.integers(0, 25))
def test_what_goes_in_comes_out(rows, first):
    spool = Spool.make()
    try:
        spool.begin(["a", "b"])
        spool.add(rows)
        assert list(spool.rows()) == rows
        assert list(spool.rows(first=first, limit=3)) == rows[first : first + 3]
        page = spool.read(first, 3)
        assert [tuple(map(type, row)) for row in page] == [
            tuple(map(type, row)) for row in rows[first : first + 3]
        ]
        assert all(len(v) <= 300 for row in page for v in row if isinstance(v, (str, bytes)))
        again = Spool.open(spool.path)
        assert (again.columns, again.total, list(again.rows())) == (("a", "b"), len(rows), rows)
    finally:
        spool.close()


def test_rows_can_be_read_while_more_come_and_cancel_keeps_them(asked):
    results = asked(FOREVER).start()
    while not results.spool.total:
        time.sleep(0.001)
    assert results.running
    assert results.spool.read(0, 2) == [(1, 1), (2, 2)]
    results.cancel()
    assert results.wait(20)
    total = results.spool.total
    assert results.state is State.CANCELLED
    assert results.truncated
    assert results.spool.read(total - 1, 5) == [(total, total % 7)]
    assert sum(1 for _ in results.spool.rows()) == total


@pytest.mark.parametrize(
    ("limits", "state", "most"),
    [
        ({"rows": 5_000}, State.ROW_LIMIT, 5_000),
        ({"rows": 2_000}, State.ROW_LIMIT, 2_000),
        ({"seconds": 0.2}, State.TIME_LIMIT, 10**7),
        ({"spool_bytes": 200_000}, State.SIZE_LIMIT, 10**5),
    ],
)
def test_limits_end_it_and_keep_what_came(asked, limits, state, most):
    results = asked(FOREVER, **limits)
    results.run()
    assert results.state is state
    assert 0 < results.spool.total <= most
    assert results.truncated


def test_a_limit_that_is_just_met_cuts_nothing(asked):
    results = asked(NUMBERS.format(2_000), rows=2_000)
    results.run()
    assert (results.state, results.spool.total) == (State.WHOLE, 2_000)


def test_a_query_that_brings_nothing_can_be_cancelled(asked):
    results = asked(SILENT).start()
    threading.Timer(0.1, results.cancel).start()
    assert results.wait(20)
    assert (results.state, results.error, results.spool.total) == (State.CANCELLED, None, 0)


def test_large_values_come_in_small_batches(asked):
    process = psutil.Process()
    before = process.memory_info().rss
    results = asked(f"SELECT zeroblob(1900000) FROM ({FOREVER}) LIMIT 60").start()
    while results.running:
        assert process.memory_info().rss - before < 60 * 2**20
        time.sleep(0.005)
    assert results.spool.total == 60
    assert len(results.spool.read(0, 60)[0][0]) == 300
    assert len(results.spool.cell(7, 0)) == 1_900_000


@pytest.mark.parametrize("sql", ["DELETE FROM gloss", "SELEC 1", "", "SELECT 1; SELECT 2"])
def test_errors_are_kept_not_raised(asked, sql):
    results = asked(sql)
    results.run()
    assert results.state is State.FAILED
    assert isinstance(results.error, QueryError)
    assert not results.truncated


def test_sorting(asked):
    results = asked(
        "SELECT column1 AS v, column2 AS w FROM "
        "(VALUES (3, 'c'), (NULL, 'a'), ('x', 'b'), (1.5, 'd'), (x'00', 'e'), (3, 'f'))"
    )
    results.run()
    spool = results.spool
    for order, said in (((0, False), "adcfbe"), ((0, True), "ebcfda"), ((1, True), "fedcba")):
        spool.sort(order)
        assert "".join(str(row[1]) for row in spool.read(0, 10, order)) == said
        assert "".join(str(row[1]) for row in spool.read(2, 2, order)) == said[2:4]
        assert [spool.cell(row, 1, order) for row in range(6)] == list(said)
        assert "".join(str(row[1]) for row in Spool.open(spool.path).rows(order)) == said


def test_sorting_can_be_cancelled(asked):
    results = asked(NUMBERS.format(60_000))
    results.run()
    stop = threading.Event()
    stop.set()
    with pytest.raises(QueryError, match="cancelled"):
        results.spool.sort((1, True), stop)
    results.spool.sort((1, True))
    assert results.spool.read(0, 1, (1, True)) == [(6, 6)]


def test_the_file_is_gone_when_it_is_closed(asked):
    results = asked(FOREVER).start()
    folder = results.spool.path.parent
    assert folder.is_dir()
    results.close()
    assert results.wait(20)
    for _ in range(100):
        if not folder.exists():
            break
        time.sleep(0.05)
    assert not folder.exists()
    with pytest.raises(StoreError, match="closed"):
        results.spool.read(0, 1)


def test_the_file_is_gone_after_the_process(tmp_path):
    code = (
        "from store.spool import Spool; s = Spool.make(); s.begin(['a']); s.add([(1,)]);"
        "print(s.path.parent)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert PREFIX in run.stdout
    assert not Path(run.stdout.strip()).exists()


def test_what_dead_processes_left_is_swept(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, alive = tmp_path / f"{PREFIX}11-a", tmp_path / f"{PREFIX}22-b"
    other = tmp_path / f"{PREFIX}x-c"
    for folder in (dead, alive, other):
        folder.mkdir()
    spool_module._sweep(lambda pid: pid == 22)
    assert [folder.exists() for folder in (dead, alive, other)] == [False, True, True]


def test_a_full_disk_is_said(filled, full_disk, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(full_disk(1)))
    results = Results(filled, FOREVER)
    results.run()
    assert results.state is State.FAILED
    assert isinstance(results.error, DiskFullError)
    assert "results of queries" in results.error.message
    results.close()
    assert not list(Path(tempfile.gettempdir()).iterdir())


def test_no_folder_for_temporary_files_is_said(filled, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="temporary"):
        Results(filled, "SELECT 1")
