"""Holistic features and their variation: the hands as in `slots`, the body beside them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.augment import augment
from ml.body import N_BODY_CHANNELS
from ml.config import PRESETS, AugmentConfig, FeatureConfig, TrainConfig
from ml.errors import ConfigError
from ml.features import N_CHANNELS, N_INVARIANT, channels, extract_features
from store.landmarks import Sequence
from store.skeleton import BODY_MIRROR, BODY_SHAPE, LIPS, mirror, mirror_body
from tests.ml.clips import GLOSSES
from tests.ml.holistic import holistic_clip

HOLISTIC = FeatureConfig(kind="holistic", length=24)
SLOTS = FeatureConfig(length=24)
BODY = slice(N_CHANNELS - 2, -2)
NONE = AugmentConfig(**{f.name: 0.0 for f in fields(AugmentConfig) if f.name != "copies"})
STRONG = PRESETS["default"].augment


def moved(sequence: Sequence, scale: float, shift: tuple[float, float]) -> Sequence:
    def place(points):
        points = points * np.float32(scale)
        points[..., :2] += np.array(shift, np.float32)
        return points

    return replace(sequence, landmarks=place(sequence.landmarks), body=place(sequence.body))


def test_hands_are_told_as_in_slots():
    sequence = holistic_clip("wave", 4)
    whole, hands = extract_features(sequence, HOLISTIC), extract_features(sequence, SLOTS)
    assert whole.shape == (24, channels(HOLISTIC)) == (24, N_CHANNELS + N_BODY_CHANNELS)
    np.testing.assert_array_equal(whole[:, : N_CHANNELS - 2], hands[:, :-2])
    np.testing.assert_array_equal(whole[:, -2:], hands[:, -2:])


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(GLOSSES),
    st.integers(0, 99),
    st.floats(0.3, 3.0),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_place_and_size_of_the_signer_change_nothing(gloss, seed, scale, shift):
    sequence = holistic_clip(gloss, seed)
    first = extract_features(sequence, HOLISTIC)
    second = extract_features(moved(sequence, scale, shift), HOLISTIC)
    np.testing.assert_allclose(second[:, BODY], first[:, BODY], atol=2e-3)
    np.testing.assert_allclose(second[:, :N_INVARIANT], first[:, :N_INVARIANT], atol=2e-3)


@pytest.mark.parametrize("frames", [1, 2, 3, 24, 200])
def test_any_length_gives_one_shape_of_finite_numbers(frames):
    features = extract_features(holistic_clip("wave", frames, frames), HOLISTIC)
    assert features.shape == (24, channels(HOLISTIC))
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert np.abs(features).max() < 60


def test_an_absent_body_has_presence_0_and_no_values():
    sequence = holistic_clip("wave", 5)
    bare = replace(sequence, body=np.full_like(sequence.body, np.nan))
    assert not extract_features(bare, HOLISTIC)[:, BODY].any()
    silent = sequence.body.copy()
    silent[:, LIPS] = np.nan
    told = extract_features(replace(sequence, body=silent), HOLISTIC)[:, BODY]
    assert told[:, -2].any()
    assert not told[:, -1].any()
    assert not told[:, -82:-2].any(), "the lips"
    assert told[:, :-82].any(), "hands and joints"


def test_without_hands_all_is_absent_and_hands_alone_are_refused():
    sequence = holistic_clip("wave", 5)
    handless = replace(sequence, landmarks=np.full_like(sequence.landmarks, np.nan))
    assert not extract_features(handless, HOLISTIC).any()
    assert not extract_features(Sequence(sequence.landmarks[:0]), HOLISTIC).any()
    with pytest.raises(ConfigError, match="hands alone"):
        extract_features(replace(sequence, body=None), HOLISTIC)
    with pytest.raises(ConfigError, match="notebook"):
        TrainConfig(preset="notebook", features=HOLISTIC)


def test_the_middle_of_the_shoulders_is_where_lengths_begin():
    told = extract_features(holistic_clip("book", 3), HOLISTIC)[:, BODY]
    joints = told[:, 8 : 8 + 22].reshape(-1, 11, 2)[told[:, -2] > 0]
    left, right = joints[:, 5], joints[:, 6]
    np.testing.assert_allclose(left + right, 0, atol=1e-5)
    np.testing.assert_allclose(np.median(left[:, 0] - right[:, 0]), 1.0, atol=0.05)
    assert (joints[:, 0, 1] < 0).all(), "the nose is above"


def test_a_mirrored_clip_swaps_the_sides_of_the_body():
    sequence = holistic_clip("wave", 8)
    other = replace(sequence, landmarks=mirror(sequence.landmarks), body=mirror_body(sequence.body))
    first, second = (extract_features(item, HOLISTIC)[:, BODY] for item in (sequence, other))
    joints = [told[:, 8:30].reshape(-1, 11, 2) for told in (first, second)]
    np.testing.assert_allclose(joints[1], joints[0][:, BODY_MIRROR[:11]] * (-1, 1), atol=1e-4)
    reach = [told[:, :8].reshape(-1, 2, 2, 2) for told in (first, second)]
    np.testing.assert_allclose(reach[1], reach[0][:, ::-1] * (-1, 1), atol=1e-4)


def test_variation_moves_the_body_with_the_camera_and_keeps_it_otherwise():
    sequence = holistic_clip("wave", 2)
    same, _ = augment(sequence, NONE, np.random.default_rng(0))
    np.testing.assert_allclose(same.body, sequence.body, atol=1e-6)
    turned, _ = augment(
        sequence, replace(NONE, tilt_deg=40.0, noise=0.2, place=1.0), np.random.default_rng(1)
    )
    np.testing.assert_allclose(turned.body, sequence.body, atol=1e-6)
    assert np.nanmax(np.abs(turned.landmarks - sequence.landmarks)) > 0.01
    mirrored, _ = augment(sequence, replace(NONE, mirror=1.0), np.random.default_rng(2))
    np.testing.assert_allclose(mirrored.body, mirror_body(sequence.body), atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_camera_moves_hands_and_body_alike(seed):
    sequence = holistic_clip("book", seed)
    # A body whose points are those of the hands must go where these go.
    body = np.full((len(sequence), *BODY_SHAPE), np.nan, np.float32)
    body[:, :21] = sequence.landmarks[:, 1]
    body[:, 21:42] = sequence.landmarks[:, 0]
    camera = replace(NONE, rotate_deg=40.0, scale=0.5, shear=0.4, shift=0.3, crop=0.3,
                     drop_frames=0.3, warp=0.3)  # fmt: skip
    varied, _ = augment(replace(sequence, body=body), camera, np.random.default_rng(seed))
    assert varied.body is not None
    np.testing.assert_allclose(varied.body[:, :21], varied.landmarks[:, 1], atol=1e-6)
    np.testing.assert_allclose(varied.body[:, 21:42], varied.landmarks[:, 0], atol=1e-6)


def test_a_body_changes_nothing_about_the_hands():
    sequence = holistic_clip("wave", 6)
    with_body, times = augment(sequence, STRONG, np.random.default_rng(5))
    alone, same_times = augment(replace(sequence, body=None), STRONG, np.random.default_rng(5))
    np.testing.assert_array_equal(with_body.landmarks, alone.landmarks)
    np.testing.assert_array_equal(times, same_times)
    assert alone.body is None
