"""Searches are saved where nothing moves but the hand that is followed, or where they are long in vain."""

import numpy as np

from capture.search import PalmSearch

GREY = np.full((192, 288, 3), 100, np.uint8)


def with_patch(value=160, at=100):
    image = GREY.copy()
    image[40:80, at : at + 40] = value
    return image


def moving(step):
    """Something far from the hand that never rests."""
    return with_patch(at=20 * (step % 5))


def hands_of(count):
    """Landmarks of so many hands at the lower right; shape=(2, 21, 3)."""
    landmarks = np.full((2, 21, 3), np.nan, np.float32)
    landmarks[:count] = np.linspace([0.7, 0.7, 0.0], [0.9, 0.95, 0.0], 21)
    return landmarks


def watch(frames, *, thorough=False):
    """Give (hands seen, picture) of each frame; return which of them were searched."""
    search, before, searched = PalmSearch(thorough=thorough), 0, []
    for hands, image in frames:
        wanted = search.wanted(hands_of(before), image)
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
    frames = [(0, with_patch(100 + 3 * step)) for step in range(20)]
    searched = watch(frames)
    assert searched[0]
    assert sum(searched) >= 3


def test_a_lost_hand_is_looked_for_at_once():
    frames = [(0, GREY), (1, with_patch()), (0, GREY), (0, GREY), (0, GREY)]
    assert watch(frames) == [True, True, True, True, False]


def test_the_second_hand_is_looked_for_ever_more_rarely():
    searched = watch([(1, moving(step)) for step in range(41)])
    assert searched[:6] == [True] * 5 + [False]
    assert sum(searched[-15:]) == 3
    frames = [(1, moving(step)) for step in range(30)]
    assert watch([*frames, (2, GREY), (1, GREY), (1, GREY)])[-1]


def test_a_first_hand_is_looked_for_in_each_second_frame_where_others_had_none():
    frames = [(0, moving(step)) for step in range(10)]
    assert watch(frames) == [True] * 4 + [False, True] * 3
    assert watch([*frames, (1, GREY), (0, GREY)])[-2:] == [False, True]
    assert watch([*frames[:4], *[(0, moving(3))] * 5, (0, with_patch())])[-1]


def test_where_only_the_hand_moves_no_second_one_is_looked_for():
    frames = []
    for step in range(30):
        image = GREY.copy()
        image[140:170, 210 + step // 2 : 230 + step // 2] = 200
        frames.append((1, image))
    searched = watch(frames)
    assert searched[:2] == [True, True]
    assert sum(searched[2:]) == 5, "now and then all the same"
    frames[10] = (1, with_patch())
    assert watch(frames)[10]


def test_two_hands_need_no_search():
    assert watch([(2, GREY)] * 4) == [True, False, False, False]


def test_thorough_searches_whenever_a_hand_is_missing():
    assert all(watch([(0, GREY)] * 10 + [(1, GREY)] * 40, thorough=True))
