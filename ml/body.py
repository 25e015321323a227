"""What `holistic` features tell beside those of the hands: where these are on the body, and the lips.

Lengths are in widths of the shoulders, about their middle, so that neither the signer's place nor
size counts; the shape of the lips is in widths of the mouth, about its middle. Depth is left out:
MediaPipe guesses it for the pose from one picture.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.resampling import Floats, Mask, resample
from store.skeleton import LIPS, MOUTH_CORNERS, N_LIPS, N_POSE, N_SLOTS, NOSE, POSE, SHOULDERS

_SMALLEST: Final = 1e-6
N_BODY_CHANNELS: Final = N_SLOTS * 4 + N_POSE * 2 + N_LIPS * 2 + 2
"""Each palm from the middle of the shoulders and from the nose; the joints; the lips; and whether
pose and lips are there."""


def describe_body(
    body: Floats,
    times: NDArray[np.float64],
    grid: NDArray[np.float64],
    palms: Floats,
    present: Mask,
    max_gap_s: float,
) -> Floats:
    """Channels of the body at the times of the grid, 0 where it is absent.

    Args:
        body: shape=(frames, 51, 3), in heights of the image, NaN where absent.
        times: seconds of the frames.
        grid: seconds to read at, shape=(length,).
        palms: middle of each palm, shape=(length, 2, 2), in heights of the image.
        present: which hand is there, shape=(length, 2).
        max_gap_s: a longer stretch without pose or lips stays one.

    Returns:
        shape=(length, N_BODY_CHANNELS)
    """
    pose, standing = _part(body[:, POSE], times, grid, max_gap_s)
    lips, speaking = _part(body[:, LIPS], times, grid, max_gap_s)
    left, right = (pose[:, shoulder] for shoulder in SHOULDERS)
    middle, width = (left + right) / 2, _width(left - right, standing)
    both = (present & standing[:, None])[..., None]
    reach = np.concatenate([palms - middle[:, None], palms - pose[:, NOSE, None]], axis=2)
    joints = (pose - middle[:, None]) / width * standing[:, None, None]
    corners = lips[:, MOUTH_CORNERS[1]] - lips[:, MOUTH_CORNERS[0]]
    shape = (lips - lips.mean(axis=1, keepdims=True)) / _width(corners, speaking)
    parts = [
        (reach / width * both).reshape(len(grid), -1),
        joints.reshape(len(grid), -1),
        (shape * speaking[:, None, None]).reshape(len(grid), -1),
        np.stack([standing, speaking], axis=1),
    ]
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def _part(
    points: Floats, times: NDArray[np.float64], grid: NDArray[np.float64], max_gap_s: float
) -> tuple[Floats, Mask]:
    """Places in the image at the times of the grid, shape=(length, points, 2), and presence."""
    read, there = resample(points[:, None], times, grid, max_gap_s)
    return read[:, 0, :, :2], there[:, 0]


def _width(across: Floats, there: Mask) -> float:
    """The clip's unit of length: how wide something is in the middle one of its frames."""
    lengths = np.linalg.norm(across[there], axis=-1)
    return max(float(np.median(lengths)), _SMALLEST) if len(lengths) else 1.0
