"""Preloaded by a Dask worker: it makes up landmarks at once, so that only the coordinator is timed.

`SIGNTUI_BENCH_SEES` says whether it sees the clips where they lie.
"""

import os
import platform
import time
from functools import cache
from typing import Any, Self
from unittest.mock import patch

import numpy as np

from capture.errand import Errand, Greeting
from capture.worker import ClipResult

SEES = "SIGNTUI_BENCH_SEES"


@cache
def made_up(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks with a hand in two of three frames, as in WLASL."""
    random = np.random.default_rng(frames)
    landmarks = random.random((frames, 2, 21, 3)).astype(np.float32)
    landmarks[random.random((frames, 2)) < 0.5] = np.nan
    return landmarks, np.full((frames, 2), 0.9, np.float32)


def answer(frames: int) -> ClipResult:
    landmarks, score = made_up(frames)
    return ClipResult(landmarks, score, 25.0, 1.5, 0.001, os.getpid(), 0)


def run_errand(errand: Errand) -> ClipResult:
    return answer(errand.last - errand.first)


def greet(_identity: Any, _sample: Any, _clips: int) -> Greeting:
    return Greeting(platform.node(), "", sees=bool(os.environ.get(SEES)))


class AtOnce:
    """Stands in for the local pool: its only worker is the coordinator's own process."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._tasks: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tasks.clear()

    def submit(self, key: int, _function: Any, task: Any, *, timeout_s: float) -> None:
        del timeout_s
        self._tasks.append((key, task))

    def collect(self, wait_s: float) -> list[Any]:
        if not self._tasks:
            time.sleep(wait_s)
        tasks, self._tasks = self._tasks, []
        return [(key, answer(task.last - task.first)) for key, task in tasks]


def dask_setup(_worker: object) -> None:
    """Called by Dask in the worker's process."""
    patch("capture.remote.run_errand", run_errand).start()
    patch("capture.remote.greet", greet).start()
