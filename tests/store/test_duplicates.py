"""Identical clips: whatever is known of them, groups are the connected ones."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from store.duplicates import evidence_of, group_by_keys, group_identical, identities


@dataclass(frozen=True)
class Row:
    video_id: str
    url: str | None = None
    frame_start: int = 0
    frame_end: int | None = None
    sha256: str | None = None
    landmarks_sha256: str | None = None


key_sets = st.lists(st.frozensets(st.integers(0, 12), max_size=3), max_size=25)


@settings(deadline=None)
@given(key_sets)
def test_groups_are_what_walking_from_one_to_the_next_reaches(keys):
    groups = group_by_keys(range(len(keys)), lambda index: keys[index])
    assert sorted(index for group in groups for index in group) == list(range(len(keys)))
    for group in groups:
        reached, todo = set(), [group[0]]
        while todo:
            here = todo.pop()
            reached.add(here)
            todo += [i for i in range(len(keys)) if keys[i] & keys[here] and i not in reached]
        assert sorted(reached) == group, "in order, and nobody else"


def test_each_kind_of_evidence_is_enough():
    assert len(group_identical([Row("a", url="u"), Row("b", url="u")])) == 1
    assert len(group_identical([Row("a", sha256="s"), Row("b", sha256="s")])) == 1
    assert (
        len(group_identical([Row("a", landmarks_sha256="l"), Row("b", landmarks_sha256="l")])) == 1
    )
    assert len(group_identical([Row("a"), Row("a")])) == 1


def test_another_range_of_the_same_file_is_another_recording():
    rows = [
        Row("a", url="u", sha256="s", frame_end=20),
        Row("b", url="u", sha256="s", frame_start=20, frame_end=40),
    ]
    assert len(group_identical(rows)) == 2
    assert len(group_identical([Row("a", url=""), Row("b", url="")])) == 2


def test_identities_name_their_evidence():
    row = Row("a", "u", 0, None, "s", "l")
    found = [evidence_of(key) for key in identities(row)]
    assert found == ["range", "range", "content", "landmarks"]
