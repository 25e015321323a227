"""The stage: a camera, the picture behind the hands, and the drawing of arms and hands on it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.demo.capsules import EMPTY, Field, cast, join
from capture.demo.flesh import hand_flesh
from capture.demo.hand import Array
from capture.demo.marks import PLAIN, draw_marks, palmar_facing
from capture.demo.shading import (
    Image,
    Light,
    as_image,
    cloth_ramp,
    coloured,
    covered,
    shade,
    skin_ramp,
)
from capture.demo.signer import Colour, Signer

WIDTH: Final = 352
HEIGHT: Final = 288
_CAMERA_DISTANCE: Final = 170.0
"""From the signer, cm."""
_FINE: Final = 2
"""Hands are drawn this much larger, then averaged down."""
_HAND_MARGIN: Final = 2.6
"""Around the joints, cm."""
_SMALLEST_WINDOW: Final = 2
_PALE: Final[Colour] = (165, 185, 240)
_PALM_LIGHTENING: Final = 0.35
_SHADOW: Final = (0.35, 3.0)
"""How dark the shadow of a hand is, and how far from it, cm."""


@dataclass(frozen=True, slots=True)
class Camera:
    scale: float = 3.85
    """Of a centimetre at the signer, px."""
    centre: tuple[float, float] = (WIDTH / 2, 142.0)
    """Where the middle between the shoulders is, px."""
    roll: float = 0.0
    """Radians."""

    def project(self, points: Array) -> Field:
        """Return columns, rows and heights in pixels, shape as `points` (..., 3) in cm."""
        scale = self.scale_at(points[..., 2])[..., None]
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        x = cosine * points[..., 0] - sine * points[..., 1]
        y = sine * points[..., 0] + cosine * points[..., 1]
        seen = np.stack([x, -y, points[..., 2]], axis=-1) * scale
        seen[..., :2] += self.centre
        return np.asarray(seen, np.float32)

    def scale_at(self, depth: Array) -> Array:
        return self.scale * _CAMERA_DISTANCE / (_CAMERA_DISTANCE - depth)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm in one frame, seen by the camera, px."""

    joints: Field
    """shape=(21, 3)."""
    elbow: Field
    shoulder: Field
    cm: float
    """The length of a centimetre at the wrist."""
    palmar_sign: float
    """1 for a right arm, -1 for a left one."""


def draw_arm(picture: Image, arm: Arm, signer: Signer, light: Light) -> None:
    """Draw one arm on the picture, over all that is there."""
    cuff = arm.joints[0] + (arm.elbow - arm.joints[0]) * np.float32(signer.bare)
    sleeve = (
        (arm.shoulder, arm.elbow, 5.6 * arm.cm, 4.6 * arm.cm),
        (arm.elbow, cuff, 4.6 * arm.cm, 3.6 * arm.cm),
    )
    _draw_sleeve(picture, sleeve, signer, light, arm.cm)
    _draw_hand(picture, arm, cuff, sleeve[1], signer, light)


def _draw_sleeve(
    picture: Image,
    sleeve: tuple[tuple[Field, Field, float, float], ...],
    signer: Signer,
    light: Light,
    cm: float,
) -> None:
    window = _window(np.array([end for part in sleeve for end in part[:2]]), 6 * cm)
    if window is None:
        return
    heights = _heights(sleeve, window, 1)
    brightness = shade(heights, light, 2.0 * cm)
    alpha = cv2.blur(covered(heights).astype(np.float32), (3, 3))
    _lay(picture[window], coloured(brightness, cloth_ramp(signer.sleeve)), alpha)


def _draw_hand(
    picture: Image,
    arm: Arm,
    cuff: Field,
    sleeve: tuple[Field, Field, float, float],
    signer: Signer,
    light: Light,
) -> None:
    window = _window(np.vstack([arm.joints, cuff[None]]), _HAND_MARGIN * arm.cm)
    if window is None:
        return
    rows, cols = window
    origin = np.array([cols.start, rows.start, 0], np.float32)
    size = ((rows.stop - rows.start) * _FINE, (cols.stop - cols.start) * _FINE)
    fine_cm = arm.cm * _FINE
    fine_joints = (arm.joints - origin) * _FINE
    flesh = hand_flesh(fine_joints, (cuff - origin) * _FINE, fine_cm, signer.hand.thickness, size)
    marks = draw_marks(fine_joints, flesh.radii, flesh.heights, flesh.palm, arm.palmar_sign)
    brightness = shade(flesh.heights, light, 0.6 * fine_cm) * (marks * np.float32(1 / PLAIN))
    visible = covered(flesh.heights) & (flesh.heights > _heights((sleeve,), window, _FINE))
    skin = coloured(brightness, skin_ramp(_skin_side(signer, arm)))
    weight = visible.astype(np.float32)
    alpha = _averaged(weight)
    colour = _averaged(skin * weight[..., None]) / np.maximum(alpha, 1e-3)[..., None]
    _cast_shadow(picture, window, alpha, light, arm.cm)
    _lay(picture[window], colour, alpha)


def _skin_side(signer: Signer, arm: Arm) -> Colour:
    """Return the colour of the side that shows: palms are lighter than backs."""
    part = _PALM_LIGHTENING * max(palmar_facing(arm.joints, arm.palmar_sign), 0.0)
    blue, green, red = (
        round(back + (light - back) * part) for back, light in zip(signer.skin, _PALE, strict=True)
    )
    return blue, green, red


def _heights(
    parts: tuple[tuple[Field, Field, float, float], ...], window: tuple[slice, slice], fine: int
) -> Field:
    rows, cols = window
    origin = np.array([cols.start, rows.start, 0], np.float32)
    size = ((rows.stop - rows.start) * fine, (cols.stop - cols.start) * fine)
    field = np.full(size, EMPTY, np.float32)
    for start, end, r_start, r_end in parts:
        patch = cast(
            (start - origin) * fine, (end - origin) * fine, (r_start * fine, r_end * fine), size
        )
        if patch is not None:
            join(field, patch)
    return field


def _window(points: Field, margin: float) -> tuple[slice, slice] | None:
    """Return the rows and columns of the picture around the points, None outside it."""
    low = np.floor(points[:, :2].min(axis=0) - margin).astype(int)
    high = np.ceil(points[:, :2].max(axis=0) + margin).astype(int)
    rows = slice(max(int(low[1]), 0), min(int(high[1]), HEIGHT))
    cols = slice(max(int(low[0]), 0), min(int(high[0]), WIDTH))
    least = min(rows.stop - rows.start, cols.stop - cols.start)
    return (rows, cols) if least >= _SMALLEST_WINDOW else None


def _averaged(fine: NDArray[np.float32]) -> Field:
    size = (fine.shape[1] // _FINE, fine.shape[0] // _FINE)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)


def _lay(ground: Image, colour: NDArray[np.generic], alpha: Field) -> None:
    """Lay a colour over the ground, in place."""
    mixed = ground + (colour - ground.astype(np.float32)) * alpha[..., None]
    ground[:] = as_image(mixed + 0.5)


def _cast_shadow(
    picture: Image, window: tuple[slice, slice], alpha: Field, light: Light, cm: float
) -> None:
    """Darken what lies behind a hand, away from the light."""
    darkness, distance = _SHADOW
    aside, down = (-distance * cm * axis for axis in light.direction[:2])
    shift = np.array([[1, 0, aside], [0, 1, down]], np.float32)
    rows, cols = window
    moved = cv2.warpAffine(alpha, shift, (cols.stop - cols.start, rows.stop - rows.start))
    soft = cv2.blur(moved, (round(2 * cm) | 1, round(2 * cm) | 1))
    ground = picture[window]
    ground[:] = (ground * (1 - np.float32(darkness) * soft[..., None])).astype(np.uint8)
