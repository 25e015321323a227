"""The glosses of clips that begin alike are all found, and no others where figures are counted."""

from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store import starts
from store.tally import freshen, mark
from store.tally_marks import GLOSSES

LETTERS = st.text("0Aa%_é ", min_size=1, max_size=3)


@pytest.fixture
def wide(library):
    """A library of three blocks of glosses."""
    rows = [{"id": number} for number in range(1, 2 * GLOSSES + 3)]
    with library.session() as session:
        session.execute(text("INSERT INTO gloss (id, text) VALUES (:id, 'g' || :id)"), rows)
    return library


def rename(library, names):
    """Let there be clips with these names, one for each gloss, the first of them for the last gloss too."""
    with library.session() as session:
        for table in ("instance", "clip"):
            session.execute(text(f"DELETE FROM {table}"))
        for number, name in enumerate(dict.fromkeys(names), start=1):
            session.execute(
                text(
                    "INSERT INTO clip (id, video_id, availability) VALUES (:id, :name, 'unknown')"
                ),
                {"id": number, "name": name},
            )
            glosses = {number, 2 * GLOSSES + 2} if number == 1 else {number}
            for place, gloss in enumerate(sorted(glosses)):
                session.execute(
                    text("INSERT INTO instance (gloss_id, clip_id, frame_start, url, excluded) "
                         "VALUES (:gloss, :clip, :place, '', 0)"),
                    {"gloss": gloss, "clip": number, "place": place},
                )  # fmt: skip


def found(library, words):
    with closing(library.connect_read_only()) as connection:
        sql = """SELECT DISTINCT gloss_id FROM instance i JOIN clip c ON c.id = i.clip_id
        WHERE c.video_id LIKE ? || '%'"""
        true = {row[0] for row in connection.execute(sql, (words,))}
        return starts.glosses_of(connection, words), true


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(LETTERS, min_size=1, max_size=2 * GLOSSES + 2), words=LETTERS)
def test_no_gloss_is_missed_and_none_is_too_many(wide, names, words):
    rename(wide, names)
    stale, true = found(wide, words)
    assert true <= stale
    freshen(wide)
    kept, true = found(wide, words)
    assert true <= kept
    if len(words) <= starts.LETTERS and "%" not in words:
        assert kept == true


def test_a_marked_block_may_have_any(wide):
    rename(wide, ["12", "34"])
    freshen(wide)
    assert found(wide, "1")[0] == {1, 2 * GLOSSES + 2}
    mark(wide, [("gloss", 1)])
    of_block = set(range(GLOSSES, 2 * GLOSSES))
    assert found(wide, "1")[0] == {1, 2 * GLOSSES + 2} | of_block
    assert found(wide, "9")[0] == of_block


def test_they_are_found_by_index(wide):
    with closing(wide.connect_read_only()) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {starts._KEPT}", ("1%",)).fetchall()
    assert "SEARCH tally USING INDEX tally_by_start (a>? AND a<?)" in plan[0][-1]
