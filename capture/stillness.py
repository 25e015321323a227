"""Hands that look as they did when they were last looked at: their landmarks are those of then.

Between two signs, and in clips whose frames are there twice, a tenth of all hands does not move for a frame or
more. What that saves and costs: `docs/performance.md`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capture.glance import glance

_GLANCE: Final = (16, 16)
"""Points that a hand and what is around it are compared by."""
_STILL: Final = 12
"""Largest change of a point, in grey levels, that is noise and no movement."""
_MARGIN: Final = 0.15
"""What belongs to a hand around its box, in parts of the longer side."""
_LONGEST: Final = 5
"""Frames after which hands are looked at, whatever moves or does not."""

_Box = tuple[slice, slice]


class Stillness:
    """Compares the frames of one clip, in order, with the last one that was looked at."""

    def __init__(self) -> None:
        self._seen: list[tuple[_Box, NDArray[np.int16]]] = []
        self._frames = 0

    def holds(self, image: NDArray[np.uint8]) -> bool:
        """Whether all hands, one at least, are as they were; shape=(height, width, 3), BGR."""
        self._frames += 1
        return (
            bool(self._seen)
            and self._frames <= _LONGEST
            and all(
                int(np.abs(glance(image[box], _GLANCE) - then).max()) <= _STILL
                for box, then in self._seen
            )
        )

    def keep(self, landmarks: NDArray[np.float32], image: NDArray[np.uint8]) -> None:
        """Remember the hands that were found in a frame, shape=(2, 21, 3), NaN where there is none."""
        boxes = [_box(hand, image) for hand in landmarks if not np.isnan(hand[0, 0])]
        self._seen = [(box, glance(image[box], _GLANCE)) for box in boxes]
        self._frames = 0


def _box(hand: NDArray[np.float32], image: NDArray[np.uint8]) -> _Box:
    """The rows and columns of a hand and its margin, one of each at least."""
    height, width = image.shape[:2]
    points = hand[:, :2] * (width, height)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low).max()
    left, top = np.clip(low - margin, 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(high + margin, (left, top), (width - 1, height - 1)).astype(int) + 1
    return slice(top, bottom), slice(left, right)
