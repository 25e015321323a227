"""Live recognition, without a screen: `python -P -m ml.live --library DIR --job ID`.

The job's config: `run`, a model as `ml.references` finds it, or null for none; `source`, as `capture.address` reads
it; optionally `realtime`, files at their own speed, `window`, a preview on the desktop, and
`stride`, frames between two predictions, and `glosses`, a list or an official subset that the
model is narrowed to (`ml.narrow`). Events are JSON, one object a line on stdout, and commands
come the same way on stdin (`ml.controls`):

    {"event": "start", "source": …, "fps": …, "run": …, "narrowed"?: {"glosses", "of"}}
    {"event": "source", "state": "opening" | "slow" | "stalled" | "lost"}
    {"event": "view", "width", "height", "rgb": base64, "hands": [[[x, y], …], …],
     "body"?: [[x, y] or null, …]}
    {"event": "window", "on": …, "error"?, "hint"?}
    {"event": "record", "on": …, "error"?, "hint"?}
    {"event": "take", "path", "frames", "fps", "width", "height"}
    {"event": "prediction", "frame": …, "time_s": …, "state": "idle" | "signing" | "decided",
     "hands": …, "top": [{"gloss", "score"}, …],
     "latency_ms": {"capture", "landmarks", "features", "model", "total"}, "dropped": …}
    {"event": "sign", "gloss": … or null, "top": […], "start_s", "end_s", "time_s", "early"}
    {"event": "final", …, "frames", "signs", "top", "latency_ms": {stage: {"p50", "p95"}},
     "dropped"}

`sign` is a word that was decided; its gloss is null where the score is below the threshold that
calibration found. `final` rests on all frames of a clip: it says what evaluation says of the same
clip. `dropped` counts frames so far that came faster than they were taken. Scores are calibrated. MediaPipe and LiteRT work here; TensorFlow is never imported.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO

from capture.address import Address, SourceKind, parse_address
from capture.config import HandsConfig, HolisticConfig, LandmarkSet, TrackerConfig
from capture.errors import SourceError, UnreadableClipError
from capture.extractor import open_extractor
from capture.feed import Feed, FeedState
from capture.source import FrameSource, PacedSource, VideoSource
from ml.bundle import Bundle
from ml.controls import Controls
from ml.decide import DecideConfig, Decider
from ml.errors import CheckpointError
from ml.narrow import read_choice
from ml.recognizer import Recognizer
from ml.references import find_model
from ml.stream import Emit, Event, Viewer, run_live
from ml.views import RecordView, TerminalView, WindowView
from store.child import child_main
from store.jobs import JobStoppedError, RunningJob
from store.paths import CLIP_SUFFIXES
from store.takes import recordings_dir

_STDOUT, _STDERR = 1, 2


def tracker_config(bundle: Bundle) -> TrackerConfig:
    """What finds the landmarks that a model reads, with the thresholds that it learnt from.

    Thresholds that the bundle does not tell are the usual ones. Raises CheckpointError where the
    model learnt from other landmarks than its features are made of, or from unknown ones.
    """
    reads = bundle.features.landmark_set
    learnt = _extractor(bundle).get("landmark_set", LandmarkSet.HANDS)
    if learnt != reads:
        raise CheckpointError(
            f"The model reads {reads} landmarks, but was made from {str(learnt)[:40]} landmarks.",
            hint="Train it again, or choose another run.",
        )
    kind = HolisticConfig if reads == LandmarkSet.HOLISTIC else HandsConfig
    settings = _extractor(bundle).get("settings")
    known = {item.name: type(item.default) for item in fields(kind)}
    said = settings.items() if isinstance(settings, dict) else ()
    usable: dict[str, Any] = {name: value for name, value in said if type(value) is known.get(name)}
    return kind(**usable)


def _extractor(bundle: Bundle) -> Mapping[str, Any]:
    """What is known of how the model's landmarks were made."""
    said = bundle.about.get("extractor")
    return said if isinstance(said, dict) else {}


def live(job: RunningJob) -> None:
    """Recognise signs in the job's source and write events to stdout.

    Raises:
        CaptureError: the source cannot be found, opened or read.
        CheckpointError: the run has no bundle that can be trusted, or reads other landmarks.
        GlossError: it does not know the glosses that it is to be narrowed to.
        JobStoppedError: a stop was asked for, or nobody listens any more.
    """
    address = parse_address(str(job.config["source"]))
    name, recognizer = _recognizer(job)
    config = DecideConfig(**{key: job.config[key] for key in ("stride",) if key in job.config})
    tracker = tracker_config(recognizer.bundle) if recognizer else HandsConfig()
    with (
        _events() as emit,
        open_extractor(tracker) as extractor,
        _views(job, address, emit) as views,
    ):
        hear = _Hearing(job, emit, views.controls)
        final: Event = {}
        for source in _sources(job, address, hear.waiting):
            with source, _named(source.name):
                emit(_start(source, name, recognizer))
                extractor.reset()
                final = run_live(
                    source,
                    extractor,
                    Decider(recognizer, config),
                    emit,
                    on_frame=hear.frame,
                    viewers=views.viewers,
                )
                emit(final)
    job.result(final)


def _recognizer(job: RunningJob) -> tuple[str | None, Recognizer | None]:
    """The run's name and its model; neither where `run` is null, as while the first word is recorded."""
    wanted = job.config.get("run", "latest")
    if wanted is None:
        return None, None
    model = find_model(job.library, wanted)
    recognizer = Recognizer.load(model.folder)
    tracker_config(recognizer.bundle)
    glosses = read_choice(job.library, job.config.get("glosses"))
    if glosses is not None:
        recognizer.narrow(glosses)
    return model.name, recognizer


def _start(source: FrameSource, run: str | None, recognizer: Recognizer | None) -> Event:
    narrowed = recognizer.narrowed if recognizer else None
    beside = {"narrowed": narrowed} if narrowed else {}
    return {"event": "start", "source": source.name, "fps": source.fps, "run": run, **beside}


@dataclass(frozen=True, slots=True)
class _Views:
    controls: Controls
    viewers: tuple[Viewer, ...]


@contextmanager
def _views(job: RunningJob, address: Address, emit: Emit) -> Iterator[_Views]:
    mirror = address.kind == SourceKind.CAMERA
    picture = TerminalView(emit, mirror=mirror)
    record = RecordView(emit, recordings_dir(job.library))
    window = WindowView(emit, mirror=mirror, recording=lambda: record.recording)
    handlers = {"view": picture.command, "window": window.command, "record": record.command}
    window.command({"on": bool(job.config.get("window"))})
    with closing(record), closing(window):
        controls = Controls(sys.stdin.buffer, handlers)
        yield _Views(controls, (picture.see, record.see, window.see))


def _sources(
    job: RunningJob, address: Address, on_wait: Callable[[FeedState], None]
) -> Iterator[FrameSource]:
    """One source, or the clips of a folder one after the other."""
    if address.live:
        yield Feed(address, on_wait=on_wait)
        return
    kind = PacedSource if job.config.get("realtime") else VideoSource
    for path in _clips(Path(address.value)):
        with _named(path.name):
            source = kind(path)
        yield source


def _clips(path: Path) -> list[Path]:
    """Raises SourceError where a folder holds no clip."""
    if not path.is_dir():
        return [path]
    clips = sorted(item for item in path.iterdir() if item.suffix.lower() in CLIP_SUFFIXES)
    if not clips:
        raise SourceError(
            f"The folder {path.name} holds no clip.",
            hint=f"Clips end in {', '.join(sorted(CLIP_SUFFIXES))}.",
        )
    return clips


class _Hearing:
    """Between frames: does what was asked for, and says how a source that gives none stands."""

    def __init__(self, job: RunningJob, emit: Emit, controls: Controls) -> None:
        self._job, self._emit, self._controls = job, emit, controls
        self._said: FeedState | None = None

    def frame(self, index: int) -> None:
        self._said = None
        self._job.progress(done=index + 1, unit="frames")
        self._listen()

    def waiting(self, state: FeedState) -> None:
        self._listen()
        if state not in {self._said, FeedState.LIVE}:
            self._emit({"event": "source", "state": state})
        self._said = state

    def _listen(self) -> None:
        self._job.stop_if_asked()
        self._controls.poll()


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of which clip a reason is."""
    try:
        yield
    except UnreadableClipError as error:
        raise UnreadableClipError(
            f"The clip {name} cannot be read: {error.message}.",
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
