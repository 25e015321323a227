"""Live recognition, without a screen: `python -P -m ml.live --library DIR --job ID`.

The job's config: `run`, a name or number; `source`, a file; optionally `stride`, frames between two
predictions, and `window_s`, how far back each looks. Events are JSON, one object a line on stdout:

    {"event": "start", "source": …, "fps": …, "run": …}
    {"event": "prediction", "frame": …, "time_s": …, "hands": …, "top": [{"gloss", "score"}, …],
     "latency_ms": {"capture", "landmarks", "features", "model"}}
    {"event": "final", …, "frames": …, "latency_ms": {stage: {"p50", "p95"}}}

`final` rests on all frames of the source: it says what evaluation says of the same clip. `top` is
empty where no hand was seen. MediaPipe and LiteRT work here; TensorFlow is never imported.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from capture.config import HandsConfig
from capture.errors import UnreadableClipError
from capture.extractor import HandsExtractor
from capture.source import Frame, FrameSource, VideoSource
from ml.bundle import Bundle, bundle_of
from ml.errors import ConfigError
from ml.features import extract_features
from ml.recognizer import Prediction, Recognizer, Window
from store.child import child_main
from store.jobs import JobStoppedError, RunningJob
from store.runs import get_run

Event = dict[str, Any]
Emit = Callable[[Event], None]

STAGES: Final = ("capture", "landmarks", "features", "model")
_STDOUT, _STDERR = 1, 2
_MAX_STRIDE: Final = 1000


@dataclass(frozen=True, slots=True)
class LiveConfig:
    """How often a stream is read, and how far back."""

    stride: int = 10
    """Frames between two predictions."""
    window_s: float = 3.0
    """WLASL's signs last 2.4 s on average."""

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= _MAX_STRIDE or not 0 < self.window_s <= 60:  # noqa: PLR2004
            raise ConfigError(f"stride {self.stride} or window_s {self.window_s} is out of bounds.")


@dataclass
class Clock:
    """Milliseconds that each stage took, latest and all."""

    latest: dict[str, float] = field(default_factory=dict)
    all: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.latest[stage] = round((time.perf_counter() - started) * 1000, 3)
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


def run_live(
    source: FrameSource,
    extractor: HandsExtractor,
    recognizer: Recognizer,
    emit: Emit,
    *,
    config: LiveConfig | None = None,
    on_frame: Callable[[int], None] = lambda _index: None,
) -> Event:
    """Follow a source to its end, and say at each stride what is signed.

    Args:
        source: a file, or whatever else gives frames.
        extractor: fresh or reset.
        recognizer: a loaded bundle.
        emit: hears each prediction.
        config: stride and window.
        on_frame: hears each frame's index; may raise to end the loop.

    Returns:
        The final event.

    Raises:
        UnreadableClipError: the source gives no frame.
        ExtractorError: MediaPipe gave up.
    """
    config = config or LiveConfig()
    clock = Clock()
    window, whole = Window(config.window_s, fps=source.fps), Window(fps=source.fps)
    frame = None
    for frame in _timed(source, clock):
        on_frame(frame.index)
        with clock.measure("landmarks"):
            found = extractor.process(frame.image)
        for buffer in (window, whole):
            buffer.aspect = frame.image.shape[1] / frame.image.shape[0]
            buffer.add(frame.time_s, found.landmarks, found.right)
        if (frame.index + 1) % config.stride == 0:
            said = _recognize(recognizer, window, clock)
            emit(_event("prediction", frame, window, said, dict(clock.latest)))
    said = _recognize(recognizer, whole, clock)
    final = _event("final", frame, whole, said, clock.summary())
    return {**final, "frames": len(whole)}


def _timed(source: FrameSource, clock: Clock) -> Iterator[Frame]:
    frames = iter(source)
    while True:
        with clock.measure("capture"):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def _recognize(recognizer: Recognizer, window: Window, clock: Clock) -> Prediction | None:
    with clock.measure("features"):
        sequence = window.sequence()
        features = extract_features(sequence, recognizer.features, timestamps=window.timestamps())
    with clock.measure("model"):
        scores = recognizer.scores(features)
    return recognizer.name(scores) if sequence.present.any() else None


def _event(
    kind: str,
    frame: Frame | None,
    window: Window,
    said: Prediction | None,
    latency_ms: dict[str, Any],
) -> Event:
    return {
        "event": kind,
        "frame": frame.index if frame else -1,
        "time_s": round(frame.time_s, 4) if frame else 0.0,
        "hands": window.hands(),
        "top": [{"gloss": gloss, "score": round(score, 6)} for gloss, score in said.top]
        if said
        else [],
        "latency_ms": latency_ms,
    }


def hands_config(bundle: Bundle) -> HandsConfig:
    """The thresholds that the model's landmarks were extracted with, as far as they are known."""
    extractor = bundle.about.get("extractor")
    settings = extractor.get("settings") if isinstance(extractor, dict) else None
    if not isinstance(settings, dict):
        return HandsConfig()
    known = {item.name: type(item.default) for item in fields(HandsConfig)}
    usable: dict[str, Any] = {
        name: value for name, value in settings.items() if type(value) is known.get(name)
    }
    return HandsConfig(**usable)


def live(job: RunningJob) -> None:
    """Recognise signs in the job's source and write events to stdout.

    Raises:
        UnreadableClipError: the source cannot be read.
        CheckpointError: the run has no bundle that can be trusted.
        JobStoppedError: a stop was asked for, or nobody listens any more.
    """
    options = {key: job.config[key] for key in ("stride", "window_s") if key in job.config}
    config = LiveConfig(**options)
    run = get_run(job.library, job.config.get("run", "latest"))
    recognizer = Recognizer.load(bundle_of(job.library, run))

    def on_frame(index: int) -> None:
        job.progress(done=index + 1, unit="frames")
        job.stop_if_asked()

    path = Path(job.config["source"])
    with (
        _events() as emit,
        _named(path),
        VideoSource(path) as source,
        HandsExtractor(hands_config(recognizer.bundle)) as extractor,
    ):
        emit({"event": "start", "source": source.name, "fps": source.fps, "run": run.name})
        final = run_live(source, extractor, recognizer, emit, config=config, on_frame=on_frame)
        emit(final)
    job.result(final)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of which clip a reason is."""
    try:
        yield
    except UnreadableClipError as error:
        raise UnreadableClipError(
            f"The clip {path.name} cannot be read: {error.message}.",
            hint="signtui scan tells which clips can.",
        ) from error


@contextmanager
def _events() -> Iterator[Emit]:
    """Keep stdout for events: whatever native code prints goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with os.fdopen(kept, "w", encoding="utf-8") as stream:
            yield lambda event: _write(stream, event)
    except BrokenPipeError as error:
        raise JobStoppedError("Nobody listens to live any more.") from error


def _write(stream: TextIO, event: Event) -> None:
    stream.write(json.dumps(event, ensure_ascii=False) + "\n")
    stream.flush()


if __name__ == "__main__":
    raise SystemExit(child_main(live))
