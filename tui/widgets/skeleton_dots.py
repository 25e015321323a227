"""Landmarks as dots on a grid of braille cells."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store.landmarks import Sequence
from store.skeleton import BODY_PARTS, EDGES

DOT_COLUMNS: Final = 2
DOT_ROWS: Final = 4
_DOT_BITS: Final = np.array(((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)), np.uint8)
"""Bit of each dot in a braille character, by column and row (Unicode chart U2800)."""
_MARGIN: Final = 0.08
BODY_OWNER: Final = 2
Edges = tuple[tuple[int, int], ...]


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
    """Where the hands of the clip are, and what the picture shows of the body, with a margin."""
    points = sequence.landmarks[..., :2].reshape(-1, 2)
    if sequence.body is not None:
        # MediaPipe guesses joints that lie outside the picture.
        body = np.clip(sequence.body[..., :2].reshape(-1, 2), 0, 1)
        points = np.concatenate([points, body])
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return Window()
    low, high = points.min(0) - _MARGIN, points.max(0) + _MARGIN
    return Window(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def body_of(sequence: Sequence, frame: int) -> NDArray[np.float32] | None:
    """The body in a frame, shape=(51, 3); None where nobody looked for it."""
    return None if sequence.body is None else sequence.body[frame]


def draw_hands(
    hands: NDArray[np.float32],
    window: Window,
    aspect: float,
    width: int,
    height: int,
    *,
    body: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bits and owner of each cell: 0 and 1 the hands, 2 the body behind them. shapes=(height, width).

    Args:
        hands: one frame of a sequence, shape=(2, 21, 3).
        window: what fills the view.
        aspect: width / height of the picture.
        width: of the view, in cells.
        height: of the view, in cells.
        body: of the same frame, shape=(51, 3), where there is one.
    """
    bits = np.zeros((height, width), np.uint8)
    owner = np.zeros((height, width), np.uint8)
    drawn = (
        [(BODY_OWNER, body[part], edges) for part, edges in BODY_PARTS] if body is not None else []
    )
    drawn += [(hand, points, EDGES) for hand, points in enumerate(hands)]
    for one, points, edges in drawn:
        dots = bone_dots(placed(points, window, aspect, width, height), edges)
        inside = (dots >= 0).all(1) & (dots < (width * DOT_COLUMNS, height * DOT_ROWS)).all(1)
        x, y = dots[inside].T
        cell = (y // DOT_ROWS, x // DOT_COLUMNS)
        np.bitwise_or.at(bits, cell, _DOT_BITS[x % DOT_COLUMNS, y % DOT_ROWS])
        owner[cell] = one
    return bits, owner


def placed(
    points: NDArray[np.float32], window: Window, aspect: float, width: float, height: float
) -> Any:
    """Landmarks in dots, shape=(points, 2); width and height of the view in cells."""
    scale = window.scale(aspect, width, height)
    x = (points[:, 0] - (window.left + window.right) / 2) * aspect * scale + width
    y = (points[:, 1] - (window.top + window.bottom) / 2) * scale + 2 * height
    return np.stack([x, y], axis=1)


def bone_dots(points: Any, edges: Edges = EDGES) -> Any:
    """Dots on the lines between landmarks. shape=(dots, 2); none where these are absent."""
    if not np.isfinite(points).all():
        return np.zeros((0, 2), np.int64)
    ends = points[np.array(edges)]
    # Foreign arrays may hold absurd positions: a bone never needs more dots than this.
    steps = int(min(512.0, np.abs(ends[:, 1] - ends[:, 0]).max())) + 2
    along = np.linspace(0.0, 1.0, steps)[None, :, None]
    dots = ends[:, :1] * (1 - along) + ends[:, 1:] * along
    clipped: NDArray[np.int64] = np.clip(np.rint(dots.reshape(-1, 2)), -1, 1 << 20).astype(np.int64)
    return clipped
