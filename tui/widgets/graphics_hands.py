"""Hands and body drawn into pixels, where the terminal shows pixels."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.skeleton import BODY_PARTS, EDGES
from tui.widgets.skeleton_dots import BODY_OWNER, DOT_COLUMNS, DOT_ROWS, Window, bone_dots, placed

_WIDTHS_PER_PICTURE: Final = 160
"""A line is this part of the picture's height wide."""
_THICKEST: Final = 4


def draw_hands(
    pixels: NDArray[np.uint8],
    hands: NDArray[np.float32],
    window: Window,
    colours: tuple[tuple[int, int, int], ...],
    aspect: float,
    *,
    body: NDArray[np.float32] | None = None,
) -> None:
    """Draw the hands of one frame into a picture, and the body behind them.

    Args:
        pixels: shape=(height, width, 3); drawn into.
        hands: shape=(2, 21, 3).
        window: the part of the frame that the picture shows.
        colours: of each hand, and of the body where there is one, RGB.
        aspect: width / height of the frame.
        body: shape=(51, 3), where there is one.
    """
    height, width = pixels.shape[:2]
    disc = _disc(min(_THICKEST, max(1, round(height / _WIDTHS_PER_PICTURE))))
    drawn = (
        [(body[part], colours[BODY_OWNER], edges) for part, edges in BODY_PARTS]
        if body is not None
        else []
    )
    drawn += [(points, colour, EDGES) for points, colour in zip(hands, colours, strict=False)]
    for points, colour, edges in drawn:
        where = placed(points, window, aspect, width / DOT_COLUMNS, height / DOT_ROWS)
        dots = (bone_dots(where, edges)[:, None] + disc).reshape(-1, 2)
        x, y = dots[(dots >= 0).all(1) & (dots < (width, height)).all(1)].T
        pixels[y, x] = colour


def _disc(radius: int) -> NDArray[np.int64]:
    """Offsets from a disc's middle. shape=(dots, 2)."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    inside = x**2 + y**2 <= radius**2 + 1
    return np.stack([x[inside], y[inside]], axis=1)
