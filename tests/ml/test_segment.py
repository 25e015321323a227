"""Where signs begin and end, on hands whose way is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.segment import SegmentConfig, Segmenter, Stretch

FPS = 25.0
HAND = 0.1
"""Wrist to middle knuckle, in heights of the picture."""
REST = (0.3, 0.9)


def shown(x: float, y: float, size: float = HAND) -> np.ndarray:
    """One hand at a place. shape=(2, 21, 3)."""
    frame = np.full((2, 21, 3), np.nan, np.float32)
    frame[0] = 0.0
    frame[0, :, 0], frame[0, :, 1] = x, y
    frame[0, 9, 1] -= size
    return frame


NOTHING = np.full((2, 21, 3), np.nan, np.float32)


def rest(seconds: float, place: tuple[float, float] = REST) -> list[np.ndarray]:
    return [shown(*place)] * round(seconds * FPS)


def away(seconds: float) -> list[np.ndarray]:
    return [NOTHING] * round(seconds * FPS)


def travel(start: tuple[float, float], end: tuple[float, float], seconds: float) -> list:
    steps = round(seconds * FPS)
    return [
        shown(*(np.array(start) + (np.array(end) - start) * step / steps)) for step in range(steps)
    ]


def sign(seconds: float = 1.0, start=REST, top=(0.5, 0.4)) -> list[np.ndarray]:
    """Up, to and fro, down again."""
    part = seconds / 4
    return [
        *travel(start, top, part),
        *travel(top, (top[0] + 0.2, top[1]), part),
        *travel((top[0] + 0.2, top[1]), top, part),
        *travel(top, start, part),
    ]


def stretches(frames: list[np.ndarray], fps: float = FPS, **changes) -> list[Stretch]:
    segmenter = Segmenter(SegmentConfig(**changes))
    found = [segmenter.add(i / fps, frame, 1.0) for i, frame in enumerate(frames)]
    return [stretch for stretch in [*found, segmenter.end()] if stretch is not None]


def test_a_hand_that_comes_signs_and_goes_is_one_sign():
    found = stretches([*away(1), *sign(1.2), *away(1)])
    assert len(found) == 1
    assert found[0].start_s == pytest.approx(1.0, abs=0.05)
    assert found[0].end_s == pytest.approx(2.2, abs=0.05)


def test_hands_that_rest_in_the_picture_say_nothing():
    assert stretches(rest(10)) == []
    assert stretches([*away(1), *rest(3), *away(1), *rest(2)]) == []


def test_between_rests_there_is_one_sign_each():
    found = stretches([*rest(1), *sign(1.0), *rest(1), *sign(1.4), *rest(1)])
    assert [round(one.start_s, 1) for one in found] == pytest.approx([0.8, 2.8], abs=0.15)
    assert [round(one.end_s, 1) for one in found] == pytest.approx([2.0, 4.4], abs=0.15)


def trembling(frames: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """As MediaPipe sees still hands of a small sensor: every frame a little elsewhere."""
    rng = np.random.default_rng(seed)
    jitter = rng.normal(0, 0.015 * HAND, (len(frames), 2))
    shaken = [frame.copy() for frame in frames]
    for frame, offset in zip(shaken, jitter, strict=True):
        frame[:, :, :2] += offset
    return shaken


@pytest.mark.parametrize("seed", range(8))
def test_hands_that_tremble_at_rest_end_a_sign_all_the_same(seed):
    frames = trembling([*rest(1), *sign(1.0), *rest(2)], seed)
    segmenter = Segmenter()
    ended = [i / FPS for i, frame in enumerate(frames) if segmenter.add(i / FPS, frame, 1.0)]
    assert ended == [pytest.approx(2.0 + 0.5, abs=0.15)]
    assert not segmenter.signing


def test_hands_that_only_tremble_say_nothing():
    for seed in range(8):
        assert stretches(trembling(rest(6), seed)) == []


def test_a_hold_in_the_middle_does_not_end_a_sign():
    top = (0.5, 0.4)
    frames = [*travel(REST, top, 0.3), *rest(1.0, top), *travel(top, REST, 0.3)]
    found = stretches([*away(1), *frames, *away(1)])
    assert len(found) == 1
    assert found[0].end_s - found[0].start_s == pytest.approx(1.6, abs=0.1)


def test_a_hand_that_stays_up_for_long_has_finished():
    top = (0.5, 0.4)
    found = stretches([*away(1), *travel(REST, top, 0.4), *rest(4, top)])
    assert len(found) == 1
    assert found[0].end_s == pytest.approx(1.5, abs=0.2)


def test_short_gaps_are_the_detectors():
    frames = sign(1.2)
    frames[10:13] = [NOTHING] * 3
    assert len(stretches([*away(1), *frames, *away(1)])) == 1


def test_a_sign_that_never_ends_is_cut():
    frames = [frame for _ in range(12) for frame in sign(1.0)]
    found = stretches(frames, longest_s=3.0)
    assert len(found) >= 3
    assert max(one.end_s - one.start_s for one in found) <= 3.1


def test_the_order_of_the_hands_does_not_matter():
    pair = [
        np.stack([a[0], b[0]]) for a, b in zip(sign(1.2), sign(1.2, top=(0.2, 0.5)), strict=True)
    ]
    swapped = [frame[::-1] if i % 2 else frame for i, frame in enumerate(pair)]
    assert stretches([*away(1), *pair, *away(1)]) == stretches([*away(1), *swapped, *away(1)])


@pytest.mark.parametrize("fps", [12.0, 15.0, 30.0, 60.0])
def test_the_frame_rate_does_not_matter(fps):
    slow = [*away(1), *sign(1.2), *away(1)]
    seconds = len(slow) / FPS
    frames = [slow[min(int(i / fps * FPS), len(slow) - 1)] for i in range(int(seconds * fps))]
    found = stretches(frames, fps)
    assert len(found) == 1
    assert found[0].end_s == pytest.approx(2.2, abs=0.15)


@pytest.mark.parametrize("scale", [0.4, 1.0, 1.8])
def test_the_distance_to_the_camera_does_not_matter(scale):
    frames = [frame * np.float32(scale) for frame in [*away(1), *rest(1), *sign(), *rest(1)]]
    assert len(stretches(frames)) == 1


@given(st.lists(st.tuples(st.sampled_from("nrs"), st.floats(0.2, 1.5)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_stretches_follow_one_another(parts):
    made = {"n": away, "r": rest, "s": sign}
    frames = [frame for kind, seconds in parts for frame in made[kind](seconds)]
    found = stretches(frames)
    edges = [edge for one in found for edge in (one.start_s, one.end_s)]
    assert edges == sorted(edges)
    assert all(one.end_s - one.start_s >= SegmentConfig().shortest_s for one in found)
    assert len(found) <= sum(kind == "s" for kind, _ in parts)
