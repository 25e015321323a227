"""From landmarks to the input of a model: the one function that training and live share.

`slots` (the default): the two named hands. Per frame and hand: the place of the palm about the
clip's centre and the shape of the hand about its wrist, both in hand sizes and so free of where
and how large the signer stands, and the velocities of both; then the place of the palm in the
image, since signs such as MOTHER and FATHER differ in nothing else; and whether the hand is there.
`holistic`: the same of holistic landmarks, then what `ml.body` tells of hands, body and lips.
`notebook`: the features of the notebook that signtui replaces, flaws included.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.body import N_BODY_CHANNELS, describe_body
from ml.config import FeatureConfig
from ml.errors import ConfigError
from ml.resampling import isotropic, resample
from store.landmarks import Sequence
from store.skeleton import KNUCKLES, N_COORDS, N_LANDMARKS, N_SLOTS, WRIST

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_PALM: Final = (WRIST, *KNUCKLES)
_MIDDLE_KNUCKLE: Final = 9
_UNKNOWN_FPS: Final = 25.0
_SHAPE: Final = (N_LANDMARKS - 1) * N_COORDS
_BLOCK: Final = 2 + _SHAPE + 2 + _SHAPE
"""Channels of one hand: place, shape, and the velocities of both."""
N_INVARIANT: Final = N_SLOTS * _BLOCK + 2
"""The blocks of both hands and the way from the left to the right one: freed of place and size."""
N_CHANNELS: Final = N_INVARIANT + N_SLOTS * 2 + N_SLOTS
"""Then the place of each palm in the image, and the presence of each hand. `holistic` has its
further channels before the presence."""
_NOTEBOOK_CHANNELS: Final = N_SLOTS * N_LANDMARKS * N_COORDS
_SMALLEST: Final = 1e-6
_PLACE_GAIN: Final = 0.5
_VELOCITY_GAIN: Final = 3.0
_IMAGE_GAIN: Final = 3.0
"""Bring places and velocities to about the size of the shapes, 1."""


def channels(config: FeatureConfig) -> int:
    """How many values a frame has."""
    if config.kind == "notebook":
        return _NOTEBOOK_CHANNELS
    return N_CHANNELS + (N_BODY_CHANNELS if config.kind == "holistic" else 0)


def extract_features(
    sequence: Sequence, config: FeatureConfig, *, timestamps: NDArray[np.float64] | None = None
) -> Floats:
    """Turn a sequence of any length into the input of a model.

    Args:
        sequence: landmarks in named slots, NaN where a hand is absent.
        config: kept in the bundle, so that live does what training did.
        timestamps: seconds, rising, shape=(frames,); None: evenly spaced at the clip's rate.

    Returns:
        shape=(length, channels). But for `notebook` the last two channels are the presence of the left
        and the right hand; where it is 0 the other values of that hand are 0 and mean nothing:
        the model replaces them by something it learns.

    Raises:
        ConfigError: `holistic` features of a sequence that has hands alone.
    """
    if config.kind == "notebook":
        return notebook_window(notebook_frames(sequence.landmarks), config)
    if timestamps is None:
        timestamps = np.arange(len(sequence)) / (sequence.fps or _UNKNOWN_FPS)
    return _slot_features(sequence, config, timestamps)


def _slot_features(sequence: Sequence, config: FeatureConfig, times: NDArray[np.float64]) -> Floats:
    seen = np.flatnonzero(sequence.present.any(axis=1))
    if not len(seen):
        return np.zeros((config.length, channels(config)), np.float32)
    aspect = sequence.aspect or config.aspect
    points = isotropic(sequence.landmarks, aspect)
    grid = np.linspace(times[seen[0]], times[seen[-1]], config.length)
    points, present = resample(points, times, grid, config.max_gap_s)
    hands = _describe(points, present, np.array([aspect / 2, 0.5], np.float32))
    if config.kind != "holistic":
        return hands
    if sequence.body is None:
        raise ConfigError(
            "This model reads holistic landmarks, and these are of hands alone.",
            hint="Run: signtui extract --landmarks holistic",
        )
    body = isotropic(sequence.body, aspect)
    palms = points[:, :, _PALM, :2].mean(axis=2)
    beside = describe_body(body, times, grid, palms, present, config.max_gap_s)
    return np.concatenate([hands[:, :-N_SLOTS], beside, hands[:, -N_SLOTS:]], axis=1)


def _describe(points: Floats, present: Mask, middle: Floats) -> Floats:
    """Channels of resampled hands in an image with this middle.

    points shape=(length, 2, 21, 3), present shape=(length, 2), middle shape=(2,).
    """
    palm = points[:, :, _PALM, :2].mean(axis=2)
    size = hand_size(points, present)
    centre = palm[present].mean(axis=0)
    place = (palm - centre) / size * _PLACE_GAIN
    shape = (points[:, :, 1:] - points[:, :, :1]) / size
    shape = shape.reshape(len(points), N_SLOTS, _SHAPE)
    still = np.concatenate([place, shape], axis=2)
    block = np.concatenate([still, _velocity(still, present)], axis=2) * present[..., None]
    apart = (place[:, 1] - place[:, 0]) * present.all(axis=1)[:, None]
    seen = (palm - middle) * _IMAGE_GAIN * present[..., None]
    parts = [block.reshape(len(points), -1), apart, seen.reshape(len(points), -1), present]
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def hand_size(points: Floats, present: Mask) -> float:
    """The clip's unit of length: a large palm among its frames, wrist to middle knuckle."""
    palm = points[:, :, _MIDDLE_KNUCKLE] - points[:, :, WRIST]
    lengths = np.linalg.norm(palm[..., :2], axis=-1)[present]
    return max(float(np.quantile(lengths, 0.8)), _SMALLEST)


def _velocity(values: Floats, present: Mask) -> Floats:
    """Central differences, 0 where a neighbour is absent. shape=(length, 2, n)."""
    step = np.zeros_like(values)
    step[1:-1] = (values[2:] - values[:-2]) * _VELOCITY_GAIN / 2
    both = present[2:] & present[:-2]
    step[1:-1] *= both[..., None]
    return step


def notebook_frames(landmarks: Floats) -> Floats:
    """The notebook's normalised frames: zeros for absent hands, then min-max over all 126 values.

    It kept hands in their order of detection, which nobody knows afterwards: here a hand that is
    alone comes first and of two the right one does.

    Args:
        landmarks: shape=(frames, 2, 21, 3), NaN where absent.

    Returns:
        shape=(frames, 126)
    """
    ordered = landmarks[:, ::-1].copy()
    alone = np.isnan(ordered[:, 0, 0, 0])
    ordered[alone] = ordered[alone, ::-1]
    flat = np.nan_to_num(ordered.reshape(len(ordered), _NOTEBOOK_CHANNELS), nan=0.0)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    return np.where(high > low, (flat - low) / spread, flat).astype(np.float32)


def notebook_window(frames: Floats, config: FeatureConfig) -> Floats:
    """The first frames, the last one repeated. shape=(frames, 126) to (length, 126)."""
    if not len(frames):
        return np.zeros((config.length, _NOTEBOOK_CHANNELS), np.float32)
    window = frames[np.minimum(np.arange(config.length), len(frames) - 1)]
    return np.asarray(window / config.divide_by, np.float32)
