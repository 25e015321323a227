"""What the live job says, checked: its lines come from another process, and any may be damaged."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

Event = dict[str, Any]
Top = tuple[tuple[str, float], ...]
"""Pairs of gloss and score (0 to 1), best first."""

_MAX_SIDE: Final = 1024
_HANDS: Final = 2
_LANDMARKS: Final = 21
_CHANNELS: Final = 3
_BODY: Final = 51


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame as it is shown, with the hands that were found in it."""

    pixels: NDArray[np.uint8]
    """shape=(height, width, 3), RGB."""
    hands: NDArray[np.float32]
    """shape=(2, 21, 3): x and y in shares of the picture, NaN where there is no hand."""
    body: NDArray[np.float32] | None = None
    """shape=(51, 3): the same of pose and lips, where the model reads them."""


@dataclass(frozen=True, slots=True)
class TakeSaid:
    """A stretch that was recorded, as the job tells of it."""

    path: str
    frames: int
    fps: float
    width: int
    height: int

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def event_of(line: bytes) -> Event | None:
    """One line as an event; None where it is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        log.warning("live said what is no JSON: %r", line[:200])
        return None
    return event if isinstance(event, dict) else None


def number_of(value: Any) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def top_of(event: Event) -> Top:
    """Pairs of gloss and score; nothing where the line holds no such thing."""
    top = event.get("top")
    if not isinstance(top, list):
        return ()
    parts = [item for item in top if isinstance(item, dict) and "gloss" in item]
    pairs = ((str(item["gloss"]), number_of(item.get("score"))) for item in parts)
    return tuple((gloss, min(max(score, 0.0), 1.0)) for gloss, score in pairs if score is not None)


def latency_of(event: Event) -> dict[str, float]:
    """Milliseconds by stage."""
    said = event.get("latency_ms")
    known = said.items() if isinstance(said, dict) else ()
    pairs = ((str(stage), number_of(value)) for stage, value in known)
    return {stage: value for stage, value in pairs if value is not None}


def take_of(event: Event) -> TakeSaid | None:
    """The take that was recorded, or None where the line is damaged."""
    path, fps = event.get("path"), number_of(event.get("fps"))
    sizes = [event.get(name) for name in ("frames", "width", "height")]
    whole = [size for size in sizes if type(size) is int and size > 0]
    if not isinstance(path, str) or fps is None or fps <= 0 or len(whole) != len(sizes):
        return None
    return TakeSaid(path, whole[0], fps, whole[1], whole[2])


def picture_of(event: Event) -> Picture | None:
    """The picture of a `view`, or None where it does not hold what it says."""
    import numpy as np  # noqa: PLC0415 - only where a picture comes

    width, height, rgb = event.get("width"), event.get("height"), event.get("rgb")
    if type(width) is not int or type(height) is not int or not isinstance(rgb, str):
        return None
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        return None
    try:
        data = base64.b64decode(rgb, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) != width * height * _CHANNELS:
        return None
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, _CHANNELS)
    return Picture(pixels, _hands_of(event.get("hands")), _body_of(event.get("body")))


def _hands_of(said: Any) -> NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415 - only where a picture comes

    hands = np.full((_HANDS, _LANDMARKS, _CHANNELS), np.nan, np.float32)
    for place, points in enumerate(said[:_HANDS] if isinstance(said, list) else ()):
        try:
            # What is too large becomes infinite, and is left out.
            with np.errstate(over="ignore"):
                given = np.asarray(points, np.float32)
        except (ValueError, TypeError, OverflowError):
            continue
        if given.shape == (_LANDMARKS, 2) and np.isfinite(given).all():
            hands[place, :, :2] = given
            hands[place, :, 2] = 0.0
    return hands


def _body_of(said: Any) -> NDArray[np.float32] | None:
    import numpy as np  # noqa: PLC0415 - only where a picture comes

    if not isinstance(said, list) or len(said) != _BODY:
        return None
    body = np.full((_BODY, _CHANNELS), np.nan, np.float32)
    for place, point in enumerate(said):
        pair = point if isinstance(point, list) and len(point) == _CHANNELS - 1 else ()
        numbers = [number for number in map(number_of, pair) if number is not None]
        if len(numbers) == _CHANNELS - 1 and max(map(abs, numbers)) <= np.finfo(np.float32).max:
            body[place] = (*numbers, 0.0)
    return body
