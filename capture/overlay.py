"""Hands, and where they were found pose and lips, drawn over a picture."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from store.skeleton import BODY_PARTS, EDGES

Image = NDArray[np.uint8]

LINE: Final = (166, 182, 86)
JOINT: Final = (107, 179, 226)
"""Blue, green, red: the green and the amber of the dashboard."""
BODY: Final = (168, 168, 160)
_BAND: Final = 28
_TEXT: Final = (228, 220, 211)


def draw_hands(image: Image, landmarks: NDArray[np.float32]) -> None:
    """Draw hands over a picture, in place.

    Args:
        image: shape=(height, width, 3), BGR.
        landmarks: shape=(2, 21, 3), x and y as shares of the picture, NaN where absent.
    """
    height, width = image.shape[:2]
    thick = max(1, height // 240)
    for hand in landmarks:
        if np.isnan(hand[0, 0]):
            continue
        points = np.clip(hand[:, :2], -1, 2) * (width, height)
        pixels = [(int(x), int(y)) for x, y in points]
        for start, end in EDGES:
            cv2.line(image, pixels[start], pixels[end], LINE, thick, cv2.LINE_AA)
        for pixel in pixels:
            cv2.circle(image, pixel, thick + 1, JOINT, -1, cv2.LINE_AA)


def draw_body(image: Image, body: NDArray[np.float32]) -> None:
    """Draw pose and lips over a picture, in place.

    Args:
        image: shape=(height, width, 3), BGR.
        body: shape=(51, 3), x and y as shares of the picture, NaN where absent.
    """
    height, width = image.shape[:2]
    thick = max(1, height // 360)
    for part, edges in BODY_PARTS:
        if np.isnan(body[part]).any():
            continue
        points = np.clip(body[part, :2], -1, 2) * (width, height)
        pixels = [(int(x), int(y)) for x, y in points]
        for start, end in edges:
            cv2.line(image, pixels[start], pixels[end], BODY, thick, cv2.LINE_AA)


def draw_caption(image: Image, text: str, *, recording: bool = False) -> None:
    """Write one line at the foot of a picture, in place; a red light at the top while recording."""
    height, width = image.shape[:2]
    image[height - min(_BAND, height) :] //= 3
    # The fonts of OpenCV know ASCII alone.
    words = text.encode("ascii", "replace").decode("ascii")
    place = (8, height - 9)
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, _TEXT, 1, cv2.LINE_AA)
    if recording:
        cv2.circle(image, (width - 18, 18), 8, (60, 60, 230), -1, cv2.LINE_AA)
