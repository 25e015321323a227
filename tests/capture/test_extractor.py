"""MediaPipe behind its seam; it runs in processes of its own, never in pytest's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capture.board import Board
from capture.config import HandsConfig
from capture.errors import ExtractorError
from capture.extractor import extractor_key, extractor_settings
from capture.pool import TaskPool
from capture.worker import extract_clip, start_worker
from tests.capture.pool_tasks import imported_modules

_ROOT = Path(__file__).resolve().parents[2]


def test_the_key_tells_what_decides_the_landmarks():
    base = extractor_key(HandsConfig())
    assert base == extractor_key(HandsConfig())
    others = {
        extractor_key(HandsConfig(detection_confidence=0.4)),
        extractor_key(HandsConfig(tracking_confidence=0.4)),
        extractor_key(HandsConfig(complexity=0)),
        extractor_key(HandsConfig(thorough=True)),
    }
    assert len(others | {base}) == 5
    settings = extractor_settings(HandsConfig())
    assert settings["mode"] == "video"
    assert len(settings["models"]) == 3
    assert settings["mediapipe"] == "0.10.21"


def test_a_task_needs_a_worker():
    with pytest.raises(ExtractorError):
        extract_clip(None)


@pytest.mark.slow
def test_one_graph_serves_many_clips_as_a_new_one_would(real_data):
    videos = real_data / "videos"
    answer = subprocess.run(
        [
            sys.executable, "-P", "-m", "tests.capture.extractor_child",
            str(videos / "53199.mp4"), str(videos / "01377.mp4"),
        ],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        check=True,
        timeout=200,
    )  # fmt: skip
    seen = json.loads(answer.stdout)
    assert seen["key"] == extractor_key(HandsConfig())
    assert seen["light"], "the key must not need MediaPipe"
    assert seen["same_as_alone"]
    assert seen["same_as_legacy"]
    assert seen["hands"] > 10
    assert seen["strict_hands"] < seen["hands"]
    assert seen["labelled"]
    still = seen["looked_at_still"]
    assert still[2:8].count(True) == 1, "one of six frames is looked at"
    assert seen["same_while_still"]
    assert seen["looked_at_moved"]
    assert seen["empty"] == [[0, True], [0, False], [0, False]]
    assert not seen["tensorflow"]


@pytest.mark.slow
def test_a_worker_imports_neither_tensorflow_nor_the_catalog(tmp_path):
    log = tmp_path / "job.log"
    pool: TaskPool[str] = TaskPool(
        1, initializer=start_worker, arguments=(HandsConfig(), Board(1), log)
    )
    with pool:
        pool.submit("modules", imported_modules, None, timeout_s=60)
        outcomes = []
        while not outcomes:
            outcomes = pool.collect(1.0)
    modules = set(outcomes[0][1])
    assert "mediapipe" in modules
    assert modules & {"tensorflow", "keras", "textual", "sqlalchemy", "h5py"} == set()
    assert log.exists(), "what MediaPipe writes to descriptor 2 goes to the log"
