"""Light on a field of heights: normals, a key light, a rim, and the dark of creases."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.demo.capsules import EMPTY, Field

Image = NDArray[np.uint8]

_STEEPEST: Final = 6.0
_WRAP: Final = 0.35
"""How far light reaches around a form: skin scatters it."""


@dataclass(frozen=True, slots=True)
class Light:
    direction: tuple[float, float, float]
    """To the light: columns, rows (down), height."""
    ambient: float = 0.38
    strength: float = 0.75
    rim: float = 0.12


def covered(heights: Field) -> NDArray[np.bool_]:
    return heights > EMPTY / 2


def shade(heights: Field, light: Light, crease: float) -> Field:
    """Return how bright each pixel is, about 0 to 1.

    Args:
        heights: shape=(rows, columns), px.
        light: where it comes from.
        crease: the width of the creases that lie in the dark, px.
    """
    inside = covered(heights)
    floor = float(heights[inside].min()) - 1 if inside.any() else 0.0
    surface = np.maximum(heights, np.float32(floor))
    slope_u = cv2.Scharr(surface, cv2.CV_32F, 1, 0, scale=1 / 32)
    slope_v = cv2.Scharr(surface, cv2.CV_32F, 0, 1, scale=1 / 32)
    np.clip(slope_u, -_STEEPEST, _STEEPEST, out=slope_u)
    np.clip(slope_v, -_STEEPEST, _STEEPEST, out=slope_v)
    facing = 1 / np.sqrt(1 + slope_u * slope_u + slope_v * slope_v)
    to_light = np.asarray(light.direction) / np.linalg.norm(light.direction)
    lit = (to_light[2] - slope_u * to_light[0] - slope_v * to_light[1]).astype(np.float32) * facing
    diffuse = np.maximum((lit + _WRAP) / (1 + _WRAP), 0)
    rim = (1 - facing) ** 3
    openness = _openness(surface, inside, crease)
    return np.asarray(
        openness * (light.ambient + light.strength * diffuse)
        + light.rim * rim * diffuse
        + np.float32(0.06) * np.maximum(lit, 0) ** 16,
        np.float32,
    )


def _openness(surface: Field, inside: NDArray[np.bool_], crease: float) -> Field:
    """Return 1 on open ground, less where the neighbourhood stands higher."""
    weight = inside.astype(np.float32)
    window = (round(3 * crease), round(3 * crease))
    around = cv2.blur(surface * weight, window)
    around /= cv2.blur(weight, window) + np.float32(1e-3)
    return np.asarray(1 - np.clip((around - surface) / (2.2 * crease), 0, 0.55), np.float32)


def skin_ramp(colour: tuple[int, int, int]) -> Image:
    """Return a table from brightness (0 to 255 means 0 to 1.25) to a skin's colour.

    Shadows on skin turn red because blood scatters red light furthest.

    Args:
        colour: the skin in full light, blue, green, red.
    """
    level = np.linspace(0, 1.25, 256)[:, None]
    tone = np.asarray(colour, np.float64)[None, :] * level ** np.array([1.25, 1.12, 0.9])
    highlight = np.maximum(level - 1, 0) * 60
    return as_image(tone + highlight).reshape(256, 1, 3)


def cloth_ramp(colour: tuple[int, int, int]) -> Image:
    level = np.linspace(0, 1.25, 256)[:, None]
    return as_image(np.asarray(colour)[None, :] * level).reshape(256, 1, 3)


def as_image(values: NDArray[np.float32] | NDArray[np.float64]) -> Image:
    """Return the values as bytes, those out of range at its ends."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def coloured(brightness: Field, ramp: Image) -> Image:
    """Return the picture of a brightness field in a ramp's colours, shape=(rows, columns, 3)."""
    steps = as_image(brightness * np.float32(255 / 1.25))
    return np.asarray(cv2.LUT(cv2.merge([steps, steps, steps]), ramp), np.uint8)
