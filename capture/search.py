"""When a frame is worth a search for palms, the dearest step of the hand tracker.

MediaPipe searches every frame in which it follows fewer hands than it may. Much of that is in
vain: nothing has moved since the last search, nothing but the hand that is followed, or searches have
found nothing for long. What that saves and costs: `docs/performance.md`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from capture.glance import glance
from store.skeleton import N_SLOTS

_GLANCE: Final = (64, 40)
"""Width and height of the picture that movement is looked for in."""
_ROWS: Final = 160
"""About so many rows are read of a large picture."""
_STILL: Final = 12
"""Largest change of a point of the glance, in grey levels, that is noise and no hand."""
_SPECK: Final = 3
"""So many points must have changed where there is no hand."""
_STILL_BESIDE: Final = 20
_SPECK_BESIDE: Final = 6
"""The same around a hand, whose arm and body move with it."""
_MARGIN: Final = 0.1
"""What belongs to a hand around its box, in parts of the box."""
_PATIENCE: Final = (4, 4)
"""Searches in vain, one after the other, before they become rare: for a first hand, for a second."""
_RARE: Final = (2, 5)
"""Then each second frame is searched, or each fifth."""
_LONGEST: Final = 5
"""A frame beside a lone hand is searched after so many, whatever moves or does not."""

RULES: Final = 4
"""Raised when other frames are searched or looked at than before: it is part of what landmarks are known by."""


class PalmSearch:
    """Decides for each frame of one clip, in order."""

    def __init__(self, *, thorough: bool) -> None:
        self._thorough = thorough
        self._searched: NDArray[np.int16] | None = None
        self._in_vain = 0
        self._skipped = 0

    def wanted(self, last: NDArray[np.float32], image: NDArray[np.uint8]) -> bool:
        """Say whether to search.

        Args:
            last: landmarks of the last frame, shape=(2, 21, 3), NaN where there was no hand.
            image: shape=(height, width, 3), BGR.
        """
        boxes = [hand[:, :2] for hand in last if not np.isnan(hand[0, 0])]
        if len(boxes) >= N_SLOTS:
            return False
        if self._thorough:
            return True
        if self._rests(len(boxes)):
            return False
        step = max(1, image.shape[0] // _ROWS)
        now = glance(image[::step, ::step], _GLANCE)
        search = self._is_due(now, boxes[0]) if boxes else self._has_moved(now)
        if search:
            self._searched = now
        return search

    def note(self, before: int, after: int, *, searched: bool) -> None:
        """Learn what a frame showed, after what the frame before it did."""
        if after != before:
            self._searched = None
            self._in_vain = self._skipped = 0
        elif searched:
            self._in_vain += 1
            self._skipped = 0
        else:
            self._skipped += 1

    def _has_moved(self, now: NDArray[np.int16]) -> bool:
        seen = self._searched
        return seen is None or int((np.abs(now - seen) > _STILL).sum()) >= _SPECK

    def _rests(self, hands: int) -> bool:
        """Whether searches have been in vain for long, and the last one was but now."""
        long = self._searched is not None and self._in_vain >= _PATIENCE[hands]
        return long and self._skipped + 1 < _RARE[hands]

    def _is_due(self, now: NDArray[np.int16], hand: NDArray[np.float32]) -> bool:
        seen = self._searched
        if seen is None or self._skipped + 1 >= _LONGEST:
            return True
        changed = np.abs(now - seen) > _STILL_BESIDE
        margin = _MARGIN * np.ptp(hand, axis=0)
        low = np.clip((hand.min(axis=0) - margin) * _GLANCE, 0, _GLANCE).astype(int)
        high = np.clip((hand.max(axis=0) + margin) * _GLANCE + 1, 0, _GLANCE).astype(int)
        changed[low[1] : high[1], low[0] : high[0]] = False
        return int(changed.sum()) >= _SPECK_BESIDE
