"""Landmarks in one unit, and at evenly spaced times."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def isotropic(landmarks: Floats, aspect: float) -> Floats:
    """Give x, y and z one unit, the height of the image; x and z come in widths.

    Shape and type stay.
    """
    return np.asarray(landmarks * np.array([aspect, 1.0, aspect], np.float32), np.float32)


def resample(
    points: Floats, times: NDArray[np.float64], grid: NDArray[np.float64], max_gap_s: float
) -> tuple[Floats, Mask]:
    """Read hands, or other parts, at other times, in straight lines between frames that have them.

    Args:
        points: shape=(frames, parts, points, 3), NaN where a part is absent.
        times: seconds of the frames, rising.
        grid: seconds to read at, shape=(length,).
        max_gap_s: a longer stretch without a part stays one.

    Returns:
        Points, shape=(length, parts, points, 3), 0 where absent, and presence, (length, parts).
    """
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    reach = max(max_gap_s, 1.5 * step)
    out = np.zeros((len(grid), *points.shape[1:]), np.float32)
    present = np.zeros((len(grid), points.shape[1]), np.bool_)
    for slot in range(points.shape[1]):
        known = np.flatnonzero(~np.isnan(points[:, slot, 0, 0]))
        if len(known):
            there, values = _read(points[known, slot], times[known], grid, reach, step / 2)
            out[there, slot] = values
            present[:, slot] = there
    return out, present


def _read(
    points: Floats,
    times: NDArray[np.float64],
    grid: NDArray[np.float64],
    reach: float,
    near: float,
) -> tuple[Mask, Floats]:
    after = np.clip(np.searchsorted(times, grid), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    before = np.where(times[after] <= grid, after, before)
    after = np.where(times[before] >= grid, before, after)
    gap = times[after] - times[before]
    nearest = np.minimum(np.abs(grid - times[before]), np.abs(times[after] - grid))
    there = (nearest <= near + 1e-9) | (
        (gap <= reach) & (times[before] <= grid) & (grid <= times[after])
    )
    weight = np.divide(grid - times[before], gap, out=np.zeros_like(grid), where=gap > 0)
    weight = np.where(gap > reach, np.round(weight), weight)
    weight = weight.clip(0, 1).astype(np.float32)[there, None, None]
    return there, points[before[there]] * (1 - weight) + points[after[there]] * weight
