"""Augmentation: the same for the same seed, within bounds, and never on absent hands."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ml.augment import augment, notebook_copy, warp
from ml.config import PRESETS, AugmentConfig
from ml.features import notebook_frames
from tests.ml.clips import clip

STRONG = PRESETS["default"].augment
NONE = AugmentConfig(**{f.name: 0.0 for f in fields(AugmentConfig) if f.name != "copies"})


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_same_seed_gives_the_same_clip_and_another_does_not():
    sequence = clip("wave", 1)
    first, second, third = (augment(sequence, STRONG, rng(s))[0].landmarks for s in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert first.shape != third.shape or np.nanmax(np.abs(first - third)) > 0


def test_without_strength_the_clip_stays_as_it_is():
    sequence = clip("wave", 1)
    same, times = augment(sequence, NONE, rng())
    np.testing.assert_allclose(same.landmarks, sequence.landmarks, atol=1e-6)
    np.testing.assert_allclose(times, np.arange(30) / 25)


def test_the_original_is_never_touched():
    sequence = clip("wave", 1)
    before = sequence.landmarks.copy()
    augment(sequence, STRONG, rng())
    np.testing.assert_array_equal(sequence.landmarks, before)


@pytest.mark.parametrize("seed", range(8))
def test_absent_hands_stay_absent_and_times_rise(seed):
    sequence = clip("drink", seed)
    varied, times = augment(sequence, replace(STRONG, mirror=0.0), rng(seed))
    assert not varied.present[:, 0].any()
    assert len(varied) == len(times)
    assert (np.diff(times) > 0).all()
    there = varied.landmarks[varied.present]
    assert np.isfinite(there).all()


def test_mirroring_swaps_the_slots():
    varied, _ = augment(clip("drink", 1), replace(NONE, mirror=1.0), rng())
    assert varied.present[:, 0].any()
    assert not varied.present[:, 1].any()


def test_one_frame_survives():
    varied, times = augment(clip("wave", 0, 1), STRONG, rng())
    assert len(varied) == len(times) == 1


def test_a_bent_time_line_keeps_its_ends():
    times = np.arange(40) / 25
    bent = warp(times, 0.5, rng())
    np.testing.assert_allclose(bent[[0, -1]], times[[0, -1]])
    assert (np.diff(bent) > 0).all()
    assert np.abs(bent - times).max() > 0.01


def test_the_notebooks_copies_are_its_own():
    """Against a transcription of `augment_sequence`."""
    frames = notebook_frames(clip("wave", 1, 25).landmarks)
    slow = []
    for i in range(len(frames)):
        slow.append(frames[i])
        if i % 3 == 0 and i > 0:
            slow.append(frames[i])
    np.testing.assert_array_equal(notebook_copy(frames, "slow", rng()), np.stack(slow[:30]))
    np.testing.assert_array_equal(notebook_copy(frames, "fast", rng()), frames[::2])
    noise = notebook_copy(frames, "noise", rng()) - frames
    assert 0.028 < noise.std() < 0.032
