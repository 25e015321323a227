"""When a frame is worth a search for palms, the dearest step of the hand tracker.

MediaPipe searches every frame in which it follows fewer hands than it may. Much of that is in
vain: nothing has moved since the last search, or a lone hand has been alone for long. Of
9,757 frames of 156 WLASL clips this searches 50 % instead of 68 %, and sees a hand in 6,394 instead
of 6,405 and two in 3,136 instead of 3,154.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from store.skeleton import N_SLOTS

_GLANCE: Final = (64, 40)
"""Width and height of the picture that movement is looked for in."""
_ROWS: Final = 160
"""About so many rows are read of a large picture."""
_STILL: Final = 8
"""Largest change of a point of the glance, in grey levels, that is noise and no hand."""
_PATIENCE: Final = 15
"""Searches for a second hand in vain, one after the other, before they become rare."""
_RARE: Final = 3
"""Then each third frame is searched."""


class PalmSearch:
    """Decides for each frame of one clip, in order."""

    def __init__(self, *, thorough: bool) -> None:
        self._thorough = thorough
        self._searched: NDArray[np.int16] | None = None
        self._in_vain = 0
        self._skipped = 0

    def wanted(self, hands: int, image: NDArray[np.uint8]) -> bool:
        """Say whether to search.

        Args:
            hands: how many the last frame showed.
            image: shape=(height, width, 3), BGR.
        """
        if hands >= N_SLOTS:
            return False
        if self._thorough:
            return True
        return self._has_moved(image) if hands == 0 else self._is_due()

    def note(self, before: int, after: int, *, searched: bool) -> None:
        """Learn what a frame showed, after what the frame before it did."""
        if after != before or not after:
            self._in_vain = self._skipped = 0
        elif searched:
            self._in_vain += 1
            self._skipped = 0
        else:
            self._skipped += 1
        if after:
            self._searched = None

    def _has_moved(self, image: NDArray[np.uint8]) -> bool:
        glance = _glance(image)
        seen = self._searched
        if seen is not None and np.abs(glance - seen).max() <= _STILL:
            return False
        self._searched = glance
        return True

    def _is_due(self) -> bool:
        return self._in_vain < _PATIENCE or self._skipped + 1 >= _RARE


def _glance(image: NDArray[np.uint8]) -> NDArray[np.int16]:
    step = max(1, image.shape[0] // _ROWS)
    green = np.ascontiguousarray(image[::step, ::step, 1])
    glance: NDArray[np.uint8] = cv2.resize(green, _GLANCE, interpolation=cv2.INTER_AREA)
    return glance.astype(np.int16)
