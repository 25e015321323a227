"""What happens inside a worker process: one clip in, landmarks out.

A worker never imports TensorFlow, SQLAlchemy or HDF5, writes no file but the job's log, and ends
with its coordinator.
"""

import logging
import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from numpy.typing import NDArray

from capture.ahead import iter_ahead
from capture.board import Board
from capture.child import start_child
from capture.config import TrackerConfig
from capture.detections import Detections, Extractor
from capture.errors import ExtractorError, UnreadableClipError
from capture.extractor import open_extractor
from capture.video import ClipReader
from store.assign import find_swaps
from store.skeleton import BODY_SHAPE, N_SLOTS, SEQUENCE_SHAPE

log = logging.getLogger(__name__)

CHANGED: Final = "changed since it was scanned; scan again"
_TELL_EVERY: Final = 5
"""Frames between two signs of progress."""


@dataclass(frozen=True, slots=True)
class ClipTask:
    path: Path
    first: int
    last: int
    size_bytes: int
    mtime_ns: int
    line: int
    """Where on the board this task shows its progress."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    landmarks: NDArray[np.float32]
    """shape=(frames, 2, 21, 3), left and right, NaN where absent."""
    score: NDArray[np.float32]
    """shape=(frames, 2)."""
    fps: float
    aspect: float
    seconds: float
    pid: int
    memory_bytes: int
    body: NDArray[np.float32] | None = None
    """shape=(frames, 51, 3), of `holistic` alone."""


@dataclass
class _State:
    config: TrackerConfig
    board: Board
    extractor: Extractor | None = None


_state: _State | None = None
"""Of this process: set once by `start_worker`, since a pool's tasks can only reach globals."""


def start_worker(config: TrackerConfig, board: Board, log_path: Path | None) -> None:
    """Make this process a worker; the pool's initializer."""
    global _state  # noqa: PLW0603
    start_child(log_path)
    _state = _State(config, board, open_extractor(config))


def say_pid(_: object) -> int:
    """The least that a worker can do: whoever gets an answer knows that it has started."""
    return os.getpid()


def extract_clip(task: ClipTask) -> ClipResult:
    """Follow the signer through one clip.

    Raises:
        UnreadableClipError: it cannot be decoded, or is not the file that was scanned.
        ExtractorError: MediaPipe gave up on it.
    """
    if _state is None:
        raise ExtractorError("This process was not started as a worker.")
    started = time.perf_counter()
    _state.board.start(task.line, os.getpid())
    extractor = _state.extractor or open_extractor(_state.config)
    _state.extractor = None
    try:
        found, fps, aspect = _follow(extractor, task, _state.board)
        extractor.reset()
    except ExtractorError:
        extractor.close()
        raise
    except UnreadableClipError:
        extractor.reset()
        _state.extractor = extractor
        raise
    _state.extractor = extractor
    found.name_hands(aspect)
    return ClipResult(
        landmarks=found.landmarks,
        score=found.score,
        body=found.body,
        fps=fps,
        aspect=aspect,
        seconds=time.perf_counter() - started,
        pid=os.getpid(),
        memory_bytes=psutil.Process().memory_info().rss,
    )


class _Found:
    """The detections of a clip, frame by frame."""

    def __init__(self, frames: int) -> None:
        self.landmarks = np.full((frames, *SEQUENCE_SHAPE), np.nan, np.float32)
        self.score = np.full((frames, N_SLOTS), np.nan, np.float32)
        self.body: NDArray[np.float32] | None = None
        self._right = np.full((frames, N_SLOTS), np.nan, np.float32)

    def note(self, frame: int, seen: Detections) -> None:
        self.landmarks[frame], self._right[frame] = seen.landmarks, seen.right
        self.score[frame] = seen.score
        if seen.body is not None:
            if self.body is None:
                self.body = np.full((len(self.score), *BODY_SHAPE), np.nan, np.float32)
            self.body[frame] = seen.body

    def name_hands(self, aspect: float) -> None:
        """Put each hand into its slot; with a body they are there, named by their arms."""
        if self.body is None:
            swaps = find_swaps(self.landmarks, self._right, aspect=aspect)
            self.landmarks[swaps] = self.landmarks[swaps, ::-1]
            self.score[swaps] = self.score[swaps, ::-1]


def _follow(extractor: Extractor, task: ClipTask, board: Board) -> tuple[_Found, float, float]:
    check_unchanged(task.path, task.size_bytes, task.mtime_ns)
    frames = task.last - task.first
    found = _Found(frames)
    done, aspect = 0, 0.0
    with (
        ClipReader(task.path) as reader,
        closing(iter_ahead(reader.frames(task.first, task.last))) as images,
    ):
        for image in images:
            found.note(done, extractor.process(image))
            aspect = image.shape[1] / image.shape[0]
            done += 1
            if done % _TELL_EVERY == 0:
                board.advance(task.line, done)
        fps = reader.fps
    if done < frames:
        raise UnreadableClipError(f"only {done} of {frames} frames could be decoded")
    return found, fps, aspect


def check_unchanged(path: Path, size_bytes: int, mtime_ns: int) -> None:
    """Raises UnreadableClipError where a file is not the one that was scanned."""
    try:
        stat = path.stat()
    except OSError as error:
        raise UnreadableClipError(f"unreadable: {(error.strerror or '').lower()}") from error
    if (stat.st_size, stat.st_mtime_ns) != (size_bytes, mtime_ns):
        raise UnreadableClipError(CHANGED)
