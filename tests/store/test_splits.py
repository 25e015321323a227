"""Splits: nothing identical on two sides, nobody in two parts, the same for the same clips."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.catalog import SequenceRow
from store.duplicates import group_identical
from store.splits import (
    Dropped,
    GatePolicy,
    LeakError,
    Sample,
    Split,
    SplitError,
    add_copies,
    check_no_leak,
    make_split,
    notebook_copies,
)


def row(number: int, **changes) -> SequenceRow:
    base = SequenceRow(
        instance_id=number,
        video_id=f"{number:05d}",
        gloss="book",
        signer="1",
        split="train",
        source="test",
        url=f"https://example.org/{number}",
        frame_start=0,
        frame_end=None,
        sha256=f"s{number}",
        landmarks_sha256=f"l{number}",
        frames=40,
        file="a.h5",
        position=number,
    )
    return replace(base, **changes)


rows_with_twins = st.lists(
    st.tuples(
        st.sampled_from(["train", "val", "test"]),
        st.sampled_from(["book", "drink", "go"]),
        st.integers(0, 4),  # signer
        st.integers(0, 6),  # url
        st.one_of(st.none(), st.integers(0, 6)),  # content
        st.one_of(st.none(), st.integers(0, 6)),  # landmarks
    ),
    max_size=30,
).map(
    lambda items: [
        row(
            number,
            split=split,
            gloss=gloss,
            signer=str(signer),
            url=f"u{url}",
            sha256=None if content is None else f"s{content}",
            landmarks_sha256=None if marks is None else f"l{marks}",
        )
        for number, (split, gloss, signer, url, content, marks) in enumerate(items)
    ]
)


@settings(deadline=None, max_examples=60)
@given(rows_with_twins)
def test_no_identical_clips_cross_the_official_split(rows):
    split = make_split(rows, "official")
    check_no_leak(split)
    kept = len(split.train) + len(split.val) + len(split.test)
    assert kept + split.dropped.crossing + split.dropped.repeated == len(rows)
    dropped = split.dropped
    strict = make_split(rows, "official", GatePolicy(contradictions="drop"))
    check_no_leak(strict)
    assert (strict.val, strict.test) == (split.val, split.test)
    assert strict.dropped == replace(dropped, disputed=dropped.contradicting, contradicting=0)
    assert len(split.train) - len(strict.train) == dropped.contradicting
    glosses = [{s.row.gloss for s in strict.train if s.row in g} for g in group_identical(rows)]
    assert all(len(each) <= 1 for each in glosses)


@settings(deadline=None, max_examples=60)
@given(rows_with_twins, st.sampled_from(["official", "signer"]))
def test_kept_duplicates_leave_everything_and_the_split_leaks(rows, kind):
    if kind == "signer" and len({item.signer for item in rows}) < 2:
        return
    split = make_split(rows, kind, GatePolicy(duplicates="keep"))
    assert split.leaking
    assert len(split.train) + len(split.val) + len(split.test) == len(rows)
    dropped = make_split(rows, kind).dropped
    assert split.dropped == Dropped(crossing_kept=dropped.crossing)
    if dropped.crossing:
        with pytest.raises(LeakError):
            check_no_leak(split)
    assert split.identity["duplicates"] == "keep"
    assert split.identity["dropped"]["crossing_kept"] == dropped.crossing


@settings(deadline=None, max_examples=60)
@given(rows_with_twins)
def test_nobody_is_in_two_parts_of_the_signer_split(rows):
    if len({item.signer for item in rows}) < 2:
        with pytest.raises(SplitError):
            make_split(rows, "signer")
        return
    split = make_split(rows, "signer")
    check_no_leak(split)
    signers = [{s.row.signer for s in split.part(name)} for name in ("train", "val", "test")]
    assert not signers[0] & signers[1]
    assert not signers[0] & signers[2]
    assert not signers[1] & signers[2]


@settings(deadline=None, max_examples=30)
@given(rows_with_twins, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, source):
    shuffled = rows.copy()
    source.shuffle(shuffled)
    assert make_split(shuffled, "official").hash == make_split(rows, "official").hash


def test_the_train_copy_goes_and_the_test_copy_stays():
    rows = [row(1, sha256="x"), row(2, split="val", sha256="x"), row(3, split="test", sha256="x")]
    split = make_split(rows, "official")
    assert (len(split.train), len(split.val), len(split.test)) == (0, 0, 1)
    assert split.dropped.crossing == 2


def test_twins_are_found_through_other_twins():
    chain = [row(1, url="u", sha256="a"), row(2, url="v", sha256="a"), row(3, url="v", sha256="b")]
    assert [len(group) for group in group_identical(chain)] == [3]


def test_empty_urls_and_unknown_content_make_no_twins():
    rows = [row(n, url="", sha256=None, landmarks_sha256=None) for n in range(3)]
    assert len(group_identical(rows)) == 3


def test_contradicting_twins_stay_in_train_and_are_counted():
    rows = [row(1, sha256="x"), row(2, sha256="x", gloss="drink"), row(3, sha256="x")]
    split = make_split(rows, "official")
    assert sorted(s.row.gloss for s in split.train) == ["book", "drink"]
    assert (split.dropped.repeated, split.dropped.contradicting) == (1, 2)


def test_twins_that_are_judged_stay_and_are_counted():
    rows = [
        row(1, split="val", sha256="x"), row(2, split="val", sha256="x", gloss="drink"),
        row(3, split="test", sha256="y"), row(4, split="test", sha256="y"),
    ]  # fmt: skip
    split = make_split(rows, "official")
    assert (len(split.val), len(split.test)) == (2, 2)
    assert split.dropped == Dropped(judged_contradicting=2, judged_repeated=2)
    assert split.dropped.in_words() == ""


def test_what_became_of_twins_is_told_in_words():
    rows = [
        row(1, sha256="x"),
        row(2, sha256="x"),
        row(3),
        row(4, split="val", landmarks_sha256="l3"),
    ]
    said = make_split(rows, "official").dropped.in_words()
    assert said == "1 left out, as they are in a later part, 1 left out of train as repeats"


def test_a_leak_is_refused():
    split = Split("official", (Sample(row(1, sha256="x")),), (Sample(row(2, sha256="x")),), ())
    with pytest.raises(LeakError, match="sha256"):
        check_no_leak(split)


def test_a_signer_in_two_parts_is_refused():
    parts = (Sample(row(1)),), (Sample(row(2)),), ()
    check_no_leak(Split("official", *parts))
    with pytest.raises(LeakError, match="signer"):
        check_no_leak(Split("signer", *parts))


def test_signer_split_covers_glosses_and_keeps_unknown_signers_out():
    glosses = ["book", "drink", "go"]
    rows = [
        row(10 * signer + g, signer=str(signer), gloss=gloss)
        for signer in range(10)
        for g, gloss in enumerate(glosses)
    ]
    split = make_split([*rows, row(999, signer=None)], "signer")
    assert split.dropped.no_signer == 1
    assert all({s.row.gloss for s in split.part(p)} == set(glosses) for p in ("train", "val"))
    assert 0.1 <= len(split.val) / len(rows) <= 0.25
    assert 0.1 <= len(split.test) / len(rows) <= 0.25


def test_the_hash_tells_splits_apart_and_knows_no_database_ids():
    rows = [row(n, split=["train", "val"][n % 3 == 0]) for n in range(20)]
    first = make_split(rows, "official")
    renumbered = [replace(item, instance_id=item.instance_id + 7, position=0) for item in rows]
    assert make_split(renumbered, "official").hash == first.hash
    assert make_split(rows[1:], "official").hash != first.hash
    assert make_split(rows, "notebook").hash != first.hash


@pytest.mark.parametrize(
    ("frames", "instances", "copies"),
    [(40, 10, 1), (40, 9, 4), (9, 3, 1), (14, 3, 3), (15, 3, 4)],
)
def test_the_notebook_copies_rare_glosses_only(frames, instances, copies):
    assert len(notebook_copies(frames, instances)) == copies


def test_the_notebook_split_leaks_and_says_so():
    split = make_split([row(n) for n in range(9)], "notebook")
    assert split.leaking
    assert (len(split.train), len(split.val)) == (28, 8)
    with pytest.raises(LeakError):
        check_no_leak(split)


def test_copies_go_into_train_alone():
    rows = [row(n, split="val" if n == 8 else "train") for n in range(9)]
    split = add_copies(make_split(rows, "official"), rows)
    assert (len(split.train), len(split.val)) == (32, 1)
    check_no_leak(split)
