"""Names, slots and edges of the landmarks, and what mirroring does to them.

The order is MediaPipe Hands': one wrist, then four points a finger from palm to tip.
Source: the hand landmark model of MediaPipe (google-ai-edge/mediapipe, `hand_landmark.md`).
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


def mirror(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sequence as a mirror would show it: x flipped and the slots swapped.

    Args:
        landmarks: shape=(frames, 2, 21, 3), x in image widths (0 to 1).
    """
    flipped = landmarks[:, ::-1].copy()
    flipped[..., 0] = 1.0 - flipped[..., 0]
    return flipped
