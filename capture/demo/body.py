"""What does not move in a clip: the wall, the torso, the head and the face."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from capture.demo.capsules import EMPTY, Field, cast, join, smoothed
from capture.demo.hand import Array
from capture.demo.scene import HEIGHT, WIDTH, Camera
from capture.demo.shading import (
    Image,
    Light,
    as_image,
    cloth_ramp,
    coloured,
    covered,
    shade,
    skin_ramp,
)
from capture.demo.signer import Colour, Signer

_FINE: Final = 2

Ball = tuple[tuple[float, float, float], tuple[float, float, float], float, float]
"""A capsule: from, to, radii, cm."""


@dataclass(frozen=True, slots=True)
class _Part:
    balls: tuple[Ball, ...]
    ramp: Image
    softness: float
    """How far the capsules flow into each other, cm."""


def draw_ground(signer: Signer, camera: Camera, light: Light, rng: np.random.Generator) -> Image:
    """Return the picture that hands are drawn on, shape=(HEIGHT, WIDTH, 3)."""
    picture = _wall(signer.wall, rng)
    fine = cv2.resize(picture, (WIDTH * _FINE, HEIGHT * _FINE), interpolation=cv2.INTER_LINEAR)
    view = Camera(
        camera.scale * _FINE, (camera.centre[0] * _FINE, camera.centre[1] * _FINE), camera.roll
    )
    for part in _parts(signer):
        _draw(fine, view, light, part)
    _draw_features(fine, view, signer)
    return np.asarray(cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def _parts(signer: Signer) -> tuple[_Part, ...]:
    """Return the body, what is behind first."""
    head = signer.head
    skin, hair = skin_ramp(signer.skin), cloth_ramp(signer.hair)
    locks = _both_sides(((5.5, 20 * head, -5), (7.5, 1, -4), 5.5, 4.5)) if signer.long_hair else ()
    skull: Ball = ((0, 23 * head, -3), (0, 23.5 * head, -4), 9.0 * head, 9.0 * head)
    return (
        _Part((*locks, skull), hair, 2.0),
        _Part((((0, 14, -3), (0, -3, -3), 5.2, 5.8),), skin, 1.0),
        _Part(_torso(signer), cloth_ramp(signer.sleeve), 5.0),
        _Part(_face(head), skin, 0.8),
        _Part(_both_sides(((0, 29.5 * head, 1), (5 * head, 27.6 * head, 0), 3.6, 3.2)), hair, 1.5),
    )


def _torso(signer: Signer) -> tuple[Ball, ...]:
    half = signer.shoulder
    return (
        *_both_sides(((0, 0, -3), (half, -3.5, -3), 4.5, 5.2)),
        *_both_sides(((half * 0.6, -8, 0), (half * 0.5, -60, 0), 8.5, 8.5)),
        ((0, -6, 0), (0, -60, 0), 10.0, 10.0),
        ((0, 1.0, -3), (0, -4, -3), 6.4, 8),
    )


def _face(head: float) -> tuple[Ball, ...]:
    return (
        ((0, 24 * head, 0), (0, 19 * head, 1), 7.6 * head, 7.6 * head),
        ((0, 19 * head, 1), (0, 13 * head, 2.5), 7.4 * head, 4.6 * head),
        ((0, 20 * head, 8), (0, 16.6 * head, 9.6), 0.9, 1.4),
        *_both_sides(((7.6 * head, 20 * head, -1), (7.4 * head, 17 * head, -1), 1.4, 1.0)),
    )


def _both_sides(ball: Ball) -> tuple[Ball, Ball]:
    (x, y, z), (end_x, end_y, end_z), r_start, r_end = ball
    return ball, ((-x, y, z), (-end_x, end_y, end_z), r_start, r_end)


def _draw(picture: Image, camera: Camera, light: Light, part: _Part) -> None:
    size = (picture.shape[0], picture.shape[1])
    field: Field = np.full(size, EMPTY, np.float32)
    for start, end, r_start, r_end in part.balls:
        ends = camera.project(np.array([start, end], np.float64))
        patch = cast(ends[0], ends[1], (r_start * camera.scale, r_end * camera.scale), size)
        if patch is not None:
            join(field, patch)
    field = smoothed(field, max(round(part.softness * camera.scale), 1))
    brightness = shade(field, light, 2 * camera.scale)
    inside = covered(field)
    picture[inside] = coloured(brightness, part.ramp)[inside]


def _draw_features(picture: Image, camera: Camera, signer: Signer) -> None:
    """Draw eyes, brows and mouth."""
    head = signer.head

    def at(x: float, y: float) -> tuple[int, int]:
        column, row, _ = camera.project(np.array([x * head, y * head, 8.0]))
        return round(float(column)), round(float(row))

    def size(width: float, height: float) -> tuple[int, int]:
        return round(width * camera.scale * head), round(height * camera.scale * head)

    dark = _mixed(signer.hair, (20, 20, 20))
    for side in (-1, 1):
        cv2.ellipse(
            picture,
            at(3.1 * side, 20.3),
            size(1.45, 0.75),
            0,
            0,
            360,
            (225, 228, 230),
            -1,
            cv2.LINE_AA,
        )
        cv2.circle(picture, at(3.1 * side, 20.3), size(0.68, 0)[0], (40, 45, 55), -1, cv2.LINE_AA)
        cv2.ellipse(
            picture, at(3.1 * side, 21.9), size(2.0, 0.7), 0, 195, 345, dark, 3, cv2.LINE_AA
        )
    lips = _mixed(signer.skin, (70, 60, 170))
    cv2.ellipse(picture, at(0, 13.4), size(2.5, 0.75), 0, 0, 360, lips, -1, cv2.LINE_AA)
    cv2.line(picture, at(-2.3, 13.4), at(2.3, 13.4), _mixed(lips, (20, 20, 40)), 1, cv2.LINE_AA)


def _mixed(one: Colour, other: Colour) -> Colour:
    blue, green, red = ((a + b) // 2 for a, b in zip(one, other, strict=True))
    return blue, green, red


def _wall(colour: Colour, rng: np.random.Generator) -> Image:
    """Return a wall that is lit unevenly, with a few soft shapes on it."""
    rows, cols = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = rng.uniform(-0.25, 0.25, 2)
    lit = 1 + slope[0] * (cols / WIDTH - 0.5) + slope[1] * (rows / HEIGHT - 0.5)
    wall: Array = np.asarray(colour, np.float64) * lit[..., None]
    for _ in range(int(rng.integers(0, 4))):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        wide, high = int(rng.integers(20, 90)), int(rng.integers(20, 120))
        wall[max(y - high, 0) : y + high, max(x - wide, 0) : x + wide] *= rng.uniform(0.8, 1.12)
    blotches = cv2.resize(
        rng.normal(1, 0.03, (9, 11)), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    soft = cv2.GaussianBlur(wall * blotches[..., None], (0, 0), 2)
    return as_image(np.asarray(soft))
