"""Tapered capsules seen from the front, as a field of heights: how near each pixel's surface is.

A capsule is every sphere on the way from one to another. Where the nearest surface lies has a
closed form, so no rays are marched: of the spheres at t in [0, 1], the height at a pixel is
max_t z(t) + sqrt(q(t)), with q(t) = A t^2 + B t + C the squared half chord; it is concave.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

_FLAT: Final = 1e-3
"""A capsule that rises less than this, in pixels, lies square to the view."""
_END_ON: Final = 1.0
"""Less than this, in square pixels, separates the ends of a capsule seen end on."""
_END_ON_SPHERES: Final = 28
EMPTY: Final = np.float32(-1e6)
"""The height where nothing is."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A capsule's heights in the rows and columns that it covers."""

    where: tuple[slice, slice]
    heights: Field


def cast(
    start: Field, end: Field, radii: tuple[float, float], size: tuple[int, int]
) -> Patch | None:
    """Return what one capsule shows in a field, None where it is outside.

    Args:
        start: shape=(3,), columns, rows and height of the first sphere's centre, px.
        end: the same of the last.
        radii: of the two spheres, px.
        size: height and width of the field.
    """
    where = _covered(start, end, max(radii), size)
    if where is None:
        return None
    rows, cols = where
    right = np.arange(cols.start, cols.stop, dtype=np.float32)[None, :] - start[0]
    down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] - start[1]
    step, widening = end - start, radii[1] - radii[0]
    a = float(widening**2 - step[0] ** 2 - step[1] ** 2)
    b = (2 * step[0]) * right + (2 * step[1] * down + np.float32(2 * radii[0] * widening))
    c = np.float32(radii[0] ** 2) - right * right - down * down
    rise = float(step[2])
    heights = _seen_aside(a, b, c, rise) if a < -_END_ON else _seen_end_on(a, b, c, rise)
    return Patch(where, heights + start[2])


def _seen_aside(a: float, b: Field, c: Field, rise: float) -> Field:
    """Return the heights above the first centre where the outline is longer than one circle."""
    along = b * np.float32(-0.5 / a)
    if abs(rise) > _FLAT:
        steepness = a - rise**2
        lift = np.sqrt(np.maximum((b * b - c * np.float32(4 * a)) * np.float32(-steepness), 0))
        along += lift * np.float32(rise / (2 * a * steepness))
    return _heights_at(np.clip(along, 0, 1, out=along), a, b, c, rise)


def _seen_end_on(a: float, b: Field, c: Field, rise: float) -> Field:
    """Return the same where one end's circle hides the other's: the closed form breaks down."""
    steps = np.linspace(0, 1, _END_ON_SPHERES, dtype=np.float32)
    return np.asarray(np.max([_heights_at(t, a, b, c, rise) for t in steps], axis=0), np.float32)


def _heights_at(along: Field | np.float32, a: float, b: Field, c: Field, rise: float) -> Field:
    chord = (along * np.float32(a) + b) * along + c
    heights = np.sqrt(np.maximum(chord, 0)) + along * np.float32(rise)
    heights[chord <= 0] = EMPTY
    return np.asarray(heights, np.float32)


def _covered(
    start: Field, end: Field, radius: float, size: tuple[int, int]
) -> tuple[slice, slice] | None:
    low = np.floor(np.minimum(start, end)[:2] - radius).astype(int)
    high = np.ceil(np.maximum(start, end)[:2] + radius).astype(int) + 1
    cols = slice(max(int(low[0]), 0), min(int(high[0]), size[1]))
    rows = slice(max(int(low[1]), 0), min(int(high[1]), size[0]))
    return None if cols.start >= cols.stop or rows.start >= rows.stop else (rows, cols)


def join(field: Field, patch: Patch) -> None:
    """Add a patch to a field, edges kept."""
    np.maximum(field[patch.where], patch.heights, out=field[patch.where])


def smoothed(field: Field, width: int) -> Field:
    """Return the field softened by a window of that width, px, its outline kept."""
    inside = field > EMPTY / 2
    weight = inside.astype(np.float32)
    surface = np.where(inside, field, np.float32(0))
    for _ in range(2):
        surface, weight = cv2.blur(surface, (width, width)), cv2.blur(weight, (width, width))
    return np.where(inside, surface / (weight + np.float32(1e-6)), EMPTY)
