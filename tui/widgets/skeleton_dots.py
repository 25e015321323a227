"""Landmarks as dots on a grid of braille cells."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store.landmarks import Sequence
from store.skeleton import EDGES

DOT_COLUMNS: Final = 2
DOT_ROWS: Final = 4
_DOT_BITS: Final = np.array(((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)), np.uint8)
"""Bit of each dot in a braille character, by column and row (Unicode chart U2800)."""
_MARGIN: Final = 0.08


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the picture that fills the view, in picture widths and heights."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def scale(self, aspect: float, width: float, height: float) -> float:
        """Dots for one picture height, in a view of width x height cells."""
        wide, high = (self.right - self.left) * aspect, self.bottom - self.top
        return min(width * DOT_COLUMNS / wide, height * DOT_ROWS / high)


def window_of(sequence: Sequence) -> Window:
    """Where the hands of the clip are, with a margin."""
    points = sequence.landmarks[..., :2].reshape(-1, 2)
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return Window()
    low, high = points.min(0) - _MARGIN, points.max(0) + _MARGIN
    return Window(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def draw_hands(
    hands: NDArray[np.float32], window: Window, aspect: float, width: int, height: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bits and owner of each cell. shapes=(height, width).

    Args:
        hands: one frame of a sequence, shape=(2, 21, 3).
        window: what fills the view.
        aspect: width / height of the picture.
        width: of the view, in cells.
        height: of the view, in cells.
    """
    bits = np.zeros((height, width), np.uint8)
    owner = np.zeros((height, width), np.uint8)
    for hand, points in enumerate(hands):
        dots = bone_dots(placed(points, window, aspect, width, height))
        inside = (dots >= 0).all(1) & (dots < (width * DOT_COLUMNS, height * DOT_ROWS)).all(1)
        x, y = dots[inside].T
        cell = (y // DOT_ROWS, x // DOT_COLUMNS)
        np.bitwise_or.at(bits, cell, _DOT_BITS[x % DOT_COLUMNS, y % DOT_ROWS])
        owner[cell] = hand
    return bits, owner


def placed(
    points: NDArray[np.float32], window: Window, aspect: float, width: float, height: float
) -> Any:
    """Landmarks of one hand in dots, shape=(21, 2); width and height of the view in cells."""
    scale = window.scale(aspect, width, height)
    x = (points[:, 0] - (window.left + window.right) / 2) * aspect * scale + width
    y = (points[:, 1] - (window.top + window.bottom) / 2) * scale + 2 * height
    return np.stack([x, y], axis=1)


def bone_dots(points: Any) -> Any:
    """Dots on the bones between landmarks. shape=(dots, 2); none where the hand is absent."""
    if not np.isfinite(points).all():
        return np.zeros((0, 2), np.int64)
    ends = points[np.array(EDGES)]
    # Foreign arrays may hold absurd positions: a bone never needs more dots than this.
    steps = int(min(512.0, np.abs(ends[:, 1] - ends[:, 0]).max())) + 2
    along = np.linspace(0.0, 1.0, steps)[None, :, None]
    dots = ends[:, :1] * (1 - along) + ends[:, 1:] * along
    clipped: NDArray[np.int64] = np.clip(np.rint(dots.reshape(-1, 2)), -1, 1 << 20).astype(np.int64)
    return clipped
