"""What happens inside a worker process: one clip in, named hands out.

A worker never imports TensorFlow, SQLAlchemy or HDF5, writes no file but the job's log, and ends
with its coordinator.
"""

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from numpy.typing import NDArray

from capture.board import Board
from capture.child import start_child
from capture.config import HandsConfig
from capture.errors import ExtractorError, UnreadableClipError
from capture.extractor import HandsExtractor
from capture.video import ClipReader
from store.assign import find_swaps
from store.skeleton import N_SLOTS, SEQUENCE_SHAPE

log = logging.getLogger(__name__)

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


@dataclass
class _State:
    config: HandsConfig
    board: Board
    extractor: HandsExtractor | None = None


_state: _State | None = None
"""Of this process: set once by `start_worker`, since a pool's tasks can only reach globals."""


def start_worker(config: HandsConfig, board: Board, log_path: Path | None) -> None:
    """Make this process a worker; the pool's initializer."""
    global _state  # noqa: PLW0603
    start_child(log_path)
    _state = _State(config, board, HandsExtractor(config))


def extract_clip(task: ClipTask) -> ClipResult:
    """Follow the hands through one clip.

    Raises:
        UnreadableClipError: it cannot be decoded, or is not the file that was scanned.
        ExtractorError: MediaPipe gave up on it.
    """
    if _state is None:
        raise ExtractorError("This process was not started as a worker.")
    started = time.perf_counter()
    _state.board.start(task.line, os.getpid())
    extractor = _state.extractor or HandsExtractor(_state.config)
    _state.extractor = None
    try:
        landmarks, right, score, fps, aspect = _follow(extractor, task, _state.board)
        extractor.reset()
    except ExtractorError:
        extractor.close()
        raise
    except UnreadableClipError:
        extractor.reset()
        _state.extractor = extractor
        raise
    _state.extractor = extractor
    swaps = find_swaps(landmarks, right, aspect=aspect)
    landmarks[swaps] = landmarks[swaps, ::-1]
    score[swaps] = score[swaps, ::-1]
    return ClipResult(
        landmarks=landmarks,
        score=score,
        fps=fps,
        aspect=aspect,
        seconds=time.perf_counter() - started,
        pid=os.getpid(),
        memory_bytes=psutil.Process().memory_info().rss,
    )


def _follow(
    extractor: HandsExtractor, task: ClipTask, board: Board
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], float, float]:
    _check_unchanged(task)
    frames = task.last - task.first
    landmarks = np.full((frames, *SEQUENCE_SHAPE), np.nan, np.float32)
    right = np.full((frames, N_SLOTS), np.nan, np.float32)
    score = np.full((frames, N_SLOTS), np.nan, np.float32)
    done, aspect = 0, 0.0
    with ClipReader(task.path) as reader:
        for image in reader.frames(task.first, task.last):
            found = extractor.process(image)
            landmarks[done], right[done], score[done] = found.landmarks, found.right, found.score
            aspect = image.shape[1] / image.shape[0]
            done += 1
            if done % _TELL_EVERY == 0:
                board.advance(task.line, done)
        fps = reader.fps
    if done < frames:
        raise UnreadableClipError(f"only {done} of {frames} frames could be decoded")
    return landmarks, right, score, fps, aspect


def _check_unchanged(task: ClipTask) -> None:
    try:
        stat = task.path.stat()
    except OSError as error:
        raise UnreadableClipError(f"unreadable: {(error.strerror or '').lower()}") from error
    if (stat.st_size, stat.st_mtime_ns) != (task.size_bytes, task.mtime_ns):
        raise UnreadableClipError("changed since it was scanned; scan again")
