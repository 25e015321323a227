"""Ids in pieces are the ids of one statement, and the first of them do not wait for the last."""

import re
import sqlite3
import threading
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store.errors import QueryError
from store.importers.dataset import read_dataset, store_dataset
from store.importers.source import find_dataset
from store.library import Library
from store.query import run_query
from store.tally import freshen
from tests.support.library import instance, write_dataset
from tui.reading import along, candidates, instance_ids, pieces, stretches, values
from tui.reading.instances import COLUMNS, InstanceQuery, find_instances


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ids")
    index = [
        {"gloss": f"{'go' if number % 3 else 'Stop'} {number}", "instances": [
            instance(f"{number}{'xX'[number % 2]}{take}", split="val" if take else "train",
                     signer_id=None if take == 2 else 100 + number % 7)
            for take in range(number % 5 + 1)
        ]}
        for number in range(60)
    ]  # fmt: skip
    write_dataset(folder / "d", index)
    made = Library.create(folder / "library")
    store_dataset(made, read_dataset(find_dataset(folder / "d", unpack_to=folder)))
    with made.session() as session:
        for statement in STATES:
            session.execute(text(statement))
    yield made
    made.close()


STATES = (
    """UPDATE clip SET availability = CASE WHEN id % 30 = 7 THEN 'corrupt' ELSE 'available' END,
    reason = CASE WHEN id % 30 = 7 THEN 'cut' END, frames = 20 + id % 9, fps = 25 + id % 2,
    width = 320, height = 240 + id % 50 / 48 WHERE id % 3""",
    """UPDATE instance SET split = CASE WHEN id % 17 THEN split ELSE 'test' END,
    source = CASE WHEN id % 4 THEN 'a' ELSE 'b' END, variation = id % 13 / 12""",
    "UPDATE instance SET excluded = 1, excluded_reason = 'why' WHERE id % 6 = 0",
    """INSERT INTO extractor VALUES (1, 'a', 'hands', 'MediaPipe', '{}', 0),
    (2, 'b', 'hands', 'MediaPipe', '{}', 0)""",
    """INSERT INTO extraction (instance_id, extractor_id, status, attempts, finished_at, error,
    frames, frames_left, frames_right) SELECT id, 1 + id % 2,
    CASE WHEN id % 11 THEN 'done' ELSE 'failed' END, 1, id, CASE WHEN id % 11 = 0 THEN 'no' END,
    20, id % 7, id % 3 FROM instance WHERE id % 5""",
    """INSERT INTO extraction (instance_id, extractor_id, status, attempts, finished_at, frames,
    frames_left, frames_right) SELECT id, 2 - id % 2, 'running', 1, id + 1, 20, 1, id % 3
    FROM instance WHERE id % 40 = 1""",
    """INSERT INTO extraction (instance_id, extractor_id, status, attempts, finished_at, frames,
    frames_left, frames_right) SELECT id, 2 - id % 2, 'done', 1, id + 1, 20, id % 7, id % 3
    FROM instance WHERE id % 20 = 2""",
)
"""Splits, availabilities and statuses of many instances, of few, and of none."""


@pytest.fixture
def many(monkeypatch):
    """Let everything count as many, and pieces be small."""
    monkeypatch.setattr(instance_ids, "FEW", 10)
    monkeypatch.setattr(stretches, "FIRST", 3)
    monkeypatch.setattr(pieces, "LONGEST", 16)
    monkeypatch.setattr(instance_ids, "_FEW_OF_MANY", 0.5)
    monkeypatch.setattr(instance_ids, "_MOST", 20)
    for module in (values, instance_ids, pieces):
        monkeypatch.setattr(module, "PAGE_ROWS", 4)
    monkeypatch.setattr(values, "FEW", 25)
    monkeypatch.setattr(values, "_MANY", 50)
    monkeypatch.setattr(values, "_STRETCHES", 2)


VALUES = (
    "signer:103", "source:b", "source:b split:test", "variation:1", "fps:26", "clip:corrupt",
    "state:unknown", "state:pending", "state:running", "state:no_hands", "extraction:none",
    "excluded:yes", "excluded:no go", "why:why", "why:none", "reason:cut", "error:no", "url:none",
    "length:21", "frames:>19 length:22..24", "frames:none", "frames:>90", "split:nowhere",
    "signer:nowhere", "variation:-3", "signer:101,103,nowhere", "fps:26,x", "fps:x", "fps:25,26.0", "reason:cut,why",
    "state:failed,running", "state:failed,pending", "excluded:yes,",
    "source:" + ",".join("abcd" * 60),
)  # fmt: skip
"""Filters that ask for values or lengths."""
SOUGHT_ELSEWHERE = (
    "state:pending", "state:failed,pending", "extraction:none", "frames:none", "why:none",
    "excluded:yes,", VALUES[-1],
)  # fmt: skip
"""Those of them that have no candidates."""


@pytest.mark.parametrize(
    "search",
    ["", "go", "split:val", "gloss = 'go 4' -- one", "video:4x0", "none", "GO 4", "stop", "4",
     "5x", "s split:val", "it's 100%", "%4", "g_ 5", "video:5x*", "gloss:s*", "state:failed",
     "split:val,test", "signer:none", *VALUES],
)  # fmt: skip
@pytest.mark.parametrize("sort", [*(column.key for column in COLUMNS), "url"])
@pytest.mark.parametrize("descending", [False, True])
def test_pieces_are_the_whole(library, many, search, sort, descending):
    pieces_are_the_whole(library, search, sort, descending)


def pieces_are_the_whole(library, search, sort, descending):
    query = InstanceQuery(search, sort, descending)
    rows, first = find_instances(library, query, least=1)
    while not rows.complete:
        rows.read_more()
    sql = f"SELECT instance_id FROM instances{query.where} ORDER BY {query.order}"
    assert list(rows.ids) == [row[0] for row in run_query(library, sql).rows]
    assert [row.key for row in first] == [str(one) for one in rows.ids[: len(first)]]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.sampled_from(["go", "5", "split:val", "gloss:s*", *VALUES]), min_size=2, max_size=4
    ),
    sort=st.sampled_from([column.key for column in COLUMNS]),
    descending=st.booleans(),
)
def test_pieces_of_any_parts_of_a_filter_are_the_whole(library, many, parts, sort, descending):
    pieces_are_the_whole(library, " ".join(parts), sort, descending)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("search", ["5", "4X", "52x1", "%4", "_5", "5%", "s", "split:val 1"])
@pytest.mark.parametrize("descending", [False, True])
def test_pieces_are_the_whole_where_clips_are_many(
    library, many, monkeypatch, search, descending, counted
):
    monkeypatch.setattr(instance_ids, "_FEW_OF_MANY", 0)
    monkeypatch.setattr(stretches, "FEW_CLIPS", 1)
    freshen(library)
    if not counted:
        with library.session() as session:
            session.execute(text("UPDATE clip SET fps = 25 WHERE id % 11 = 0"))
    pieces_are_the_whole(library, search, "gloss", descending)


@pytest.mark.parametrize("descending", [False, True])
def test_words_of_many_glosses_are_sought_among_all_video_ids(
    library, many, monkeypatch, descending
):
    monkeypatch.setattr(along, "_FEW_OF_GLOSSES", 3)
    pieces_are_the_whole(library, "s", "video_id", descending)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("search", ["4x", "4X", "5x", "5X", "sTOP 5", "5x%", "4_0"])
def test_video_ids_are_found_whatever_their_case(library, many, monkeypatch, search, descending):
    monkeypatch.setattr(instance_ids, "_FEW_OF_MANY", 0)
    pieces_are_the_whole(library, search, "video_id", descending)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", values.SORTS)
def test_by_few_values_the_first_page_is_there_before_all_are_sorted(
    library, many, monkeypatch, sort, descending
):
    asked = []

    def noting(*args, **kwargs):
        asked.append(args)
        return whole(*args, **kwargs)

    whole = instance_ids._whole
    monkeypatch.setattr(instance_ids, "_whole", noting)
    rows, first = find_instances(library, InstanceQuery("", sort, descending), least=1)
    assert len(first) == rows.total >= 1
    assert asked == []


def test_what_is_alike_by_the_filter_goes_by_gloss(library, many, monkeypatch):
    asked = []

    def noting(_asker, question, _instances):
        asked.append((question.sort, question.descending))
        yield from ()

    monkeypatch.setattr(instance_ids, "_by_names", noting)
    monkeypatch.setattr(instance_ids, "_FEW_OF_MANY", -1)
    for search in ("split:val", "state:failed go", "signer:none split:none"):
        for descending in (False, True):
            sort = "extraction" if "failed" in search else "split"
            with pytest.raises(StopIteration):
                find_instances(library, InstanceQuery(search, sort, descending))
    assert asked == [("gloss", False)] * 6


@pytest.mark.parametrize("search", ["5", "go", *VALUES])
def test_candidates_are_all_that_a_filter_shows_and_few_others(library, search):
    wanted, condition = InstanceQuery(search).wanted, InstanceQuery(search).condition
    with pieces.asking(library, threading.Event()) as asker:
        rows = asker.rows(f"SELECT instance_id FROM instances WHERE {condition}")
        shown = {row[0] for row in rows}
        found = candidates.fewest(asker, wanted, 1_000)
        if found is None:
            assert search in SOUGHT_ELSEWHERE
            return
        ids = {row[0] for row in asker.rows(found.sql, found.values)}
        assert ids >= shown
        assert len(ids - shown) < 30
        assert not ids or candidates.fewest(asker, wanted, len(ids) - 1) is None


@pytest.mark.parametrize("sql", [
    *candidates.OF_COLUMNS.values(), *candidates.OF_MARKED.values(),
    "SELECT id FROM instance WHERE excluded", "SELECT id FROM instance WHERE length > ?",
])  # fmt: skip
def test_candidates_are_found_by_index_alone(library, sql):
    with closing(library.connect_read_only()) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("a",) * ("?" in sql)).fetchall()
    steps = [row[-1] for row in plan]
    assert not any("SCAN" in step and "INDEX" not in step for step in steps), steps


@pytest.mark.parametrize("search", ["split:train source:b", "source:b split:train"])
def test_the_candidates_are_those_of_the_part_that_leaves_fewest(library, search):
    with pieces.asking(library, threading.Event()) as asker:
        found = candidates.fewest(asker, InstanceQuery(search).wanted, 1_000)
    assert found == candidates.Candidates(candidates.OF_COLUMNS["source"], ("b",))


@pytest.fixture
def asked(monkeypatch):
    """The SQL of all ids that are asked for from now on."""
    noted = []

    def noting(asker, sql, *args, **kwargs):
        noted.append(sql)
        return ids(asker, sql, *args, **kwargs)

    ids = pieces.Asker.ids
    monkeypatch.setattr(pieces.Asker, "ids", noting)
    return noted


def test_lengths_out_of_bounds_are_not_looked_at(library, many, asked):
    rows, _ = find_instances(library, InstanceQuery("frames:>=20", "length"), least=1)
    assert rows.total
    with closing(library.connect_read_only()) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()
    assert "INDEX instance_by_length (length>?)" in plan[0][-1]


def test_what_comes_after_the_first_page_is_sorted_from_the_candidates(library, many, asked):
    rows, _ = find_instances(library, InstanceQuery("state:failed", "availability"), least=1)
    while not rows.complete:
        rows.read_more()
    assert f"({candidates.OF_MARKED['extraction']})" in asked[-1]


@pytest.mark.parametrize(("search", "sort"), [
    ("split:train,val", "extraction"), ("split:val 52x1", "gloss"), ("split:val source:c,d", "url"),
])  # fmt: skip
def test_sqlite_begins_with_what_was_found_by_index(library, many, asked, search, sort):
    find_instances(library, InstanceQuery(search, sort, descending=True), least=1)
    assert "_found" in asked[0]
    with closing(library.connect_read_only()) as connection:
        values = ("a", "b", "c")[: len(set(re.findall(r"[?][0-9]", asked[0])))]
        plan = connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}", values).fetchall()
    assert [row[-1] for row in plan if re.match(r"SEARCH i .*PRIMARY KEY", row[-1])]


def test_only_values_that_a_filter_names_are_looked_for(library, many, asked):
    for search, sort in (("split:val,test", "split"), ("clip:corrupt,no", "availability")):
        asked.clear()
        rows, _ = find_instances(library, InstanceQuery(search, sort), least=1)
        assert rows.total
        assert len(asked) == 1


@pytest.mark.parametrize("column", values._WITH_GLOSS)
def test_a_value_of_a_stretch_is_found_by_index(library, column):
    question = pieces.Question("1", "1", column, descending=False, wanted=InstanceQuery().wanted)
    sql = question.select_from(stretches.pieces_of("gloss", f"i.{column} = ?3"))
    with closing(library.connect_read_only()) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("a", "b", "c")).fetchall()
    assert any(f"({column}=? AND gloss_id=?)" in row[-1] for row in plan)


@pytest.mark.parametrize("sort", [column.key for column in COLUMNS])
def test_a_filter_that_shows_nothing_goes_along_no_order(library, many, monkeypatch, sort):
    for module, name in ((along, "ids"), (values, "first_ids"), (stretches, "iter_stretches")):
        monkeypatch.setattr(module, name, None)
    rows, _ = find_instances(library, InstanceQuery("split:val source:nowhere", sort))
    assert (rows.total, rows.complete) == (0, True)


def test_a_remark_is_more_than_the_reason_that_a_filter_names(library, many, monkeypatch):
    monkeypatch.setattr(instance_ids, "_FEW_OF_MANY", -1)
    with library.session() as session:
        session.execute(text("UPDATE clip SET reason = 'cut' WHERE id % 4 = 0"))
    for descending in (False, True):
        pieces_are_the_whole(library, "reason:cut", "reason", descending)
    remarks = "SELECT DISTINCT COALESCE(excluded_reason, error, reason) FROM instances"
    assert len(run_query(library, f"{remarks} WHERE reason = 'cut'").rows) == 3
    with library.session() as session:
        session.execute(text("UPDATE clip SET reason = NULL WHERE id % 30 <> 7"))


def test_words_are_sought_by_index(library):
    with closing(library.connect_read_only()) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {candidates.OF_WORDS}", ("go%",))
        steps = [row[-1] for row in plan]
    assert any("INDEX gloss_by_word (text>? AND text<?)" in step for step in steps)
    assert any("INDEX clip_by_word (video_id>? AND video_id<?)" in step for step in steps)


def test_stretches_without_words_are_passed_over(library, many, monkeypatch):
    asked = []

    def noting(*args, **kwargs):
        for ends in iter_stretches(*args, **kwargs):
            asked.append(ends)
            yield ends

    iter_stretches = stretches.iter_stretches
    monkeypatch.setattr(stretches, "iter_stretches", noting)
    rows, _ = find_instances(library, InstanceQuery("stop 3"), least=1000)
    assert asked[0][0] == "Stop 3"
    assert max(last for _, last in asked) < "go"
    assert rows.total > 6


@pytest.mark.parametrize("sort", ["gloss", "signer"])
def test_an_empty_name_ends_nothing(library, many, sort):
    table, column = ("gloss", "text") if sort == "gloss" else ("signer", "name")
    with closing(sqlite3.connect(library.catalog_path)) as connection, connection:
        [(before,)] = connection.execute(f"SELECT {column} FROM {table} WHERE id = 1")
        connection.execute(f"UPDATE {table} SET {column} = '' WHERE id = 1")
    pieces_are_the_whole(library, "", sort, False)
    with closing(sqlite3.connect(library.catalog_path)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE id = 1", (before,))


class Late(threading.Event):
    """Is set once it was asked so often."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def is_set(self):
        self.looks -= 1
        return self.looks < 0


@pytest.mark.parametrize("search", ["", "stop", "5"])
def test_cancelling_is_the_same_error_at_any_step(library, many, monkeypatch, search):
    monkeypatch.setattr(pieces, "SELDOM", 5)
    cancelled = 0
    for looks in range(0, 400, 7):
        try:
            find_instances(library, InstanceQuery(search), Late(looks), least=5)
        except QueryError:
            cancelled += 1
    assert cancelled > 10


def test_the_first_ids_do_not_wait_for_the_last(library, many):
    rows, first = find_instances(library, InstanceQuery(), least=5)
    assert not rows.complete
    assert 5 <= rows.total < 60
    assert len(first) == rows.total
    rows.read_more(1_000)
    assert rows.complete


def test_few_are_complete_at_once(library):
    rows, _ = find_instances(library, InstanceQuery(), least=1)
    assert rows.complete


@pytest.mark.parametrize("sort", ["gloss", "signer"])
@pytest.mark.parametrize("descending", [False, True])
def test_of_some_thousands_the_first_come_first_and_then_all(
    library, monkeypatch, sort, descending
):
    query = InstanceQuery("", sort, descending)
    whole, _ = find_instances(library, query)
    monkeypatch.setattr(stretches, "FIRST", 10)
    rows, _ = find_instances(library, query, least=1)
    assert not rows.complete
    assert rows.total < 90
    rows.read_more()
    assert rows.complete
    assert rows.ids == whole.ids


def test_instances_by_nobody_are_sorted_by_signer_too(tmp_path, monkeypatch):
    index = [{"gloss": "go", "instances": [
        instance(f"{take:05}", signer_id=None) for take in range(20)
    ]}]  # fmt: skip
    write_dataset(tmp_path / "d", index)
    made = Library.create(tmp_path / "library")
    store_dataset(made, read_dataset(find_dataset(tmp_path / "d", unpack_to=tmp_path)))
    monkeypatch.setattr(stretches, "FIRST", 10)
    rows, _ = find_instances(made, InstanceQuery(sort="signer"))
    assert (rows.total, rows.complete) == (20, True)
    made.close()


def test_a_new_question_ends_the_pieces_of_the_old_one(library, many):
    cancelled = threading.Event()
    rows, _ = find_instances(library, InstanceQuery(), cancelled, least=1)
    cancelled.set()
    with pytest.raises(QueryError):
        rows.read_more(1_000)
