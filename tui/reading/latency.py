"""How long live took: percentiles for each stage over the latest events, and the frame rate."""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final

from tui.reading.live_events import Event, latency_of, number_of

STAGES: Final = ("capture", "landmarks", "features", "model", "total")
KEPT: Final = 2000
"""Events that percentiles are taken over."""
_RATE_OVER: Final = 20
"""Events that the frame rate is taken over: four frames each."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds."""

    p50: float
    p95: float


class Latency:
    """Listens to predictions."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[float]] = defaultdict(_empty)
        self._frames: deque[tuple[float, float]] = deque(maxlen=_RATE_OVER)

    def add(self, event: Event, at: float) -> None:
        """Take an event.

        Args:
            event: a prediction.
            at: when it came, in seconds of any clock that goes on.
        """
        for stage, value in latency_of(event).items():
            if stage in STAGES:
                self._kept[stage].append(value)
        frame = number_of(event.get("frame"))
        if frame is not None:
            if self._frames and frame <= self._frames[-1][1]:
                self._frames.clear()  # another clip began
            self._frames.append((at, frame))

    def summary(self) -> dict[str, StageTimes]:
        """The stages that were heard of, in their order."""
        return {stage: _times(self._kept[stage]) for stage in STAGES if self._kept.get(stage)}

    @property
    def rate(self) -> float | None:
        """Frames a second that were worked on lately; None before two events have come."""
        if len(self._frames) < 2:  # noqa: PLR2004 - a rate lies between two
            return None
        (began, first), (ended, last) = self._frames[0], self._frames[-1]
        return (last - first) / (ended - began) if ended > began else None


def _empty() -> deque[float]:
    return deque(maxlen=KEPT)


def _times(values: deque[float]) -> StageTimes:
    ordered = sorted(values)
    return StageTimes(_percentile(ordered, 0.5), _percentile(ordered, 0.95))


def _percentile(ordered: list[float], share: float) -> float:
    """Linear between the two nearest ranks, as NumPy's default."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
