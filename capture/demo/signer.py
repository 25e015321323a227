"""The drawn signers: four bodies, hands and manners, and how the arms follow the hands."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from capture.demo.hand import Array, Proportions

Colour = tuple[int, int, int]
"""Blue, green, red."""


@dataclass(frozen=True, slots=True)
class Signer:
    number: int
    hand: Proportions
    skin: Colour
    sleeve: Colour
    hair: Colour
    wall: Colour
    shoulder: float = 18.5
    """Half the distance between the shoulders, cm."""
    upper_arm: float = 29.0
    forearm: float = 26.0
    head: float = 1.0
    """Factor of the size of the head, and of how far apart places on the body are."""
    long_hair: bool = False
    tempo: float = 1.0
    amplitude: float = 1.0
    laxness: float = 0.0
    bare: float = 0.4
    """The part of the forearm that the sleeve leaves bare."""


SIGNERS: Final = (
    Signer(1, Proportions(), (135, 160, 208), (110, 70, 50), (40, 50, 70), (150, 155, 150)),
    Signer(
        2, Proportions(0.92, 1.03, 0.97, 0.93, 0.92), (92, 126, 184), (60, 45, 120), (20, 22, 30),
        (190, 180, 165), 16.5, 26.5, 24.0, 0.95, long_hair=True, tempo=0.9, amplitude=0.9, laxness=0.06,
    ),
    Signer(
        3, Proportions(1.05, 0.96, 1.0, 1.06, 1.08), (70, 92, 140), (75, 85, 80), (25, 25, 28),
        (120, 105, 90), 20.0, 30.0, 27.5, 1.03, tempo=1.1, amplitude=1.08, bare=0.6,
    ),
    Signer(
        4, Proportions(0.96, 1.0, 1.04, 0.98, 0.98), (120, 152, 212), (45, 40, 38), (60, 95, 140),
        (165, 150, 160), 17.5, 27.5, 25.0, 0.98, long_hair=True, tempo=1.05, laxness=0.04, bare=0.5,
    ),
)  # fmt: skip
"""The last one is kept for the test split."""

_ELBOW_SIDE: Final = np.array([-0.5, -1.0, -0.2])


def elbows(wrists: Array, signer: Signer) -> Array:
    """Return where the right elbow is when the wrist is there, by the law of cosines.

    A wrist out of reach stretches the forearm.

    Args:
        wrists: shape=(frames, 3), cm, said of a right hand.
        signer: whose arm it is.
    """
    reach = wrists - shoulder_place(signer)
    distance = np.linalg.norm(reach, axis=1, keepdims=True)
    ahead = reach / np.maximum(distance, 1e-6)
    upper, fore = signer.upper_arm, signer.forearm
    within = np.clip(distance, abs(upper - fore) + 1e-3, upper + fore - 1e-3)
    along = (upper**2 - fore**2 + within**2) / (2 * within)
    out = _ELBOW_SIDE - ahead * (ahead @ _ELBOW_SIDE)[:, None]
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    return np.asarray(shoulder_place(signer) + ahead * along + out * aside, np.float64)


def shoulder_place(signer: Signer) -> Array:
    """Return the right shoulder, shape=(3,), cm."""
    return np.array([-signer.shoulder, -2.0, 0.0])
