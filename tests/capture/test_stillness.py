"""Hands are looked at again when they, or what is close around them, have changed, or after some frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.stillness import Stillness

GREY = np.full((240, 320, 3), 100, np.uint8)
CENTRE = (160, 120)


def hands_at(*centres, size=40):
    """Landmarks of hands around places in pixels; shape=(2, 21, 3)."""
    landmarks = np.full((2, 21, 3), np.nan, np.float32)
    for slot, centre in enumerate(centres):
        middle = np.array([*centre, 0.0]) / (320, 240, 1)
        half = np.array([size / 2, size / 2, 0.0]) / (320, 240, 1)
        landmarks[slot] = np.linspace(middle - half, middle + half, 21)
    return landmarks


def with_patch(centre, side=10, value=200):
    image = GREY.copy()
    left, top = (place - side // 2 for place in centre)
    image[top : top + side, left : left + side] = value
    return image


def held(frames, landmarks):
    """Which of the frames after the first are as it was."""
    stillness = Stillness()
    stillness.keep(landmarks, frames[0])
    return [stillness.holds(image) for image in frames[1:]]


def test_without_hands_nothing_holds():
    assert not Stillness().holds(GREY)
    assert held([GREY] * 3, hands_at()) == [False, False]


def test_a_still_hand_is_looked_at_after_five_frames():
    assert held([GREY] * 8, hands_at(CENTRE)) == [True] * 5 + [False] * 2


def test_looking_begins_anew():
    stillness = Stillness()
    for _ in range(3):
        stillness.keep(hands_at(CENTRE), GREY)
        assert [stillness.holds(GREY) for _ in range(6)] == [True] * 5 + [False]


def test_noise_is_no_movement():
    noise = np.random.default_rng(0).integers(0, 9, GREY.shape).astype(np.uint8)
    assert held([GREY, GREY + noise], hands_at(CENTRE)) == [True]


@pytest.mark.parametrize("place", [CENTRE, (142, 102), (178, 138), (136, 120)])
def test_what_moves_in_a_hand_or_close_to_it_is_movement(place):
    assert held([GREY, with_patch(place)], hands_at(CENTRE)) == [False]


def test_what_moves_elsewhere_is_none_of_it():
    assert held([GREY, with_patch((60, 60), side=60)], hands_at(CENTRE)) == [True]


def test_one_of_two_hands_that_moves_is_enough():
    both = hands_at(CENTRE, (60, 60))
    assert held([GREY, with_patch((60, 60))], both) == [False]
    assert held([GREY, with_patch(CENTRE)], both) == [False]


def test_slow_movement_adds_up():
    frames = [with_patch(CENTRE, value=100 + 5 * step) for step in range(6)]
    assert held(frames, hands_at(CENTRE)) == [True, True, False, False, False]


@given(
    st.lists(st.tuples(st.integers(-500, 800), st.integers(-500, 800)), min_size=1, max_size=2),
    st.integers(0, 900),
)
def test_hands_may_lie_anywhere_and_have_any_size(centres, size):
    assert held([GREY, GREY], hands_at(*centres, size=size)) == [True]
