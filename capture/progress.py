"""How long the rest will take, from how long the last clips took."""

from collections import deque
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

_REMEMBERED: Final = 60
_FEW: Final = 5
_DOUBT: Final = 0.5
"""Relative width of the range while fewer than `_FEW` clips have been seen."""
_LEAST_DOUBT: Final = 0.05


@dataclass
class Pace:
    """Size and worker seconds of the clips finished last; the size is in frames or in bytes."""

    _clips: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def add(self, units: int, seconds: float) -> None:
        if units > 0 and seconds > 0:
            self._clips.append((units, seconds))

    @property
    def seconds_per_unit(self) -> float | None:
        """Of one worker; None before the first clip."""
        units = sum(count for count, _ in self._clips)
        return sum(seconds for _, seconds in self._clips) / units if units else None

    def eta_s(self, units_left: int, workers: int) -> tuple[float, float] | None:
        """Return the likely (shortest, longest) time for what is left, about 95 % sure."""
        pace = self.seconds_per_unit
        if pace is None:
            return None
        middle = units_left * pace / max(1, workers)
        doubt = self._doubt(pace)
        return middle * (1 - doubt), middle * (1 + doubt)

    def _doubt(self, pace: float) -> float:
        count = len(self._clips)
        if count < _FEW:
            return _DOUBT
        total = sum(units for units, _ in self._clips)
        spread = sum(u * (s / u - pace) ** 2 for u, s in self._clips) / total
        return min(_DOUBT, max(_LEAST_DOUBT, 2 * sqrt(spread / count) / pace))
