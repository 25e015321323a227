"""Preloaded by a Dask worker: it makes up landmarks, and does what its environment says.

Each attempt leaves a line in the file that `SIGNTUI_TEST_ATTEMPTS` names: the clip, and the
worker's name. Clips are told apart by their content, since what was sent has no name of its own.
"""

import json
import os
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil

from capture.child import start_child
from capture.extractor import extractor_settings
from capture.worker import ClipResult, ClipTask
from tests.torture.standin import landmarks_of

ATTEMPTS = "SIGNTUI_TEST_ATTEMPTS"
NAME = "SIGNTUI_TEST_NAME"
SECONDS = "SIGNTUI_TEST_SECONDS"
BLIND = "SIGNTUI_TEST_BLIND"
MEDIAPIPE = "SIGNTUI_TEST_MEDIAPIPE"
BAD = "SIGNTUI_TEST_BAD"
"""What becomes of some clips, as JSON: video id -> hang, die, memory or slow."""
SLOW_S = 4.0

_state: dict = {}


def start(_config, board, log_path):
    start_child(log_path)
    _state["board"] = board


def extract(task: ClipTask) -> ClipResult:
    video_id = task.path.read_bytes()[5:10].decode()
    _state["board"].start(task.line, os.getpid())
    with Path(os.environ[ATTEMPTS]).open("a", encoding="utf-8") as attempts:
        attempts.write(f"{video_id} {os.environ[NAME]}\n")
    misbehave(json.loads(os.environ.get(BAD, "{}")).get(video_id))
    _state["board"].advance(task.line, 1)
    time.sleep(float(os.environ.get(SECONDS, "0")))
    sequence = landmarks_of(video_id, task.last - task.first)
    score = np.full(sequence.landmarks.shape[:2], 0.9, np.float32)
    memory = psutil.Process().memory_info().rss
    return ClipResult(sequence.landmarks, score, 25.0, 1.5, 0.01, os.getpid(), memory)


def misbehave(how):
    if how == "hang":
        time.sleep(600)
    elif how == "slow":
        time.sleep(SLOW_S)
    elif how == "die":
        os._exit(7)
    elif how == "memory":
        bytearray(2**40)


def dask_setup(_worker):
    """Called by Dask in the worker's process."""
    patch("capture.remote.extract_clip", extract).start()
    patch("capture.remote.start_worker", start).start()
    if os.environ.get(BLIND):
        patch("capture.remote._sees", return_value=False).start()
    if version := os.environ.get(MEDIAPIPE):

        def another(config):
            return {**extractor_settings(config), "mediapipe": version}

        patch("capture.remote.extractor_settings", another).start()
