"""The flesh on the bones: which capsules make a hand, and the field of heights they give."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from capture.demo.capsules import EMPTY, Field, cast, join, smoothed
from store.skeleton import FINGERTIPS

_THUMB: Final = ((1, 2), (2, 3), (3, 4))
_FINGERS: Final = tuple(
    tuple((first + bone, first + bone + 1) for bone in range(3)) for first in (5, 9, 13, 17)
)
_RADII: Final = (
    1.75, 1.6, 1.08, 0.92, 0.74,
    0.98, 0.86, 0.76, 0.62,
    1.0, 0.88, 0.78, 0.64,
    0.95, 0.82, 0.73, 0.6,
    0.86, 0.7, 0.62, 0.52,
)  # fmt: skip
"""Of the flesh around each joint, cm."""
_TIP_SHORTENING: Final = 0.15
"""The tip landmark lies under the nail: the flesh ends a little beyond it, in bone lengths."""
_PALM_SOFTNESS: Final = 1.3


@dataclass(frozen=True, slots=True)
class Flesh:
    """A hand's surface."""

    heights: Field
    """shape=(rows, columns), px, `EMPTY` where there is no hand."""
    palm: Field
    """The same of the palm and forearm alone."""
    radii: Field
    """Of the flesh around each joint, shape=(21,), px."""


def hand_flesh(
    joints: Field, elbow: Field, cm: float, thickness: float, size: tuple[int, int]
) -> Flesh:
    """Return the surface of one hand and the bare part of its forearm.

    Args:
        joints: shape=(21, 3), columns, rows and heights, px.
        elbow: shape=(3,).
        cm: the length of a centimetre, px.
        thickness: factor of all radii.
        size: rows and columns of the field.
    """
    unit = cm * thickness
    radii = np.asarray(_RADII, np.float32) * np.float32(unit)
    palm = _palm_field(joints, elbow, radii, unit, size)
    heights = palm.copy()
    for bones in (_THUMB, *_FINGERS):
        for first, last in bones:
            end = joints[last]
            if last in FINGERTIPS:
                end = end - (end - joints[first]) * np.float32(_TIP_SHORTENING)
            patch = cast(joints[first], end, (radii[first], radii[last]), size)
            if patch is not None:
                join(heights, patch)
    return Flesh(heights, palm, radii)


def _palm_field(
    joints: Field, elbow: Field, radii: Field, unit: float, size: tuple[int, int]
) -> Field:
    """Return the palm, the ball of the thumb and the forearm as one soft surface."""
    across = joints[5] - joints[17]
    radial, ulnar = joints[0] + across * 0.2, joints[0] - across * 0.2
    arm = elbow - joints[0]
    web = (joints[1] + joints[2]) / 2
    r_wrist = 1.2 * unit
    field = np.full(size, EMPTY, np.float32)
    roots = [
        (
            joints[first],
            joints[first] + (joints[last] - joints[first]) * 0.4,
            radii[first],
            radii[first],
        )
        for (first, last), *_ in _FINGERS
    ]
    for start, end, r_start, r_end in (
        (radial, joints[5], r_wrist, radii[5]),
        ((radial + joints[0]) / 2, (joints[5] + joints[9]) / 2, r_wrist, radii[5]),
        (joints[0], joints[9], r_wrist, radii[9]),
        (joints[0], (joints[9] + joints[13]) / 2, r_wrist, radii[13]),
        ((ulnar + joints[0]) / 2, joints[13], r_wrist, radii[13]),
        (ulnar, (joints[13] + joints[17]) / 2, r_wrist, radii[17]),
        (ulnar, joints[17], r_wrist * 1.08, radii[17]),
        (joints[1], joints[2], radii[1], radii[2]),
        (web, joints[0] + (joints[5] - joints[0]) * 0.75, 1.15 * unit, 0.8 * unit),
        (radial, radial + arm, r_wrist, r_wrist * 1.7),
        (joints[0], elbow, r_wrist, r_wrist * 1.7),
        (ulnar, ulnar + arm, r_wrist, r_wrist * 1.8),
        *roots,
    ):
        patch = cast(start, end, (float(r_start), float(r_end)), size)
        if patch is not None:
            join(field, patch)
    return smoothed(field, round(_PALM_SOFTNESS * unit))
