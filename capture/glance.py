"""A picture made so small that what moves in it can be told from noise."""

import cv2
import numpy as np
from numpy.typing import NDArray


def glance(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.int16]:
    """The green of a picture, of which cameras have most, in so many points.

    Args:
        picture: shape=(height, width, 3), BGR, one pixel at least; may be a view of a larger one.
        size: width and height.

    Returns:
        Grey levels, shape=(height, width); differences of two fit in.
    """
    green = np.ascontiguousarray(picture[..., 1])
    small: NDArray[np.uint8] = cv2.resize(green, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.int16)
