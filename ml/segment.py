"""Where a stream holds a sign: hands that come, move, and go or rest again.

Nothing is learnt here; what counts is whether a hand is in the picture and how fast it moves,
measured in hand sizes so that the distance to the camera does not matter. A sign may hold still in
its middle, so stillness ends one only where the hand came to rest before, or after a long while.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.skeleton import KNUCKLES, WRIST

Floats = NDArray[np.float32]

_PALM: Final = (WRIST, *KNUCKLES)
_MIDDLE_KNUCKLE: Final = 9
_SMALLEST: Final = 1e-3
_BASE_S: Final = 0.07
"""Speeds are measured over about two frames of 25 a second: some sources repeat frames."""


@dataclass(frozen=True, slots=True)
class SegmentConfig:
    """Times in seconds; speeds in hand sizes a second, a hand size being wrist to middle knuckle.

    Measured on every sixth train clip of WLASL between two seconds of hands that stand still
    (n = 1385): 96.1 % give one stretch, 1.7 % several, 2.2 % none. With a `rested_s` of 0.3 s an
    end is told 0.2 s sooner, but 2.5 % are cut into several.
    """

    moving: float = 1.2
    """A hand faster than this signs."""
    still: float = 0.35
    """A hand slower than this over `settled_s` rests or holds."""
    settled_s: float = 0.24
    """How far back one looks for whether a hand stays where it is."""
    fresh_s: float = 0.6
    """A hand that came no longer ago than this belongs to the sign from its first frame."""
    lead_s: float = 0.2
    """How long before the first fast frame of a resting hand a sign begins."""
    gone_s: float = 0.2
    """Without a hand for so long, the sign is over; shorter gaps are the detector's."""
    rested_s: float = 0.5
    """Still for so long where it rested before, the sign is over."""
    held_s: float = 1.6
    """Still for so long anywhere, the sign is over."""
    near: float = 0.6
    """Hand sizes about the place of rest that count as there."""
    shortest_s: float = 0.2
    longest_s: float = 6.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a stream that holds a sign, in seconds."""

    start_s: float
    end_s: float
    """Time of the last frame that belongs to it."""


@dataclass(frozen=True, slots=True)
class _Hands:
    """What one frame shows."""

    time_s: float
    palms: Floats
    """Centres of the palms. shape=(hands, 2), in heights of the picture."""
    size: float
    """Of the larger hand, in heights of the picture."""


class Segmenter:
    """Takes a stream frame by frame and says when a sign begins and ends."""

    def __init__(self, config: SegmentConfig | None = None) -> None:
        self.config = config or SegmentConfig()
        self.start_s: float | None = None
        """When the sign that is being signed began; None while nobody signs."""
        self._last: _Hands | None = None
        self._before: deque[_Hands] = deque()
        self._lately: deque[_Hands] = deque()
        self._came_s: float | None = None
        self._still_s: float | None = None
        self._rest: Floats | None = None
        """Where the hands were before the sign."""
        self._ended_s = 0.0
        self._speeds: deque[float] = deque(maxlen=2)

    @property
    def signing(self) -> bool:
        return self.start_s is not None

    def add(self, time_s: float, landmarks: Floats, aspect: float) -> Stretch | None:
        """Take the hands of a frame.

        Args:
            time_s: seconds, rising from frame to frame.
            landmarks: shape=(2, 21, 3), NaN where absent, in any order of hands.
            aspect: width of the picture over its height.

        Returns:
            The sign that ended with this frame, if one did.
        """
        hands = _hands(time_s, landmarks, aspect)
        if hands is None:
            return self._without_hand(time_s)
        if self._last is None or time_s - self._last.time_s > self.config.gone_s:
            self._came_s, self._still_s = time_s, None
            self._speeds.clear()
            self._before.clear()
            self._lately.clear()
        self._measure(hands)
        self._last = hands
        return self._moved(hands)

    def _measure(self, hands: _Hands) -> None:
        """Keep the speed against the latest hands that are at least `_BASE_S` old."""
        while len(self._before) > 1 and hands.time_s - self._before[1].time_s >= _BASE_S:
            self._before.popleft()
        if self._before and hands.time_s - self._before[0].time_s >= _BASE_S:
            self._speeds.append(_speed(self._before[0], hands))
        self._before.append(hands)
        self._still_s = self._still_since(hands)
        self._lately.append(hands)

    def _still_since(self, hands: _Hands) -> float | None:
        """Since when the hands have been where they are; None while they move.

        Places are compared, not speeds: two frames apart, the trembling of landmarks is as fast
        as a slow hand, but it leads nowhere.
        """
        settled_s = self.config.settled_s
        while len(self._lately) > 1 and hands.time_s - self._lately[1].time_s >= settled_s:
            self._lately.popleft()
        reach = self.config.still * settled_s * hands.size
        if any(_way(past, hands) > reach for past in self._lately):
            return None
        began_s = self._lately[0].time_s if self._lately else hands.time_s
        return began_s if self._still_s is None else self._still_s

    def end(self) -> Stretch | None:
        """The stream is over: the sign that was being signed."""
        return self._close(self._last.time_s) if self._last and self.signing else None

    def _without_hand(self, time_s: float) -> Stretch | None:
        last = self._last
        if last is None or time_s - last.time_s <= self.config.gone_s:
            return None
        self._came_s, self._rest = None, None
        self._last = None
        return self._close(last.time_s) if self.signing else None

    def _moved(self, hands: _Hands) -> Stretch | None:
        speed = min(self._speeds) if len(self._speeds) == self._speeds.maxlen else 0.0
        if self.start_s is None:
            self._maybe_begin(hands, speed)
            return None
        if hands.time_s - self.start_s > self.config.longest_s:
            return self._close(hands.time_s)
        return self._maybe_rest(hands)

    def _maybe_begin(self, hands: _Hands, speed: float) -> None:
        if speed < self.config.moving:
            if self._still_s is not None and hands.time_s - self._still_s >= self.config.rested_s:
                self._rest = hands.palms
            return
        came = self._came_s if self._came_s is not None else hands.time_s
        fresh = hands.time_s - came <= self.config.fresh_s
        start = came if fresh else max(came, hands.time_s - self.config.lead_s)
        self.start_s = max(start, self._ended_s)
        if self._rest is None:
            self._rest = self._before[0].palms

    def _maybe_rest(self, hands: _Hands) -> Stretch | None:
        if self._still_s is None:
            return None
        still_for = hands.time_s - self._still_s
        back = (
            self._rest is not None
            and _apart(self._rest, hands.palms) < self.config.near * hands.size
        )
        if still_for >= (self.config.rested_s if back else self.config.held_s):
            self._rest = hands.palms
            return self._close(self._still_s)
        return None

    def _close(self, end_s: float) -> Stretch | None:
        start, self.start_s = self.start_s, None
        self._ended_s = end_s
        self._speeds.clear()
        if start is None or end_s - start < self.config.shortest_s:
            return None
        return Stretch(start, end_s)


def _hands(time_s: float, landmarks: Floats, aspect: float) -> _Hands | None:
    there = landmarks[~np.isnan(landmarks[:, 0, 0])][:, :, :2] * np.array([aspect, 1], np.float32)
    if not len(there):
        return None
    size = np.linalg.norm(there[:, _MIDDLE_KNUCKLE] - there[:, WRIST], axis=-1).max()
    return _Hands(time_s, there[:, _PALM].mean(axis=1), max(float(size), _SMALLEST))


def _speed(before: _Hands, now: _Hands) -> float:
    """Of the fastest hand that is in both frames, in hand sizes a second."""
    return _way(before, now) / now.size / max(now.time_s - before.time_s, 1e-3)


def _way(before: _Hands, now: _Hands) -> float:
    """How far the hand that went farthest is from where it was, in heights of the picture."""
    gaps = np.linalg.norm(now.palms[:, None] - before.palms[None, :], axis=-1)
    # Each hand goes on as the nearest one: the detector may name them in another order.
    fewer = gaps.min(axis=1) if len(now.palms) <= len(before.palms) else gaps.min(axis=0)
    return float(fewer.max())


def _apart(first: Floats, second: Floats) -> float:
    """How far the hands of one frame are from those of another, in heights of the picture."""
    gaps = np.linalg.norm(first[:, None] - second[None, :], axis=-1)
    return float(max(gaps.min(axis=0).max(), gaps.min(axis=1).max()))
