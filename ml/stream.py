"""The loop of live: frames in, events out, and how long each stage took."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from capture.detections import Extractor
from capture.source import Frame, FrameSource
from ml.decide import Decider, Decision, State
from ml.features import Floats
from ml.recognizer import Prediction, Recognizer, Window

Event = dict[str, Any]
Emit = Callable[[Event], None]

STAGES: Final = ("capture", "landmarks", "features", "model", "total")
"""`capture` is the wait for a frame; `total` goes from its reading to what was made of it."""
_KEPT: Final = 2000
"""Frames that the latencies are summed up over."""
_WHOLE_FRAMES: Final = 3000
"""A longer source is a stream: no single prediction stands for all of it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame with all that was found in it."""

    frame: Frame
    landmarks: Floats
    """shape=(2, 21, 3), in order of detection, NaN where absent."""
    state: State
    guess: Prediction | None
    decision: Decision | None
    """What was decided with this frame."""
    body: Floats | None = None
    """shape=(51, 3), NaN where absent; None where nobody looks for it."""


Viewer = Callable[[Moment], None]
"""Anything that looks at each frame: a preview, a recorder."""


@dataclass
class Clock:
    """Milliseconds that each stage took: the latest, and those of the last two thousand frames."""

    latest: dict[str, float] = field(default_factory=dict)
    all: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(_kept))

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.note(stage, time.perf_counter() - started)

    def note(self, stage: str, seconds: float) -> None:
        self.latest[stage] = round(seconds * 1000, 3)
        self.all[stage].append(self.latest[stage])

    def summary(self) -> dict[str, dict[str, float]]:
        """Median and 95th percentile of each stage."""
        return {
            stage: {
                "p50": round(float(np.percentile(self.all[stage], 50)), 3),
                "p95": round(float(np.percentile(self.all[stage], 95)), 3),
            }
            for stage in STAGES
            if self.all[stage]
        }


def _kept() -> deque[float]:
    return deque(maxlen=_KEPT)


def run_live(
    source: FrameSource,
    extractor: Extractor,
    decider: Decider,
    emit: Emit,
    *,
    on_frame: Callable[[int], None] = lambda _index: None,
    viewers: Sequence[Viewer] = (),
) -> Event:
    """Follow a source to its end, and say what is signed when it is decided.

    Args:
        source: a file, or whatever else gives frames.
        extractor: fresh or reset.
        decider: fresh.
        emit: hears each sign, and at each stride how things stand.
        on_frame: hears each frame's index; may raise to end the loop.
        viewers: see each frame after it was read, in this order.

    Returns:
        The final event; for a clip it says what evaluation says of the same clip.

    Raises:
        UnreadableClipError: the source gives no frame.
        ExtractorError: MediaPipe gave up.
    """
    clock = Clock()
    recognizer = decider.recognizer
    if recognizer is not None:
        recognizer.measure = clock.measure
    whole, frame, signs = Window(fps=source.fps), None, 0
    for frame in _timed(source, clock):
        on_frame(frame.index)
        with clock.measure("landmarks"):
            found = extractor.process(frame.image)
        aspect = frame.image.shape[1] / frame.image.shape[0]
        decision = decider.add(
            frame.time_s,
            found.landmarks,
            found.right,
            aspect=aspect,
            fps=source.fps,
            body=found.body,
        )
        clock.note("total", time.monotonic() - frame.read_at)
        if decision is not None:
            signs += 1
            emit(_sign(decision))
        if (frame.index + 1) % decider.config.stride == 0:
            standing = _standing(frame, decider, found.landmarks, clock)
            emit({**standing, "dropped": source.dropped})
        moment = Moment(frame, found.landmarks, decider.state, decider.guess, decision, found.body)
        for see in viewers:
            see(moment)
        if frame.index < _WHOLE_FRAMES:
            whole.aspect = aspect
            whole.add(frame.time_s, found.landmarks, found.right, found.body)
    last = decider.end()
    if last is not None:
        signs += 1
        emit(_sign(last))
    final = _final(frame, whole, recognizer, signs, clock)
    return {**final, "dropped": source.dropped}


def _timed(source: FrameSource, clock: Clock) -> Iterator[Frame]:
    frames = iter(source)
    while True:
        with clock.measure("capture"):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _sign(decision: Decision) -> Event:
    return {
        "event": "sign",
        "gloss": decision.gloss,
        "top": _top(decision.top),
        "start_s": round(decision.start_s, 4),
        "end_s": round(decision.end_s, 4),
        "time_s": round(decision.at_s, 4),
        "early": decision.early,
    }


def _standing(frame: Frame, decider: Decider, landmarks: Floats, clock: Clock) -> Event:
    return {
        "event": "prediction",
        "frame": frame.index,
        "time_s": round(frame.time_s, 4),
        "state": decider.state,
        "hands": int((~np.isnan(landmarks[:, 0, 0])).sum()),
        "top": _top(decider.guess.top) if decider.guess else [],
        "latency_ms": dict(clock.latest),
    }


def _final(
    frame: Frame | None,
    whole: Window,
    recognizer: Recognizer | None,
    signs: int,
    clock: Clock,
) -> Event:
    frames = frame.index + 1 if frame else 0
    said = None
    if recognizer is not None and frames == len(whole) and whole.hands():
        said = recognizer.predict(whole.sequence(), timestamps=whole.timestamps())
    return {
        "event": "final",
        "frames": frames,
        "time_s": round(frame.time_s, 4) if frame else 0.0,
        "hands": whole.hands(),
        "signs": signs,
        "top": _top(said.top) if said else [],
        "latency_ms": clock.summary(),
    }


def _top(top: tuple[tuple[str, float], ...]) -> list[dict[str, Any]]:
    return [{"gloss": gloss, "score": round(score, 6)} for gloss, score in top]
