import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.ranges import clip_range


@pytest.mark.parametrize(
    ("frames", "start", "end", "expected"),
    [
        (75, 0, None, (0, 75)),
        (100, 0, 60, (0, 60)),  # an uncut source whose sign comes first
        (50, 0, 60, (0, 50)),  # runs past the end
        (100, 2149, 2249, (0, 100)),  # the Kaggle mirror's 70212: the file holds the range alone
        (98, 2149, 2249, (0, 98)),
        (3000, 2149, 2249, (2149, 2249)),  # the same instance within its source
        (2240, 2149, 2249, (2149, 2240)),  # a source that ends a little early
        (120, 65, 165, (65, 120)),
        (101, 40, 140, (0, 101)),  # as long as the range: cut, though it reaches into it
        (80, 65, 165, (0, 80)),  # would keep 15 of 100 frames: cut, at a lower rate
        (58, 1, None, (1, 58)),
        (20, 30, None, (0, 20)),
        (0, 0, None, (0, 0)),
        (0, 5, 9, (0, 0)),
    ],
)
def test_the_range_is_taken_or_the_whole_cut_file(frames, start, end, expected):
    assert clip_range(frames, start, end) == expected


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.one_of(st.none(), st.integers(1, 10_000)))
def test_never_outside_the_file_and_never_empty(frames, start, length):
    first, last = clip_range(frames, start, None if length is None else start + length)
    assert 0 <= first < last <= frames
