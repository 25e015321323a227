"""Names, slots and edges of the landmarks, and what mirroring does to them.

The order of a hand is MediaPipe Hands': one wrist, then four points a finger from palm to tip.
Source: the hand landmark model of MediaPipe (google-ai-edge/mediapipe, `hand_landmark.md`).
The body, of `holistic` sequences alone, is the upper part of MediaPipe Pose (`PoseLandmark`) and
then the lips of MediaPipe Face Mesh (`FACEMESH_LIPS`). Left and right are the signer's own.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LEFT: Final = 0
RIGHT: Final = 1
SLOTS: Final = ("left", "right")
N_SLOTS: Final = len(SLOTS)

_FINGERS: Final = ("index", "middle", "ring", "pinky")
LANDMARK_NAMES: Final = (
    "wrist",
    "thumb_cmc",
    "thumb_mcp",
    "thumb_ip",
    "thumb_tip",
    *(f"{finger}_{joint}" for finger in _FINGERS for joint in ("mcp", "pip", "dip", "tip")),
)
N_LANDMARKS: Final = len(LANDMARK_NAMES)
N_COORDS: Final = 3

WRIST: Final = 0
FINGERTIPS: Final = (4, 8, 12, 16, 20)
KNUCKLES: Final = (5, 9, 13, 17)

EDGES: Final = (
    (0, 1), (1, 2), (2, 3), (3, 4),
    (0, 5), (5, 6), (6, 7), (7, 8),
    (5, 9), (9, 10), (10, 11), (11, 12),
    (9, 13), (13, 14), (14, 15), (15, 16),
    (13, 17), (0, 17), (17, 18), (18, 19), (19, 20),
)  # fmt: skip

SEQUENCE_SHAPE: Final = (N_SLOTS, N_LANDMARKS, N_COORDS)
"""Shape of one frame of a `hands` sequence."""

POSE_NAMES: Final = (
    "nose",
    *(f"{side}_{part}" for part in ("eye", "ear", "shoulder", "elbow", "wrist") for side in SLOTS),
)
POSE_INDICES: Final = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16)
"""Where MediaPipe Pose has them among its 33. Hips and legs are seldom in a signer's picture."""
N_POSE: Final = len(POSE_NAMES)
NOSE: Final = 0
SHOULDERS: Final = (5, 6)
POSE_EDGES: Final = ((3, 1), (1, 0), (0, 2), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10))

_LIP_RING: Final = 20
LIP_INDICES: Final = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375,
    291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324,
    308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
)  # fmt: skip
"""Points of Face Mesh: the outer ring, then the inner one, each from the right corner of the mouth
by the lower lip to the left corner and back by the upper lip. All 40 points of `FACEMESH_LIPS`."""
N_LIPS: Final = len(LIP_INDICES)
MOUTH_CORNERS: Final = (0, 10)
"""The outer right and left corner, among the lips."""

N_BODY: Final = N_POSE + N_LIPS
BODY_SHAPE: Final = (N_BODY, N_COORDS)
"""Shape of one frame of a body: pose, then lips. Each of the two is there or absent as a whole."""
POSE: Final = slice(0, N_POSE)
LIPS: Final = slice(N_POSE, N_BODY)
LIP_EDGES: Final = tuple(
    (ring + place, ring + (place + 1) % _LIP_RING)
    for ring in (0, _LIP_RING)
    for place in range(_LIP_RING)
)
BODY_PARTS: Final = ((POSE, POSE_EDGES), (LIPS, LIP_EDGES))
"""Each part of a body with the lines between its own points."""
BODY_MIRROR: Final = (
    0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9,
    *(
        N_POSE + ring + (_LIP_RING // 2 - place) % _LIP_RING
        for ring in (0, _LIP_RING)
        for place in range(_LIP_RING)
    ),
)  # fmt: skip
"""Which point of a body each one is in the mirror."""


def mirror(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sequence as a mirror would show it: x flipped and the slots swapped.

    Args:
        landmarks: shape=(frames, 2, 21, 3), x in image widths (0 to 1).
    """
    flipped = landmarks[:, ::-1].copy()
    flipped[..., 0] = 1.0 - flipped[..., 0]
    return flipped


def mirror_body(body: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the body as a mirror would show it: x flipped, and left and right exchanged.

    Args:
        body: shape=(frames, 51, 3), x in image widths (0 to 1).
    """
    flipped = body[:, BODY_MIRROR].copy()
    flipped[..., 0] = 1.0 - flipped[..., 0]
    return flipped
