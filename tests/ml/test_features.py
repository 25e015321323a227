"""Features: where and how large the signer stands changes nothing; absent stays absent."""

import itertools
from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.config import PRESETS, FeatureConfig
from ml.features import (
    N_INVARIANT,
    channels,
    extract_features,
    notebook_frames,
)
from ml.resampling import resample
from store.landmarks import Sequence
from store.skeleton import mirror
from tests.ml.clips import GLOSSES, clip

SLOTS = FeatureConfig(length=24)
NOTEBOOK = PRESETS["notebook"].features


def moved(sequence: Sequence, scale: float, shift: tuple[float, float]) -> Sequence:
    marks = sequence.landmarks * np.float32(scale)
    marks[..., :2] += np.array(shift, np.float32)
    return replace(sequence, landmarks=marks)


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(GLOSSES),
    st.integers(0, 99),
    st.floats(0.3, 3.0),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_place_and_size_of_the_signer_change_nothing(gloss, seed, scale, shift):
    sequence = clip(gloss, seed)
    first = extract_features(sequence, SLOTS)[:, :N_INVARIANT]
    second = extract_features(moved(sequence, scale, shift), SLOTS)[:, :N_INVARIANT]
    np.testing.assert_allclose(second, first, atol=2e-3)


def test_the_place_in_the_image_is_told_beside():
    sequence = clip("drink", 3)
    first, second = (
        extract_features(item, SLOTS)[:, N_INVARIANT + 2 : N_INVARIANT + 4]
        for item in (sequence, moved(sequence, 1.0, (0.0, 0.1)))
    )
    there = extract_features(sequence, SLOTS)[:, -1] > 0
    np.testing.assert_allclose((second - first)[there], [(0.0, 0.3)] * there.sum(), atol=1e-4)


def test_signs_differ_by_much_more_than_that():
    pair = [extract_features(clip(gloss, 1), SLOTS) for gloss in ("circle", "drink")]
    assert np.abs(pair[0] - pair[1]).max() > 0.2


def test_the_shape_of_pictures_changes_nothing():
    wide = clip("wave", 3)
    square = wide.landmarks * np.array([1.5, 1, 1.5], np.float32)
    square[..., 0] -= 0.25
    features = extract_features(Sequence(square, wide.fps, 1.0), SLOTS)
    np.testing.assert_allclose(features, extract_features(wide, SLOTS), atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 3, 24, 400])
@pytest.mark.parametrize("config", [SLOTS, NOTEBOOK], ids=["slots", "notebook"])
def test_any_length_gives_one_shape_of_finite_numbers(config, frames):
    features = extract_features(clip("wave", frames, frames), config)
    assert features.shape == (config.length, channels(config))
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_without_hands_all_is_absent():
    empty = Sequence(np.full((9, 2, 21, 3), np.nan, np.float32), 25.0)
    assert not extract_features(empty, SLOTS).any()
    assert not extract_features(Sequence(empty.landmarks[:0]), SLOTS).any()
    assert not extract_features(Sequence(empty.landmarks[:0]), NOTEBOOK).any()


def test_an_absent_hand_has_presence_0_and_no_values():
    features = extract_features(clip("drink", 5), SLOTS)
    left, right = features[:, : (N_INVARIANT - 2) // 2], features[:, -1]
    assert not features[:, -2].any()
    assert not left.any()
    assert right.mean() > 0.8


def test_idle_ends_are_cut_off():
    sequence = clip("circle", 2)
    idle = np.full((20, 2, 21, 3), np.nan, np.float32)
    padded = replace(sequence, landmarks=np.concatenate([idle, sequence.landmarks, idle]))
    np.testing.assert_allclose(
        extract_features(padded, SLOTS), extract_features(sequence, SLOTS), atol=1e-4
    )


def test_a_clip_at_another_rate_gives_nearly_the_same():
    fast = clip("circle", 2, 120, fps=100.0)
    slow = Sequence(fast.landmarks[::2], 50.0, fast.aspect)
    first, second = (extract_features(item, SLOTS)[3:-3] for item in (fast, slow))
    assert np.median(np.abs(first - second)) < 0.02


def test_uneven_times_are_honoured():
    sequence = clip("circle", 4, 60)
    keep = np.sort(np.random.default_rng(0).permutation(60)[:45])
    keep[[0, -1]] = np.flatnonzero(sequence.present.any(1))[[0, -1]]
    uneven = replace(sequence, landmarks=sequence.landmarks[keep])
    wanted = extract_features(sequence, SLOTS)
    timed = extract_features(uneven, SLOTS, timestamps=keep / 25.0)
    untimed = extract_features(uneven, SLOTS)
    assert np.abs(timed - wanted).mean() < np.abs(untimed - wanted).mean() / 2


def test_resampling_keeps_ends_and_frames_it_falls_on():
    points = clip("wave", 1).landmarks
    points = points[~np.isnan(points[:, :, 0, 0]).any(axis=1)]
    times = np.arange(len(points)) / 25
    out, present = resample(points, times, times[[0, 3, -1]], 0.2)
    np.testing.assert_array_equal(out, points[[0, 3, -1]])
    assert present.all()


def test_short_gaps_are_filled_and_long_ones_stay():
    points = np.zeros((30, 2, 21, 3), np.float32)
    points[:, :, :, 0] = np.arange(30)[:, None, None]
    points[5:8], points[15:25] = np.nan, np.nan
    times = np.arange(30) / 25
    out, present = resample(points, times, times, 0.2)
    assert present[5:8].all()
    np.testing.assert_allclose(out[6, 0, 0, 0], 6, rtol=1e-5)
    assert not present[15:25].any()
    assert not out[15:25].any()


def test_mirroring_twice_gives_the_same_clip():
    marks = clip("drink", 8).landmarks
    np.testing.assert_allclose(mirror(mirror(marks)), marks, atol=1e-6)


def test_a_mirrored_clip_swaps_the_hands_and_nothing_else():
    sequence = clip("wave", 8)
    half = (N_INVARIANT - 2) // 2
    first = extract_features(sequence, SLOTS)
    second = extract_features(replace(sequence, landmarks=mirror(sequence.landmarks)), SLOTS)
    np.testing.assert_allclose(
        first[:, 1:half:2][:, :1], second[:, half + 1 :: 2][:, :1], atol=1e-4
    )
    np.testing.assert_allclose(first[:, 0], -second[:, half], atol=1e-4)
    np.testing.assert_array_equal(first[:, -2:], second[:, :-3:-1])


def test_the_notebooks_frames_are_its_own():
    """Against a transcription of `extract_landmarks` and `normalize_landmarks`."""
    marks = clip("drink", 8).landmarks
    frame = marks[~np.isnan(marks[:, 1, 0, 0])][0]
    landmarks = [float(value) for point in frame[1] for value in point]
    landmarks += [0.0] * (126 - len(landmarks))
    low, high = np.min(landmarks), np.max(landmarks)
    wanted = (np.array(landmarks) - low) / (high - low)
    np.testing.assert_allclose(notebook_frames(frame[None])[0], wanted, atol=1e-5)


def test_the_notebook_takes_the_first_frames_and_repeats_the_last():
    sequence = clip("wave", 1, 50)
    frames = notebook_frames(sequence.landmarks)
    np.testing.assert_array_equal(extract_features(sequence, NOTEBOOK), frames[:30])
    short = extract_features(replace(sequence, landmarks=sequence.landmarks[:7]), NOTEBOOK)
    np.testing.assert_array_equal(short[7:], np.repeat(frames[6:7], 23, axis=0))
    halved = extract_features(sequence, replace(NOTEBOOK, divide_by=2.0))
    np.testing.assert_allclose(halved * 2, frames[:30], rtol=1e-6)


def test_real_clips_give_finite_features(real_data):
    with h5py.File(real_data / "wlasl_hands_trainval.h5") as file:
        offsets = file["offsets"][:200]
        raw = file["landmarks"][: offsets[-1]].astype(np.float32)
    marks = np.where(raw == -32768, np.nan, raw / 16384).astype(np.float32)
    for start, end in itertools.pairwise(offsets):
        features = extract_features(Sequence(marks[start:end]), SLOTS)
        assert np.isfinite(features).all()
        # Shapes and places are in palm lengths: nothing sensible is further away.
        assert np.abs(features).max() < 60
