"""Workers that make up landmarks in milliseconds; all else of an extraction is the real thing.

Each attempt leaves a line in `attempts.txt` beside the library.
"""

import os
import random
import time
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from capture.child import start_child
from capture.worker import ClipResult, ClipTask
from tests.support.library import make_sequence
from tests.torture.lacking import lacks_pauses

ATTEMPTS: Final = "attempts.txt"
LONGEST_S: Final = 0.1

_state: dict = {}


def start(_config, board, log_path):
    start_child(log_path)
    _state["board"] = board
    _state["attempts"] = log_path.parents[3] / ATTEMPTS


def extract(task: ClipTask) -> ClipResult:
    board = _state["board"]
    board.start(task.line, os.getpid())
    with Path(_state["attempts"]).open("a", encoding="utf-8") as attempts:
        attempts.write(f"{task.path.stem}\n")
    if not lacks_pauses():
        time.sleep(random.uniform(0, LONGEST_S))  # noqa: S311
    sequence = landmarks_of(task.path.stem, task.last - task.first)
    return ClipResult(
        landmarks=sequence.landmarks,
        score=np.full(sequence.landmarks.shape[:2], 0.9, np.float32),
        fps=25.0,
        aspect=1.5,
        seconds=0.01,
        pid=os.getpid(),
        memory_bytes=psutil.Process().memory_info().rss,
    )


def landmarks_of(video_id, frames):
    """What the stand-in finds in a clip: always the same."""
    return make_sequence(frames, seed=int(video_id))


class Alone:
    """A pool whose only worker is the process itself."""

    def __init__(self, *_workers, arguments, **_options):
        _config, board, log_path = arguments
        _state.update(board=board, attempts=log_path.parents[3] / ATTEMPTS)
        self._tasks = []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._tasks.clear()

    def submit(self, key, function, task, *, timeout_s):
        self._tasks.append((key, function, task))

    def collect(self, _wait_s):
        key, function, task = self._tasks.pop(0)
        return [(key, function(task))]
