"""Variation of training clips, drawn anew for each epoch, on the landmarks themselves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.config import AugmentConfig
from ml.features import Floats
from store.landmarks import Sequence
from store.skeleton import N_COORDS, N_SLOTS, WRIST, mirror, mirror_body
from store.splits import CopyKind

_UNKNOWN_FPS: Final = 25.0
_UNKNOWN_ASPECT: Final = 1.6
_SLOW_FRAMES: Final = 30
_NOISE: Final = 0.03
_FIRST_OF_FINGERS: Final = (1, 5, 9, 13, 17)


def augment(
    sequence: Sequence, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Sequence, NDArray[np.float64]]:
    """Return the clip as another signer, camera and detector might have given it, with its times.

    Times are seconds, shape=(frames,).
    """
    landmarks, body = sequence.landmarks, sequence.body
    times = np.arange(len(landmarks)) / (sequence.fps or _UNKNOWN_FPS)
    keep = _kept_frames(len(landmarks), config, rng)
    landmarks, times = landmarks[keep], warp(times, config.warp, rng)[keep]
    body = None if body is None else body[keep]
    if rng.random() < config.mirror:
        landmarks = mirror(landmarks)
        body = None if body is None else mirror_body(body)
    landmarks = _turn_hands(landmarks, config, rng)
    camera = _draw_camera(sequence.aspect or _UNKNOWN_ASPECT, config, rng)
    landmarks = _transform(landmarks, camera)
    body = None if body is None else _transform(body, camera)
    landmarks = _hide(_lose_hands(landmarks, config, rng), config, rng)
    return Sequence(landmarks, sequence.fps, sequence.aspect, body=body), times


def _kept_frames(frames: int, config: AugmentConfig, rng: np.random.Generator) -> NDArray[np.intp]:
    first = int(frames * rng.uniform(0, config.crop))
    last = frames - int(frames * rng.uniform(0, config.crop))
    index = np.arange(first, max(last, first + 1))
    kept = index[rng.random(len(index)) >= rng.uniform(0, config.drop_frames)]
    return kept if len(kept) else index


def warp(
    times: NDArray[np.float64], strength: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Bend the time line: it still rises, and its ends stay. shape=(frames,)."""
    if len(times) <= 2 or strength == 0:  # noqa: PLR2004
        return times
    knots = np.linspace(0, 1, 5)
    steps = np.exp(rng.normal(0, strength * 1.6, len(knots) - 1))
    bent = np.concatenate([[0], np.cumsum(steps) / steps.sum()])
    span = times[-1] - times[0]
    return np.asarray(times[0] + span * np.interp((times - times[0]) / span, knots, bent))


def _turn_hands(landmarks: Floats, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Turn, grow and shift each hand about its wrist, and shake its landmarks."""
    wrist = landmarks[:, :, WRIST : WRIST + 1]
    shape = landmarks - wrist
    size = float(np.nanmedian(np.linalg.norm(shape[:, :, 9], axis=-1))) if len(shape) else 0.0
    size = size if np.isfinite(size) else 0.0
    about_x, about_y = np.deg2rad(rng.uniform(-config.tilt_deg, config.tilt_deg, 2))
    shape = shape @ (_rotation(1, about_x) @ _rotation(0, about_y)).T.astype(np.float32)
    shape = shape * np.float32(np.exp(rng.uniform(-config.hand_scale, config.hand_scale)))
    shape = shape + rng.normal(0, config.noise * size, shape.shape).astype(np.float32)
    shift = np.zeros((1, N_SLOTS, 1, N_COORDS), np.float32)
    shift[..., :2] = rng.normal(0, config.place * size, (1, N_SLOTS, 1, 2))
    return np.asarray(wrist + shape + shift, np.float32)


def _rotation(axis: int, angle: float) -> NDArray[np.float64]:
    """Rotation about axis 0 (y) or 1 (x) of the image, mixing it with depth."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    matrix[axis, axis] = matrix[2, 2] = cos
    matrix[axis, 2], matrix[2, axis] = sin, -sin
    return matrix


def _draw_camera(
    aspect: float, config: AugmentConfig, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """A matrix that turns, stretches and shears the image about its middle, and where that goes."""
    angle = np.deg2rad(rng.uniform(-config.rotate_deg, config.rotate_deg))
    cos, sin = np.cos(angle), np.sin(angle)
    shear = rng.uniform(-config.shear, config.shear)
    stretch = np.diag(np.exp(rng.uniform(-config.scale, config.scale, 2)))
    square = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, shear], [0, 1]]) @ stretch
    # To heights and back: x comes in widths.
    matrix = (np.diag([1 / aspect, 1.0]) @ square @ np.diag([aspect, 1.0])).T.astype(np.float32)
    shift = rng.uniform(-config.shift, config.shift, 2) / (aspect, 1.0)
    return matrix, (0.5 + shift).astype(np.float32)


def _transform(points: Floats, camera: tuple[Floats, Floats]) -> Floats:
    """Points as another camera sees them, shape=(…, 3)."""
    matrix, middle = camera
    moved = points.copy()
    moved[..., :2] = (points[..., :2] - 0.5) @ matrix + middle
    return moved


def _lose_hands(landmarks: Floats, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    lost = landmarks.copy()
    for slot in range(N_SLOTS):
        if rng.random() < config.drop_span:
            length = int(len(lost) * rng.uniform(0.05, 0.35))
            start = int(rng.integers(0, max(len(lost) - length, 1)))
            lost[start : start + length, slot] = np.nan
    return lost


def _hide(landmarks: Floats, config: AugmentConfig, rng: np.random.Generator) -> Floats:
    """Lose all hands for a stretch, and put fingers but for their knuckles at the wrist.

    Nothing is drawn where neither is asked for.
    """
    if not (config.frame_mask or config.finger_mask):
        return landmarks
    hidden = landmarks.copy()
    if rng.random() < config.frame_mask:
        hidden[_stretch(len(hidden), 0.05, 0.25, rng)] = np.nan
    for slot in range(N_SLOTS):
        for knuckle in _FIRST_OF_FINGERS:
            if rng.random() < config.finger_mask:
                part = _stretch(len(hidden), 0.2, 1.0, rng)
                hidden[part, slot, knuckle + 1 : knuckle + 4] = hidden[part, slot, WRIST, None]
    return hidden


def _stretch(frames: int, least: float, most: float, rng: np.random.Generator) -> slice:
    length = int(frames * rng.uniform(least, most))
    start = int(rng.integers(0, max(frames - length, 1)))
    return slice(start, start + length)


def notebook_copy(frames: Floats, copy: CopyKind, rng: np.random.Generator) -> Floats:
    """One of the notebook's copies of normalised frames. shape=(frames, 126), length changes."""
    if copy == "slow":
        index = np.arange(len(frames))
        repeats = np.where((index % 3 == 0) & (index > 0), 2, 1)
        return frames[np.repeat(index, repeats)][:_SLOW_FRAMES]
    if copy == "fast":
        return frames[::2]
    if copy == "noise":
        return frames + rng.normal(0.0, _NOISE, frames.shape).astype(np.float32)
    return frames
