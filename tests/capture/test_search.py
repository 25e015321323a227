"""Searches are saved only where nothing moves, or where one hand has long been alone."""

import numpy as np

from capture.search import PalmSearch

GREY = np.full((192, 288, 3), 100, np.uint8)


def with_patch(value=160):
    image = GREY.copy()
    image[40:80, 100:140] = value
    return image


def watch(frames, *, thorough=False):
    """Give (hands seen, picture) of each frame; return which of them were searched."""
    search, before, searched = PalmSearch(thorough=thorough), 0, []
    for hands, image in frames:
        wanted = search.wanted(before, image)
        search.note(before, hands, searched=wanted)
        searched.append(wanted)
        before = hands
    return searched


def test_a_still_picture_without_hands_is_searched_once():
    assert watch([(0, GREY)] * 5) == [True, False, False, False, False]


def test_noise_is_no_movement_but_a_hand_is():
    noise = GREY + np.random.default_rng(0).integers(0, 5, GREY.shape).astype(np.uint8)
    assert watch([(0, GREY), (0, noise), (0, with_patch()), (0, with_patch())]) == [
        True,
        False,
        True,
        False,
    ]


def test_slow_movement_adds_up():
    frames = [(0, with_patch(100 + 3 * step)) for step in range(10)]
    searched = watch(frames)
    assert searched[0]
    assert sum(searched) >= 3


def test_a_lost_hand_is_looked_for_at_once():
    frames = [(0, GREY), (1, with_patch()), (0, GREY), (0, GREY), (0, GREY)]
    assert watch(frames) == [True, True, True, True, False]


def test_the_second_hand_is_looked_for_ever_more_rarely():
    searched = watch([(1, GREY)] * 41)
    assert all(searched[:16])
    assert sum(searched[-12:]) == 4
    assert watch([(1, GREY)] * 30 + [(2, GREY), (1, GREY), (1, GREY)])[-1]


def test_two_hands_need_no_search():
    assert watch([(2, GREY)] * 4) == [True, False, False, False]


def test_thorough_searches_whenever_a_hand_is_missing():
    assert all(watch([(0, GREY)] * 10 + [(1, GREY)] * 40, thorough=True))
