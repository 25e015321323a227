"""Kept figures are what a new count gives, whoever changed which rows."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store.check import check
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.jobs import create_job, run_job
from store.library import Library
from store.stats import read_stats
from store.tally import _ALL, find_wrong, freshen, open_figures
from store.words import JobKind
from tests.support.library import instance, write_dataset
from tests.support.schemas import downgrade

GLOSSES = 20
APART = 50
"""Between the ids of two glosses: as many blocks, and two sums of blocks."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A library with twenty glosses of two instances, half of the clips there, and two extractors."""
    folder = tmp_path_factory.mktemp("tally")
    index = [
        {"gloss": f"g{number}", "instances": [
            instance(f"{number}a", signer_id=number % 3, url="u1" if number % 4 else "u2"),
            instance(f"{number}b", split="val", url=""),
        ]}
        for number in range(GLOSSES)
    ]  # fmt: skip
    write_dataset(folder / "d", index)
    library = Library.create(folder / "library")
    store_dataset(library, read_dataset(find_dataset(folder / "d", unpack_to=folder)))
    change(
        library, "UPDATE clip SET availability = 'available', frames = id, fps = 25 WHERE id % 2"
    )
    for number in (1, 2):
        change(library, "INSERT INTO extractor VALUES "
               f"({number}, 'hands-{number}', 'hands', 'MediaPipe', '{{}}', 0)")  # fmt: skip
    library.close()
    with closing(sqlite3.connect(library.catalog_path)) as connection, connection:
        connection.execute(f"UPDATE gloss SET id = {APART} * id")
        connection.execute(f"UPDATE instance SET gloss_id = {APART} * gloss_id")
    return library


@pytest.fixture
def library(made, tmp_path):
    shutil.copytree(made.root, tmp_path / "copy")
    opened = Library.open(tmp_path / "copy")
    yield opened
    opened.close()


def change(library, *statements):
    with library.session() as session:
        for statement in statements:
            session.execute(text(statement))


def count_anew(library):
    change(
        library,
        "DELETE FROM tally",
        f"INSERT OR IGNORE INTO tally_stale (kind, block) {_ALL}",
    )
    return read_stats(library)


IDS = st.integers(1, 2 * GLOSSES)
GLOSS = st.integers(1, GLOSSES).map(APART.__mul__)
EXTRACTOR = st.integers(1, 2)
STATUS = st.sampled_from(["pending", "running", "done", "no_hands", "failed"])
CHANGES = st.one_of(
    st.just("freshen"),
    st.builds(
        "INSERT OR REPLACE INTO extraction (instance_id, extractor_id, status, attempts, frames, "
        "frames_left, frames_right, finished_at) SELECT id, {1}, '{2}', 1, {3}, 5, 7, {4} "
        "FROM instance WHERE id = {0}".format,
        IDS, EXTRACTOR, STATUS, st.integers(1, 300), st.integers(0, 3)),
    st.builds("UPDATE extraction SET status = '{}' WHERE instance_id = {}".format, STATUS, IDS),
    st.builds("UPDATE extraction SET error_kind = {} WHERE instance_id = {}".format,
              st.sampled_from(["NULL", "'unknown'", "'timeout'"]), IDS),
    st.builds("DELETE FROM extraction WHERE instance_id = {}".format, IDS),
    st.builds("UPDATE clip SET availability = '{}', reason = 'why', frames = {} WHERE id = {}".format,
              st.sampled_from(["available", "missing"]), st.integers(1, 200), IDS),
    st.builds("UPDATE OR IGNORE instance SET gloss_id = {} WHERE id = {}".format, GLOSS, IDS),
    st.builds("UPDATE instance SET url = '{}', excluded = {} WHERE id = {}".format,
              st.sampled_from(["u1", "u2", ""]), st.integers(0, 1), IDS),
    st.builds("INSERT OR IGNORE INTO instance (gloss_id, clip_id, frame_start, url, split, excluded) "
              "VALUES ({}, {}, {}, 'u2', NULL, 0)".format, GLOSS, IDS, st.integers(0, 1)),
    st.builds("DELETE FROM instance WHERE id = {0} AND NOT EXISTS "
              "(SELECT 1 FROM extraction WHERE instance_id = {0})".format, IDS),
    st.builds("INSERT OR REPLACE INTO subset_entry VALUES ('100', '{}{}', 'train', {}, 0, NULL)".format,
              st.integers(0, GLOSSES + 1), st.sampled_from("abc"), st.integers(0, 5)),
    st.just("DELETE FROM subset_entry WHERE class_id < 3"),
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(CHANGES, min_size=1, max_size=12))
def test_whatever_changes_figures_are_what_a_new_count_gives(library, changes):
    for statement in changes:
        if statement == "freshen":
            freshen(library)
        else:
            change(library, statement)
    seen = read_stats(library)
    assert failures_kept(library) == failures_there(library)
    assert find_wrong(library) == []
    freshen(library)
    assert find_wrong(library) == []
    assert failures_kept(library) == failures_there(library)
    assert read_stats(library) == seen == count_anew(library)


def failures_kept(library):
    with library.reading() as session:
        open_figures(session, "failure")
        sql = "SELECT a, SUM(n1) FROM figures GROUP BY a ORDER BY a"
        return session.execute(text(sql)).all()


def failures_there(library):
    with library.reading() as session:
        sql = """SELECT COALESCE(error_kind, 'unknown'), COUNT(*) FROM instances
        WHERE extraction = 'failed' GROUP BY 1 ORDER BY 1"""
        return session.execute(text(sql)).all()


def test_figures_of_some_names_are_those_of_all(library):
    change(library, "UPDATE clip SET frames = 77 WHERE id = 1")
    for _ in range(2):
        with library.reading() as session:
            open_figures(session)
            all_clips = clips_of(session)
            open_figures(session, "clip")
            assert clips_of(session) == all_clips != []
            assert session.execute(text("SELECT DISTINCT name FROM figures")).all() == [("clip",)]
        freshen(library)


def clips_of(session):
    sql = "SELECT a, b, SUM(n1), SUM(n2) FROM figures WHERE name = 'clip' GROUP BY a, b"
    return session.execute(text(sql)).all()


def test_a_changed_row_is_one_block_to_count(library):
    freshen(library)
    assert freshen(library) == 0
    change(library, "UPDATE extraction SET frames = 1 WHERE instance_id = 1")
    assert freshen(library) == 0, "no such extraction"
    change(library, "UPDATE clip SET frames = 77 WHERE id = 1")
    assert freshen(library) == 2, "the clip's block and its gloss's"


def test_a_job_leaves_nothing_to_count(library):
    change(library, "UPDATE clip SET frames = 77")
    with run_job(library, create_job(library, JobKind.SCAN, {})):
        pass
    assert freshen(library) == 0


@pytest.mark.parametrize("kind", ["gloss", "gloss+", "clip", "clip+"])
def test_figures_that_are_wrong_are_found_and_counted_anew(library, kind):
    before = read_stats(library)
    freshen(library)
    one = f"SELECT MAX(id) FROM tally WHERE kind = '{kind}' AND name IN ('split', 'clip')"
    change(library, f"UPDATE tally SET n1 = n1 + 1 WHERE id = ({one})")
    if "+" in kind:
        assert read_stats(library) != before
    (finding,) = check(library).findings
    assert (finding.kind, finding.repaired) == ("figures", False)
    assert "blocks" in finding.text
    assert [f.repaired for f in check(library, repair=True).findings] == [True]
    assert read_stats(library) == before
    assert check(library).findings == []


def test_an_older_library_is_counted_when_it_is_opened(library):
    before = read_stats(library)
    library.close()
    downgrade(library.catalog_path, "0001")
    opened = Library.open(library.root)
    assert read_stats(opened) == before
    change(opened, "UPDATE instance SET excluded = 1 WHERE id = 1")
    assert read_stats(opened).excluded == 1
    opened.close()
