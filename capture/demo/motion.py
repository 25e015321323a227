"""From a sign and its variation to the joints of both hands in every frame."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from capture.demo.hand import Array, Proportions, hand_joints, palm_rotation
from capture.demo.signs import Key, Sign, handshape_angles

_IDLE_PLACE: Final = np.array([-17.0, -40.0, 10.0])
_IDLE_FINGERS: Final = np.array([0.5, -0.6, 0.4])
_IDLE_PALM: Final = np.array([0.5, 0.3, -0.8])
_RAMP: Final = 0.25
"""The part of a movement that speeds up, and the part that slows down."""
_PALM_CENTRE: Final = (0, 5, 9, 13, 17)


@dataclass(frozen=True, slots=True)
class Timing:
    """How many frames each part of a clip takes."""

    rest: int
    raise_: int
    stroke: int
    lower: int
    rest_after: int

    @property
    def frames(self) -> int:
        return self.rest + self.raise_ + self.stroke + self.lower + self.rest_after


@dataclass(frozen=True, slots=True)
class Manner:
    """How one clip's hands differ from the sign as written."""

    timing: Timing
    body: float = 1.0
    """The signer's size: factor of all places."""
    amplitude: float = 1.0
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of all places, cm."""
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of the hand about x, y and z, radians."""
    laxness: float = 0.0
    """0 keeps the handshape, 1 is a relaxed hand."""


@dataclass(frozen=True, slots=True)
class HandPath:
    """One hand's way, said of a right hand (see `place_hand`)."""

    wrist: Array
    """shape=(frames, 3), cm."""
    rotation: Array
    """shape=(frames, 3, 3)."""
    joints: Array
    """shape=(frames, 21, 3), cm, in the hand's own frame."""


def signing_path(
    sign: Sign, manner: Manner, proportions: Proportions, *, lag: float = 0.0
) -> HandPath:
    """Return the way of a hand that rests, signs and rests again, `lag` frames late."""
    idle = handshape_angles("relaxed")
    keys = [_vary(key, sign, manner) for key in sign.keys]
    shapes = [_lax(handshape_angles(key.handshape), idle, manner.laxness) for key in keys]
    fingers = _turned([key.fingers for key in keys], manner.turn)
    palms = _turned([key.palm for key in keys], manner.turn)
    wrists = _wrists(sign, keys, np.array(shapes), (fingers, palms), proportions)
    times = _key_times(manner.timing, [key.at for key in keys]) + lag

    def through(idle_value: Array, values: Array) -> Array:
        whole = np.concatenate([idle_value[None]] * 2 + [values] + [idle_value[None]] * 2)
        return _interpolated(times, whole, manner.timing.frames)

    angles = through(idle, np.array(shapes))
    return HandPath(
        wrist=through(_IDLE_PLACE, wrists),
        rotation=palm_rotation(through(_IDLE_FINGERS, fingers), through(_IDLE_PALM, palms)),
        joints=hand_joints(angles, proportions),
    )


def resting_path(frames: int, proportions: Proportions) -> HandPath:
    """Return the way of a hand that stays down."""
    angles = np.repeat(handshape_angles("relaxed")[None], frames, axis=0)
    return HandPath(
        wrist=np.repeat(_IDLE_PLACE[None], frames, axis=0),
        rotation=palm_rotation(
            np.repeat(_IDLE_FINGERS[None], frames, axis=0),
            np.repeat(_IDLE_PALM[None], frames, axis=0),
        ),
        joints=hand_joints(angles, proportions),
    )


def _vary(key: Key, sign: Sign, manner: Manner) -> Key:
    """Return the key with its place moved and its movement made larger or smaller."""
    middle = np.mean([k.place for k in sign.keys], axis=0)
    place = middle + (np.asarray(key.place) - middle) * manner.amplitude
    place = place * manner.body + np.asarray(manner.shift)
    x, y, z = (float(value) for value in place)
    return Key(key.at, key.handshape, (x, y, z), key.fingers, key.palm)


def _lax(angles: Array, idle: Array, laxness: float) -> Array:
    return angles + (idle - angles) * laxness


def _turned(vectors: list[tuple[float, float, float]], turn: tuple[float, float, float]) -> Array:
    """Turn vectors by small angles about x, then y, then z, shape=(keys, 3)."""
    turned = np.asarray(vectors, np.float64)
    for axis, angle in enumerate(turn):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        cosine, sine = np.cos(angle), np.sin(angle)
        first, second = turned[:, one].copy(), turned[:, other].copy()
        turned[:, one] = cosine * first - sine * second
        turned[:, other] = sine * first + cosine * second
    return turned


def _wrists(
    sign: Sign,
    keys: list[Key],
    shapes: Array,
    frame: tuple[Array, Array],
    proportions: Proportions,
) -> Array:
    """Return where the wrist is when the contact point is in its place, shape=(keys, 3)."""
    joints = hand_joints(shapes, proportions)
    contact = (
        joints[:, _PALM_CENTRE].mean(axis=1) if sign.contact is None else joints[:, sign.contact]
    )
    reach = np.einsum("tij,tj->ti", palm_rotation(*frame), contact)
    wrists: Array = np.array([key.place for key in keys]) - reach
    return wrists


def _key_times(timing: Timing, moments: list[float]) -> Array:
    start = timing.rest + timing.raise_
    end = start + timing.stroke - 1
    stroke = [start + at * (end - start) for at in moments]
    return np.array([-1.0, timing.rest, *stroke, end + timing.lower, timing.frames + 1.0])


def _interpolated(times: Array, values: Array, frames: int) -> Array:
    """Return the values at every frame, starting and stopping softly at each key."""
    now = np.arange(frames, dtype=np.float64)
    before = np.clip(np.searchsorted(times, now, side="right") - 1, 0, len(times) - 2)
    part = np.clip((now - times[before]) / (times[before + 1] - times[before]), 0, 1)
    eased = _eased(part).reshape(-1, *(1,) * (values.ndim - 1))
    return np.asarray(values[before] + (values[before + 1] - values[before]) * eased, np.float64)


def _eased(part: Array) -> Array:
    """Return how far a movement is: it speeds up, keeps its speed, slows down.

    Unlike a minimum-jerk profile this has no high peak of speed, which a tracker that searches
    near the last frame's hand would lose.
    """
    top_speed = 1 / (1 - _RAMP)
    rising = top_speed * part**2 / (2 * _RAMP)
    falling = 1 - top_speed * (1 - part) ** 2 / (2 * _RAMP)
    steady = top_speed * (part - _RAMP / 2)
    return np.where(part < _RAMP, rising, np.where(part > 1 - _RAMP, falling, steady))
