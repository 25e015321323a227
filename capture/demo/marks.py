"""What tells the palm from the back of a drawn hand: lines of the palm, creases, nails.

All marks are drawn as a factor of brightness, one grey picture a hand, where `PLAIN` changes
nothing.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.demo.capsules import Field
from capture.demo.shading import Image

PLAIN: Final = 128
_CREASE: Final = 92
_NAIL: Final = 150
_NAIL_RIM: Final = 104
_FACING: Final = 0.15
"""How far a side must be turned to the camera for its marks to show, cosine."""
_PALM_LINES: Final = (
    ((0.02, 0.82), (0.22, 0.64), (0.5, 0.38), (0.7, 0.22)),
    ((0.86, 0.02), (0.6, 0.18), (0.34, 0.38), (0.14, 0.5)),
    ((0.82, 0.02), (0.52, 0.15), (0.28, 0.16), (0.08, 0.04)),
)
"""In parts of the ways from the wrist to the index's and the pinky's knuckle."""
_FINGER_ROOTS: Final = (5, 9, 13, 17)
_SUBPIXEL: Final = 4


def draw_marks(
    joints: Field, radii: Field, heights: Field, palm: Field, palmar_sign: float
) -> Image:
    """Return the marks of one hand.

    Args:
        joints: shape=(21, 3), columns, rows, heights, px.
        radii: of the flesh around each joint, shape=(21,), px.
        heights: of the whole hand.
        palm: of the palm alone.
        palmar_sign: 1 for a right hand, -1 for a left one.
    """
    canvas = np.full(heights.shape, PLAIN, np.uint8)
    if palmar_facing(joints, palmar_sign) > _FACING:
        _draw_palm_lines(canvas, joints)
        canvas[heights > palm + radii[8] * np.float32(0.3)] = PLAIN
    across = _unit(joints[5] - joints[17])
    for root in _FINGER_ROOTS:
        for first in range(root, root + 3):
            bone = _unit(joints[first + 1] - joints[first])
            outward = _palmar(across, bone, palmar_sign)
            _draw_crease(canvas, joints, first, (across, outward), radii, heights)
        _draw_nail(
            canvas, joints[root + 2 : root + 4], (across, -outward), radii[root + 3], heights
        )
    bend = _unit(np.cross(joints[3] - joints[2], joints[4] - joints[3]))
    bone = _unit(joints[4] - joints[3])
    thumb_back = _unit(np.cross(bone, bend)) if float(np.abs(bend).sum()) > 0 else across
    _draw_nail(canvas, joints[3:5], (bend, thumb_back), radii[4], heights)
    return canvas


def palmar_facing(joints: Field, palmar_sign: float) -> float:
    """Return how far the palm is turned to the camera, -1 to 1."""
    across, along = joints[5] - joints[17], joints[9] - joints[0]
    return float(_palmar(_unit(across), _unit(along), palmar_sign)[2])


def _palmar(across: Field, bone: Field, palmar_sign: float) -> Field:
    """Return the direction out of the palmar side of a bone; rows count down, hence the minus."""
    return _unit(np.cross(across, bone)) * np.float32(-palmar_sign)


def _unit(vector: Field) -> Field:
    return np.asarray(vector / (np.linalg.norm(vector) + 1e-6), np.float32)


def _fixed(points: Field) -> NDArray[np.int32]:
    return np.asarray(np.round(points[..., :2] * (1 << _SUBPIXEL)), np.int32)


def _draw_palm_lines(canvas: Image, joints: Field) -> None:
    to_index, to_pinky = joints[5] - joints[0], joints[17] - joints[0]
    for line in _PALM_LINES:
        points = np.array([joints[0] + to_index * a + to_pinky * b for a, b in line])
        cv2.polylines(canvas, [_fixed(points)], False, _CREASE, 1, cv2.LINE_AA, _SUBPIXEL)


def _draw_crease(
    canvas: Image,
    joints: Field,
    joint: int,
    frame: tuple[Field, Field],
    radii: Field,
    heights: Field,
) -> None:
    """Draw the fold across a finger's joint, on whichever side shows."""
    across, outward = frame
    side = 1.0 if outward[2] > 0 else -1.0
    place, radius = joints[joint], float(radii[joint])
    if joint in _FINGER_ROOTS:
        if side < 0:
            return
        place = place + (joints[joint + 1] - place) * np.float32(0.45)
    surface = place + outward * np.float32(side * radius)
    if abs(float(outward[2])) < 3 * _FACING or not _shows(surface, heights, radius):
        return
    ends = np.array([surface - across * radius * 0.75, surface + across * radius * 0.75])
    cv2.polylines(canvas, [_fixed(ends)], False, _CREASE, 1, cv2.LINE_AA, _SUBPIXEL)


def _draw_nail(
    canvas: Image, bone: Field, frame: tuple[Field, Field], radius: float, heights: Field
) -> None:
    """Draw the nail on the back of a fingertip, where the back shows."""
    across, outward = frame
    along = _unit(bone[1] - bone[0])
    centre = bone[1] - along * np.float32(0.25 * radius) + outward * np.float32(0.9 * radius)
    if float(outward[2]) < _FACING or not _shows(centre, heights, radius):
        return
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False, dtype=np.float32)[:, None]
    for grey, size in ((_NAIL_RIM, 1.0), (_NAIL, 0.8)):
        oval = centre + size * radius * (0.95 * np.cos(turn) * along + 0.72 * np.sin(turn) * across)
        cv2.fillPoly(canvas, [_fixed(oval)], grey, cv2.LINE_AA, _SUBPIXEL)


def _shows(point: Field, heights: Field, tolerance: float) -> bool:
    """Tell whether a point of the surface is not hidden by another part of the hand."""
    column, row = round(float(point[0])), round(float(point[1]))
    if not (0 <= row < heights.shape[0] and 0 <= column < heights.shape[1]):
        return False
    return bool(heights[row, column] < point[2] + tolerance)
