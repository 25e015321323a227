"""What is typed into the filter, as SQL; and the rows it finds."""

import sqlite3
import threading
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from store.errors import QueryError
from store.exclusions import exclude
from store.schema import Instance
from tui.reading.filters import VIEW_COLUMNS, FilterSuggester, condition, wanted
from tui.reading.instances import COLUMNS, EXCLUDED, SORTABLE, InstanceQuery, find_instances
from tui.widgets.histogram import Column, Histogram, blocks, median, spread
from tui.widgets.row_pages import PAGE_ROWS


@pytest.mark.parametrize(
    ("typed", "sql"),
    [
        ("", ""),
        ("  ", ""),
        ("it's", "gloss LIKE 'it''s%' OR video_id LIKE 'it''s%'"),
        ("fall in love", "gloss LIKE 'fall in love%' OR video_id LIKE 'fall in love%'"),
        ("split:val,test", "split IN ('val', 'test')"),
        ("signer:11 state:failed", "signer = '11' AND extraction = 'failed'"),
        ("state:missing", "availability = 'missing'"),
        ("clip:corrupt", "availability = 'corrupt'"),
        ("frames:60..120", "frames >= 60 AND frames <= 120"),
        ("seconds:>=1.5", "seconds >= 1.5"),
        ("url:none", "url IS NULL"),
        ("excluded:yes", "excluded"),
        ("excluded:no", "NOT excluded"),
        ('gloss:"fall in love"', "gloss = 'fall in love'"),
        ("gloss:b*", "gloss LIKE 'b%'"),
        ("split:", ""),
        ("time:12", "gloss LIKE 'time:12%' OR video_id LIKE 'time:12%'"),
        ("split:val book", "split = 'val' AND (gloss LIKE 'book%' OR video_id LIKE 'book%')"),
        ("split = 'val'", "split = 'val'"),
        ("url IS NULL", "url IS NULL"),
        ("gloss in ('book')", "gloss in ('book')"),
        ("not excluded", "not excluded"),
        ("where excluded", "excluded"),
    ],
)
def test_what_a_filter_stands_for(typed, sql):
    assert condition(typed) == sql
    words = wanted(typed).words
    if "*" in typed:
        return
    assert bool(words) == ("OR video_id LIKE" in sql)
    if words:
        like = "'" + words.replace("'", "''") + "%'"
        assert f"gloss LIKE {like} OR video_id LIKE {like}" in sql


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("book", "book"),
        ("split:val boo k", "boo k"),
        ("gloss:b*", "b"),
        ("video:69*1", "69"),
        ("gloss:*k", ""),
        ("gloss:book", ""),
        ("source:a*", ""),
        ("gloss:b* 12", "12"),
        ("gloss like 'b%'", ""),
    ],
)
def test_what_a_gloss_or_a_video_id_begins_with(typed, words):
    assert wanted(typed).words == words


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("split:val book", {"split": ("val",)}),
        ("split:val,,test,", {"split": ("val", "test")}),
        ("split:v*", {}),
        ("split:none frames:none", {"split": (None,), "frames": (None,)}),
        ("state:failed clip:missing", {"extraction": ("failed",), "availability": ("missing",)}),
        ("frames:60..90", {}),
        ("fps:25 variation:>1", {"fps": ("25",)}),
        ("fps:25,30", {"fps": ("25", "30")}),
        ('source:"a b" fps:x', {"source": ("a b",), "fps": ("x",)}),
        ("source:>1", {"source": (">1",)}),
        ("excluded:yes", {"excluded": ("yes",)}),
        ("excluded:yes,", {"excluded": ("yes,",)}),
        ("split = 'val'", {}),
    ],
)
def test_what_columns_are_one_of(typed, values):
    assert wanted(typed).values == values


@pytest.mark.parametrize(
    ("typed", "lengths"),
    [
        ("frames:>60", ("> 60",)),
        ("length:60..90 frames:<=80", (">= 60", "<= 90", "<= 80")),
        ("frames:60 split:val", ("= 60",)),
        ("frames:..90", ("<= 90",)),
        ("frames:none", ()),
        ("frames:many", ()),
        ("clip_frames:>60", ()),
        ("frames > 60", ()),
    ],
)
def test_what_lengths_are_compared_with(typed, lengths):
    assert wanted(typed).lengths == lengths


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_filter_breaks_the_translation_and_plain_words_are_never_sql(typed):
    sql = condition(typed)
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE instances ({', '.join(VIEW_COLUMNS)})")
        try:
            connection.execute(f"SELECT 1 FROM instances WHERE {sql or 1}")
        except sqlite3.Error:
            # Only what was handed on as SQL may be wrong.
            assert "LIKE" not in sql or "LIKE" in typed.upper()


async def test_suggestions_are_names_that_exist():
    suggest = FilterSuggester().get_suggestion
    assert await suggest("split = 'val' AND clip_f") == "split = 'val' AND clip_frames"
    assert await suggest("clip:mis") == "clip:missing"
    assert await suggest("excluded:y") == "excluded:yes"
    assert await suggest("book") is None
    assert await suggest("book ") is None


def test_the_columns_are_those_of_the_view(filled_library):
    with filled_library.connect_read_only() as connection:
        found = connection.execute("SELECT name FROM pragma_table_info('instances')")
        assert set(VIEW_COLUMNS) == {name for (name,) in found}


def test_every_column_orders_all_rows_with_the_unknown_last(filled_library):
    for column, descending in product(SORTABLE, (False, True)):
        rows, first = find_instances(filled_library, InstanceQuery("", column, descending))
        assert len(set(rows.ids)) == rows.total == 300
        assert [int(row.key) for row in first] == list(rows.ids[:PAGE_ROWS])
        assert all(len(row.cells) == len(COLUMNS) for row in first)
        if column == "length":
            shown = [row.cells[6] for row in [*first, *rows.read(200, 200)]]
            known = [int(cell) for cell in shown if cell.isdigit()]
            assert known == sorted(known, reverse=descending)
            assert shown[: len(known)] == list(map(str, known))


def test_rows_of_any_stretch_and_of_what_is_gone(library):
    rows, _ = find_instances(library, InstanceQuery("split:val", "video_id"))
    assert [row.cells[1] for row in rows.read(58, 10)] == ["00293", "00298"]
    assert rows.read(60, 200) == []
    with library.session() as session:
        exclude(session, [rows.ids[1]], "wrong gloss")
        session.execute(insert(Instance), {"id": 999, "gloss_id": 1, "clip_id": 1,
                        "frame_start": 7, "excluded": False})  # fmt: skip
    found, _ = find_instances(library, InstanceQuery("instance_id:999"))
    with library.session() as session:
        session.query(Instance).filter(Instance.id == 999).delete()
    assert found.read(0, 1)[0].cells[0] == "gone"
    assert rows.read(1, 1)[0].cells[0] == (f"{EXCLUDED} book", "$warning")
    assert rows.read(1, 1)[0].cells[-1] == ("wrong gloss", "$warning")


def test_a_cancelled_question_ends(filled_library):
    cancelled = threading.Event()
    cancelled.set()
    slow = "where (SELECT COUNT(*) FROM instances a, instances b, instances c) > 0"
    with pytest.raises(QueryError):
        find_instances(filled_library, InstanceQuery(slow), cancelled)


def test_histograms_fit_their_width():
    assert spread([1, 2], 4) == [1, 1, 2, 2]
    assert spread([1, 3, 5, 7], 2) == [2, 6]
    assert blocks([0, 1, 16], 2) == ["  █", " ▁█"]
    assert median([Column(1, 1, 2), Column(2, 2, 5)]) == 2
    assert median([Column(0, 9, 5), Column(10, None, 1)]) == 5
    assert median([]) == 0


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200), st.integers(4, 80))
def test_any_histogram_fills_its_box(counts, width):
    columns = spread(counts, width)
    assert len(columns) == width
    lines = blocks(columns, 3)
    assert {len(line) for line in lines} == {width}
    assert all((lines[-1][x] != " ") == (columns[x] > 0) for x in range(width))


def test_the_scale_shows_what_fits():
    histogram = Histogram("frames")
    histogram.columns = (Column(10, 19, 3), Column(150, None, 2))
    assert histogram._scale(40).split() == ["10", "median", "15", "150+"]
    assert histogram._scale(14).split() == ["10", "~15", "150+"]
    assert histogram._scale(8).split() == ["10", "150+"]
