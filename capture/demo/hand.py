"""The bones of a hand: joint angles in, 21 joints out.

Everything here is a right hand in its own frame, in centimetres: the origin is the wrist, x points
to the thumb's side, y to the fingertips, z out of the palm. The joints are MediaPipe Hands' 21, in
its order (`store.skeleton.LANDMARK_NAMES`). A left hand is a right hand in a mirror (`place_hand`).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.skeleton import LEFT, N_COORDS, N_LANDMARKS

Array = NDArray[np.float64]

FINGERS: Final = ("thumb", "index", "middle", "ring", "pinky")
ANGLES_SHAPE: Final = (5, 4)
"""Per finger: abduction, then the flexion of its three joints. Per thumb: spread in the plane of
the palm, opposition out of it, then the flexion of its two joints. Radians."""

_BASES: Final = np.array(
    [[2.3, 1.9, 0.7], [2.45, 8.9, 0.0], [0.35, 9.2, -0.2], [-1.6, 8.6, -0.1], [-3.3, 7.6, 0.25]]
)
_BONES: Final = np.array(
    [[4.1, 3.2, 2.6], [4.3, 2.5, 2.0], [4.7, 2.9, 2.1], [4.3, 2.7, 2.1], [3.3, 2.0, 1.8]]
)
_THUMB_BEND: Final = np.array([-0.9, 0.0, 0.42])


@dataclass(frozen=True, slots=True)
class Proportions:
    """One signer's hand, as factors of a hand 18.9 cm long."""

    scale: float = 1.0
    finger_length: float = 1.0
    thumb_length: float = 1.0
    breadth: float = 1.0
    thickness: float = 1.0
    """Of the flesh around the bones."""

    def bases(self) -> Array:
        """Return where thumb and fingers start, shape=(5, 3), cm."""
        bases: Array = _BASES * self.scale * np.array([self.breadth, 1.0, 1.0])
        return bases

    def bones(self) -> Array:
        """Return the lengths from each base to the tip, shape=(5, 3), cm."""
        stretch = np.array([self.thumb_length, *(self.finger_length,) * 4])
        bones: Array = _BONES * self.scale * stretch[:, None]
        return bones


def hand_joints(angles: Array, proportions: Proportions) -> Array:
    """Return the joints of a right hand in its own frame.

    Args:
        angles: shape=(frames, 5, 4), radians, see `ANGLES_SHAPE`.
        proportions: whose hand it is.

    Returns:
        shape=(frames, 21, 3), cm.
    """
    directions = np.stack(
        [_thumb_directions(angles[:, 0]), *(_finger_directions(angles[:, k]) for k in range(1, 5))],
        axis=1,
    )
    steps = directions * proportions.bones()[None, :, :, None]
    chains = np.concatenate(
        [np.broadcast_to(proportions.bases()[:, None], (len(angles), 5, 1, 3)), steps], axis=2
    ).cumsum(axis=2)
    joints = np.zeros((len(angles), N_LANDMARKS, N_COORDS))
    joints[:, 1:] = chains.reshape(len(angles), N_LANDMARKS - 1, N_COORDS)
    return joints


def _finger_directions(angles: Array) -> Array:
    """Return the direction of each bone of one finger, shape=(frames, 3, 3)."""
    aside, bends = angles[:, 0], angles[:, 1:].cumsum(axis=1)
    ahead = np.stack([np.sin(aside), np.cos(aside), np.zeros_like(aside)], axis=1)
    return _bent(ahead, np.array([0.0, 0.0, 1.0]), bends)


def _thumb_directions(angles: Array) -> Array:
    """Return the direction of each bone of the thumb, shape=(frames, 3, 3)."""
    spread, oppose = angles[:, 0], angles[:, 1]
    ahead = np.stack(
        [np.sin(spread) * np.cos(oppose), np.cos(spread), np.sin(spread) * np.sin(oppose)], axis=1
    )
    across = _THUMB_BEND - ahead * (ahead @ _THUMB_BEND)[:, None]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    bends = np.stack([np.zeros_like(spread), angles[:, 2], angles[:, 2] + angles[:, 3]], axis=1)
    return _bent(ahead, across, bends)


def _bent(ahead: Array, across: Array, bends: Array) -> Array:
    """Turn `ahead` towards `across` by each of `bends`, shape=(frames, bones)."""
    across = np.broadcast_to(across, ahead.shape)
    cosine, sine = np.cos(bends)[..., None], np.sin(bends)[..., None]
    turned: Array = cosine * ahead[:, None] + sine * across[:, None]
    return turned


def palm_rotation(fingers: Array, palm: Array) -> Array:
    """Return the rotation of a right hand whose fingers and palm point so.

    Args:
        fingers: shape=(frames, 3), where y of the hand goes.
        palm: shape=(frames, 3), where z of the hand goes, made square to `fingers`.

    Returns:
        shape=(frames, 3, 3), columns are the hand's axes.
    """
    y_axis = fingers / np.linalg.norm(fingers, axis=1, keepdims=True)
    z_axis = palm - y_axis * np.sum(palm * y_axis, axis=1, keepdims=True)
    z_axis /= np.linalg.norm(z_axis, axis=1, keepdims=True)
    return np.stack([np.cross(y_axis, z_axis), y_axis, z_axis], axis=2)


def place_hand(joints: Array, rotation: Array, wrist: Array, slot: int) -> Array:
    """Return the joints in the signer's space; a left hand is the mirror image of a right one.

    The signer's space is seen from the camera: x to the image's right, y up, z to the camera. The
    rotation and the wrist of a left hand are given as its mirror image's, too.

    Args:
        joints: shape=(frames, 21, 3).
        rotation: shape=(frames, 3, 3).
        wrist: shape=(frames, 3).
        slot: `LEFT` or `RIGHT`.
    """
    placed: Array = np.einsum("tij,tkj->tki", rotation, joints) + wrist[:, None]
    return placed * np.array([-1.0, 1.0, 1.0]) if slot == LEFT else placed
