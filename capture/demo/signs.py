"""The vocabulary of the drawn signers, as data: handshape, place, orientation and movement.

The signs are modelled on signs of American Sign Language, simplified until a program can draw
them; they teach a recogniser, not a person. They are chosen as minimal pairs: FATHER and
MOTHER differ in place alone, MOTHER and WATER in handshape, YES and MILK in movement; four signs
are two-handed.

All is said of a right hand; the left hand of a two-handed sign does the same in a mirror. The
signer's space is in centimetres from the middle between the shoulders: x to the image's right,
y up, z to the camera.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
Finger = tuple[float, float, float, float]


def _straight(aside: float) -> Finger:
    return (aside, 4, 6, 4)


def _curled(aside: float) -> Finger:
    return (aside, 80, 98, 55)


def _bent(aside: float) -> Finger:
    return (aside, 20, 44, 28)


_TUCKED: Final = (38.0, 62.0, 40.0, 45.0)

HANDSHAPES: Final[dict[str, tuple[Finger, ...]]] = {
    "relaxed": ((35, 35, 10, 15), (2, 18, 28, 15), (0, 20, 30, 15), (1, 22, 32, 15), (0, 22, 30, 15)),
    "flat": ((24, 22, 8, 8), _straight(-2), _straight(0), _straight(3), _straight(6)),
    "open": ((50, 22, 0, 0), _straight(13), _straight(2), _straight(-11), _straight(-23)),
    "fist": (_TUCKED, _curled(-3), _curled(0), _curled(3), _curled(6)),
    "one": (_TUCKED, _straight(0), _curled(0), _curled(3), _curled(6)),
    "three": ((36, 72, 45, 40), _straight(13), _straight(1), _straight(-12), _curled(4)),
    "horns": ((60, 12, 0, 0), _curled(-3), _curled(0), _curled(3), _straight(-22)),
    "corner": ((66, 6, 0, 0), _straight(0), _curled(0), _curled(3), _curled(6)),
    "claw": ((46, 42, 18, 20), _bent(12), _bent(2), _bent(-10), _bent(-20)),
    "grip": ((48, 50, 10, 20), _bent(2), _bent(0), _bent(0), _bent(0)),
    "pinch": ((40, 62, 22, 18), (-2, 52, 42, 22), (0, 54, 44, 22), (3, 56, 44, 22), (6, 58, 42, 22)),
}  # fmt: skip
"""Degrees, in the order of `capture.demo.hand.ANGLES_SHAPE`."""


def handshape_angles(name: str) -> NDArray[np.float64]:
    """Return a handshape's angles, shape=(5, 4), radians."""
    return np.deg2rad(np.asarray(HANDSHAPES[name], np.float64))


@dataclass(frozen=True, slots=True)
class Key:
    """One moment of a sign."""

    at: float
    """When, from 0 (the stroke begins) to 1 (it ends)."""
    handshape: str
    place: Vector
    """Where the contact point is, cm."""
    fingers: Vector
    """Where the fingers would point if they were straight."""
    palm: Vector


@dataclass(frozen=True, slots=True)
class Sign:
    gloss: str
    hands: Literal[1, 2]
    contact: int | None
    """The landmark that is at `Key.place`; the middle of the palm where None."""
    keys: tuple[Key, ...]


def _taps(gloss: str, handshape: str, contact: int, place: Vector, away: Vector) -> Sign:
    """Return a sign that touches a place twice."""
    fingers, palm = (-0.25, 1.0, 0.1), (0.62, 0.1, 0.75)
    near = tuple(p + 0.15 * a for p, a in zip(place, away, strict=True))
    far = tuple(p + a for p, a in zip(place, away, strict=True))
    spots = ((0.0, far), (0.25, near), (0.5, far), (0.75, near), (1.0, far))
    return Sign(
        gloss,
        1,
        contact,
        tuple(Key(at, handshape, (x, y, z), fingers, palm) for at, (x, y, z) in spots),
    )


def _repeated(
    gloss: str, hands: Literal[1, 2], contact: int | None, phases: tuple[Key, Key], times: int
) -> Sign:
    """Return a sign that goes to and fro between two moments."""
    count = 2 * times
    keys = tuple(
        Key(n / count, k.handshape, k.place, k.fingers, k.palm)
        for n, k in ((n, phases[n % 2]) for n in range(count + 1))
    )
    return Sign(gloss, hands, contact, keys)


SIGNS: Final = (
    _taps("father", "open", 4, (-1.0, 25.0, 12.0), (-2.0, 0.5, 7.0)),
    _taps("mother", "open", 4, (-1.0, 8.5, 13.0), (-2.0, 0.0, 7.0)),
    Sign("fine", 1, 4, (
        Key(0.0, "open", (-2.0, -12.0, 15.0), (-0.25, 1.0, 0.1), (0.62, 0.1, 0.75)),
        Key(0.3, "open", (-2.0, -12.0, 15.0), (-0.25, 1.0, 0.1), (0.62, 0.1, 0.75)),
        Key(0.8, "open", (-9.0, -7.0, 29.0), (-0.2, 1.0, 0.15), (0.5, 0.1, 0.85)),
        Key(1.0, "open", (-9.0, -7.0, 29.0), (-0.2, 1.0, 0.15), (0.5, 0.1, 0.85)),
    )),
    _taps("water", "three", 8, (-2.0, 11.0, 13.0), (-3.0, 0.0, 6.0)),
    Sign("hello", 1, 8, (
        Key(0.0, "flat", (-9.0, 23.0, 10.0), (0.45, 1.0, 0.05), (0.2, -0.15, 1.0)),
        Key(0.25, "flat", (-9.0, 23.0, 10.0), (0.4, 1.0, 0.05), (0.2, -0.15, 1.0)),
        Key(1.0, "flat", (-29.0, 27.0, 22.0), (-0.35, 1.0, 0.1), (0.05, 0.0, 1.0)),
    )),
    _repeated("yes", 1, None, (
        Key(0, "fist", (-17.0, 0.0, 26.0), (0.0, 1.0, 0.0), (0.25, 0.0, 1.0)),
        Key(0, "fist", (-17.0, -4.0, 29.0), (0.0, 0.62, 0.75), (0.25, -0.75, 0.62)),
    ), 2),
    _repeated("milk", 1, None, (
        Key(0, "grip", (-17.0, -2.0, 26.0), (0.05, 1.0, 0.05), (0.45, 0.0, 0.9)),
        Key(0, "fist", (-17.0, -2.0, 26.0), (0.05, 1.0, 0.05), (0.45, 0.0, 0.9)),
    ), 2),
    _repeated("where", 1, None, (
        Key(0, "one", (-13.5, -1.0, 26.0), (0.45, 1.0, 0.1), (0.05, 0.0, 1.0)),
        Key(0, "one", (-19.5, -1.0, 26.0), (-0.35, 1.0, 0.1), (0.05, 0.0, 1.0)),
    ), 2),
    _repeated("play", 2, None, (
        Key(0, "horns", (-15.0, -3.0, 26.0), (0.1, 1.0, 0.2), (0.55, 0.0, 0.85)),
        Key(0, "horns", (-15.0, -3.0, 26.0), (-0.3, 1.0, 0.2), (-0.45, 0.0, 0.9)),
    ), 2),
    _repeated("rain", 2, None, (
        Key(0, "claw", (-14.0, 5.0, 26.0), (0.05, 1.0, 0.0), (0.1, 0.0, 1.0)),
        Key(0, "claw", (-14.0, -7.0, 28.0), (0.05, 0.95, 0.25), (0.1, -0.25, 0.95)),
    ), 2),
    Sign("large", 2, None, (
        Key(0.0, "corner", (-8.5, -1.0, 26.0), (-0.1, 1.0, 0.15), (0.1, 0.0, 1.0)),
        Key(0.2, "corner", (-8.5, -1.0, 26.0), (-0.1, 1.0, 0.15), (0.1, 0.0, 1.0)),
        Key(0.8, "corner", (-27.0, 1.0, 26.0), (-0.25, 1.0, 0.15), (0.1, 0.0, 1.0)),
        Key(1.0, "corner", (-27.0, 1.0, 26.0), (-0.25, 1.0, 0.15), (0.1, 0.0, 1.0)),
    )),
    _repeated("more", 2, 12, (
        Key(0, "pinch", (-1.8, -4.0, 24.0), (0.8, 0.45, 0.1), (0.3, -0.6, -0.4)),
        Key(0, "pinch", (-7.5, -4.0, 24.0), (0.8, 0.45, 0.1), (0.3, -0.6, -0.4)),
    ), 2),
)  # fmt: skip
