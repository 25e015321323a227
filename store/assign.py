"""Which of two detected hands is the left and which the right one.

MediaPipe gives hands in order of detection; that order says nothing about the signer. Here each
sequence is solved as a whole by the Viterbi algorithm with two states a frame (the detections as
they are, or exchanged): a step costs how far the hands would have to jump, a state gains what each
detection shows of its own name. So hands keep their names through frames that show nothing, and an
optimal 2 x 2 assignment holds in every step.

What a detection shows of its name, as log-odds of being the right hand:
the handedness label of the detector where there is one; the chirality of the joints in space
(normalised volumes spanned by palm and fingers, which a mirror negates and a rotation leaves
alone); and the place, since a signer's right hand is mostly on the image's left.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.skeleton import KNUCKLES, LEFT, RIGHT, WRIST

_SPAN: Final = (5, 17)
"""The knuckles of index finger and pinky: with the wrist, the plane of the palm."""
_AGAINST_PALM: Final = ((4, 5.9), (18, 3.8), (20, 17.4))
"""Landmarks whose side of the palm tells the hand, with their log-odds.

Fitted by logistic regression to MediaPipe's own labels of 9,559 detections in 156 WLASL clips; the
five-fold accuracy by clips, of single detections, is 93 % together with the place.
"""
_PLACE: Final = 13.8
"""Log-odds for each image width that a hand lies left of the image's middle. From the same fit."""
_EVIDENCE_CAP: Final = 4.0
_FRAME_WEIGHT: Final = 0.4
"""Neighbouring frames err together, so each counts less than one of its own."""
_LABEL_WEIGHT: Final = 1.0
_STEP: Final = 0.3
"""Usual way of a hand between two frames, in hand sizes."""
_JUMP: Final = 8.0
"""Cost of a jump of any length: a detection may also be of a hand not seen before."""
_MEMORY: Final = 6.0
"""Frames after which a lost hand's place counts 1/e."""
_ASPECT: Final = 1.5
"""Taken where a clip's shape is unknown; WLASL's usual one."""

_Place = tuple[float, float, float]
"""x and y of the palm and its size, in image heights."""
_Hand = tuple[_Place, int]
"""A hand's last place and the frame it was seen in."""
_Hands = tuple[_Hand | None, _Hand | None]


def assign_slots(
    landmarks: NDArray[np.float32],
    handedness: NDArray[np.float32] | None = None,
    *,
    aspect: float = 0.0,
) -> NDArray[np.float32]:
    """Move each detection into the slot of its hand: left 0, right 1.

    Args:
        landmarks: shape=(frames, 2, 21, 3), hands in order of detection, NaN where absent; x and y
            in image widths and heights.
        handedness: shape=(frames, 2), the detector's probability that the hand is a right one, as
            seen in an unmirrored picture (MediaPipe's own label means the mirrored one: exchange
            it); NaN where unknown.
        aspect: width / height of the pictures, 0 where unknown.

    Returns:
        shape=(frames, 2, 21, 3), a new array with the same detections.
    """
    swapped = find_swaps(landmarks, handedness, aspect=aspect)
    named = np.array(landmarks, dtype=np.float32)
    named[swapped] = named[swapped, ::-1]
    return named


def find_swaps(
    landmarks: NDArray[np.float32],
    handedness: NDArray[np.float32] | None = None,
    *,
    aspect: float = 0.0,
) -> NDArray[np.bool_]:
    """Say for each frame whether its two detections must be exchanged.

    Args:
        landmarks: as for `assign_slots`.
        handedness: as for `assign_slots`.
        aspect: as for `assign_slots`.

    Returns:
        shape=(frames,).
    """
    present = np.isfinite(landmarks[:, :, WRIST, 0])
    frames = np.flatnonzero(present.any(axis=1))
    swaps = np.zeros(len(landmarks), np.bool_)
    if not len(frames):
        return swaps
    shown = landmarks[frames].astype(np.float64)
    evidence = _FRAME_WEIGHT * _evidence(shown, None if handedness is None else handedness[frames])
    # A detection in slot 0 gains by being named left, one in slot 1 by being named right.
    gains = np.nan_to_num(evidence[:, 1]) - np.nan_to_num(evidence[:, 0])
    swaps[frames] = _best_path(_places(shown, aspect), gains.tolist(), frames.tolist())
    return swaps


def chirality(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-odds of each hand being a right one, from the shape of its joints alone.

    Args:
        landmarks: shape=(..., 21, 3).

    Returns:
        shape=(...), positive for a right hand seen in an unmirrored picture.
    """
    rays = landmarks - landmarks[..., WRIST, None, :]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True) + 1e-9
    normal = np.cross(rays[..., _SPAN[0], :], rays[..., _SPAN[1], :])
    points = [index for index, _ in _AGAINST_PALM]
    weights = np.array([weight for _, weight in _AGAINST_PALM])
    sides: NDArray[np.float64] = np.einsum("...pi,...i->...p", rays[..., points, :], normal)
    result: NDArray[np.float64] = sides @ weights
    return result


def _evidence(
    shown: NDArray[np.float64], handedness: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """Return each detection's log-odds of being the right hand, shape=(frames, 2)."""
    middle = shown[:, :, (WRIST, *KNUCKLES), 0].mean(axis=-1)
    total = chirality(shown) + _PLACE * (0.5 - middle)
    if handedness is not None:
        chance = np.clip(handedness, 0.01, 0.99).astype(np.float64)
        total += _LABEL_WEIGHT * np.nan_to_num(np.log(chance / (1.0 - chance)))
    clipped: NDArray[np.float64] = np.clip(total, -_EVIDENCE_CAP, _EVIDENCE_CAP)
    return clipped


def _places(shown: NDArray[np.float64], aspect: float) -> list[list[_Place | None]]:
    flat = shown[..., :2] * (aspect or _ASPECT, 1.0)
    palm = flat[:, :, (WRIST, *KNUCKLES)]
    centre = palm.mean(axis=2)
    size = np.linalg.norm(palm[:, :, 1:] - palm[:, :, :1], axis=-1).mean(axis=-1)
    rows = np.concatenate([centre, size[..., None]], axis=-1)
    there = np.isfinite(rows).all(axis=-1).tolist()
    return [
        [(x, y, s) if seen else None for (x, y, s), seen in zip(row, seens, strict=True)]
        for row, seens in zip(rows.tolist(), there, strict=True)
    ]


def _best_path(
    places: list[list[_Place | None]], gains: list[float], frames: list[int]
) -> list[bool]:
    """Viterbi over two states a frame; each state remembers where it last saw both hands."""
    costs = [0.0, 0.0]
    memory: list[_Hands] = [(None, None), (None, None)]
    steps: list[tuple[int, int]] = []
    for (first, second), gain, frame in zip(places, gains, frames, strict=True):
        new_costs, new_memory, origins = [], [], []
        for state, (left, right) in enumerate(((first, second), (second, first))):
            options = [
                costs[before]
                + _jump(memory[before][LEFT], left, frame)
                + _jump(memory[before][RIGHT], right, frame)
                for before in (0, 1)
            ]
            # Ties keep the state, so that names never change without a reason.
            origin = state if options[state] <= options[1 - state] else 1 - state
            origins.append(origin)
            new_costs.append(options[origin] + (gain if state else -gain))
            kept = memory[origin]
            new_memory.append(
                (
                    kept[LEFT] if left is None else (left, frame),
                    kept[RIGHT] if right is None else (right, frame),
                )
            )
        costs, memory = new_costs, new_memory
        steps.append((origins[0], origins[1]))
    return _trace(steps, int(costs[1] < costs[0]))


def _trace(steps: list[tuple[int, int]], state: int) -> list[bool]:
    states = []
    for origins in reversed(steps):
        states.append(bool(state))
        state = origins[state]
    return states[::-1]


def _jump(last: _Hand | None, now: _Place | None, frame: int) -> float:
    if last is None or now is None:
        return 0.0
    (x, y, size), seen = last
    gap = frame - seen
    step = _STEP * gap * (max(size, now[2]) + 1e-6)
    return min(math.hypot(now[0] - x, now[1] - y) / step, _JUMP) * math.exp((1 - gap) / _MEMORY)
