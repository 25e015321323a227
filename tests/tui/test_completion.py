"""Completion: what fits at the cursor, whatever is written around it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.query import Relation
from tui.completion import FUNCTIONS, KEYWORDS, complete
from tui.sql_text import relations_named, statement_at, statements, tokens

SCHEMA = (
    Relation("clip", "table", (("id", "INTEGER"), ("video_id", "VARCHAR"), ("path", "VARCHAR"))),
    Relation("gloss_stats", "view", (("gloss", ""), ("instances", ""), ("available", ""))),
    Relation("instances", "view", (("instance_id", ""), ("gloss", ""), ("availability", ""))),
    Relation("odd name", "table", (("a b", "TEXT"),)),
)
ALL_NAMES = {
    *KEYWORDS, *FUNCTIONS, "clip", "gloss_stats", "instances", '"odd name"', '"a b"',
    *(name for relation in SCHEMA[:3] for name, _ in relation.columns),
}  # fmt: skip


def proposed(text: str, *, asked: bool = False) -> list[str]:
    """What is proposed where `|` stands."""
    return [
        item.text
        for item in complete(text.replace("|", ""), text.index("|"), SCHEMA, asked=asked).proposals
    ]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("SEL|", ["SELECT"]),
        ("SELECT gl| FROM gloss_stats", ["gloss", "GLOB", "gloss_stats"]),
        ("SELECT s.| FROM gloss_stats s", ["gloss", "instances", "available"]),
        ("SELECT s.av| FROM gloss_stats AS s, clip", ["available"]),
        ("SELECT clip.p| FROM clip", ["path"]),
        ("SELECT * FROM cl|", ["clip"]),
        ("SELECT * FROM clip c JOIN in|", ["instances"]),
        ("SELECT * FROM clip, gl|", ["gloss_stats"]),
        ("SELECT * FROM clip WHERE vi|", ["video_id"]),
        ("SELECT 1; SELECT pa| FROM clip; SELECT gloss FROM instances", ["path", "PARTITION"]),
        ("SELECT id| FROM clip", ["video_id"]),
        ("SELECT ava|", ["available", "availability"]),
        ('SELECT a| FROM "odd name"', ['"a b"', "AS", "AND", "ALL", "ASC", "abs", "avg"]),
    ],
)
def test_what_fits_comes_first(text, first):
    assert proposed(text)[: len(first)] == first


@pytest.mark.parametrize(
    "text",
    ["SELECT 'av|", "SELECT 'it''s av|", "-- av|", "SELECT 1 /* av|", 'SELECT "av|', "SELECT 12|",
     "SELECT |", "|", "SELECT nothing.|", "SELECT 'a' |", "SELECT * FROM clip WHERE id|"],
)  # fmt: skip
def test_nothing_is_proposed_in_literals_or_unasked(text):
    assert proposed(text) in ([], ["video_id"])


def test_asked_without_a_word_proposes_columns_first():
    assert proposed("SELECT | FROM clip", asked=True)[:3] == ["id", "video_id", "path"]
    assert proposed("SELECT * FROM |", asked=True)[:2] == ["gloss_stats", "instances"]


pieces = st.sampled_from(
    "SELECT FROM WHERE JOIN ON clip gloss_stats instances g . , ; ( ) * = ' \" -- /* */ [ ] ` 1 "
    "AS i\tav \n é \x00 🙂".split(" ")
)
texts = st.one_of(st.text(max_size=60), st.lists(pieces, max_size=14).map(" ".join))


@settings(max_examples=400, deadline=None)
@given(text=texts, place=st.integers(0, 90), asked=st.booleans())
def test_no_text_breaks_it_and_nothing_else_is_proposed(text, place, asked):
    completion = complete(text, place, SCHEMA, asked=asked)
    cursor = min(place, len(text))
    assert 0 <= completion.start <= cursor
    prefix = text[completion.start : cursor].lower()
    for item in completion.proposals:
        assert item.text in ALL_NAMES
        name = item.text.strip('"').lower()
        assert (
            name.startswith(prefix) or f"_{prefix}" in name or item.text.lower().startswith(prefix)
        )


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_tokens_cover_all_but_white_space(text):
    last = 0
    for token in tokens(text):
        assert token.start >= last
        assert text[last : token.start].strip() == ""
        assert token.text == text[token.start : token.end] != ""
        last = token.end
    assert text[last:].strip() == ""
    relations_named(list(tokens(text)))


@settings(max_examples=300, deadline=None)
@given(text=texts, place=st.integers(0, 90))
def test_statements_lie_apart_and_one_is_under_the_cursor(text, place):
    spans = statements(text)
    for before, after in pairwise(spans):
        assert before.end <= after.start
        assert ";" in text[before.end : after.start]
    span = statement_at(text, place)
    assert (span in spans) if spans else span is None


def test_the_statement_under_the_cursor():
    text = "SELECT 1; SELECT ';';\n\nSELECT 3 -- end;\n"
    said = {place: statement_at(text, place).of(text) for place in (0, 8, 9, 10, 20, 23, 40)}
    assert list(said.values()) == [
        "SELECT 1", "SELECT 1", "SELECT 1", "SELECT ';'", "SELECT ';'", "SELECT 3", "SELECT 3",
    ]  # fmt: skip
    assert statement_at(" -- only\n;;", 3) is None
