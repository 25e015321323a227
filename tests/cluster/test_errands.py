"""What a worker makes of an errand before any clip is decoded."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from capture import errand, remote
from capture.board import Board
from capture.config import HandsConfig
from capture.errand import Errand, File, Identity, Refused, Unseen
from capture.errors import CaptureError
from capture.extractor import extractor_settings
from capture.pool import Failure, FailureKind
from store import __version__

CONTENT = b"a clip"
LANDMARKS: Any = object()


class Slots:
    """Stands in for the child process: tells what it was given."""

    def __init__(self):
        self.board = Board(1)
        self.seen = []
        self.error = None

    def run(self, _function, task, *, timeout_s):
        if self.error:
            raise self.error
        self.seen.append((task.path, task.path.read_bytes(), timeout_s))
        return LANDMARKS


@pytest.fixture
def slot():
    return Slots()


@pytest.fixture
def worker(monkeypatch, tmp_path, slot):
    folder = tmp_path / "scratch"
    folder.mkdir()
    made = SimpleNamespace(
        address="tcp://worker", local_directory=str(folder), metrics={},
        get_current_task=lambda: "task",
    )  # fmt: skip
    monkeypatch.setattr(remote, "get_worker", lambda: made)
    monkeypatch.setattr(remote, "_slot", lambda *_: slot)
    return made


@pytest.fixture
def clip(tmp_path, worker):
    path = tmp_path / "00001.mp4"
    path.write_bytes(CONTENT)
    file = File(str(path), len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    tracker = HandsConfig()
    identity = Identity(__version__, tracker, extractor_settings(tracker))
    return Errand(identity, file, None, 0, 9, 5.0, 200)


def test_a_clip_is_read_where_it_lies(clip, slot, tmp_path):
    assert errand.run_errand(clip) is LANDMARKS
    assert slot.seen == [(tmp_path / "00001.mp4", CONTENT, 5.0)]


@pytest.mark.parametrize("content", [b"another", CONTENT + b"!", None])
def test_another_file_under_the_same_path_is_not_taken_for_it(clip, slot, tmp_path, content):
    path = tmp_path / "00001.mp4"
    path.unlink() if content is None else path.write_bytes(content)
    assert errand.run_errand(clip) == Unseen()
    assert slot.seen == []


def test_what_was_sent_lies_in_dask_s_folder_and_goes(clip, slot, worker, tmp_path):
    sent = replace(clip, content=CONTENT, file=replace(clip.file, path="/nowhere/00001.mp4"))
    assert errand.run_errand(sent) is LANDMARKS
    ((path, content, _),) = slot.seen
    assert (content, path.suffix) == (CONTENT, ".mp4")
    assert path.parent == tmp_path / "scratch"
    assert list((tmp_path / "scratch").iterdir()) == []


def test_bytes_that_are_not_those_of_the_scan_are_unreadable(clip):
    found = errand.run_errand(replace(clip, content=b"mangled"))
    assert found == Failure(FailureKind.UNREADABLE, "changed since it was scanned; scan again")


def test_a_full_disk_or_a_child_that_cannot_start_is_the_worker_s_fault(clip, slot, tmp_path):
    slot.error = CaptureError("The worker processes end as soon as they start.")
    assert errand.run_errand(clip) == Refused("tcp://worker", slot.error.message)
    (tmp_path / "scratch").rmdir()
    found = errand.run_errand(replace(clip, content=CONTENT))
    assert isinstance(found, Refused)
    assert "FileNotFoundError" in found.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "9.9"}, f"it has signtui {__version__}, the job is of 9.9"),
        ({"tracker": HandsConfig(complexity=0)}, "complexity is 0, the job's is 1"),
    ],
)
def test_another_identity_is_refused_with_what_differs(clip, slot, change, said):
    foreign = replace(clip, identity=replace(clip.identity, **change))
    found = errand.run_errand(foreign)
    assert isinstance(found, Refused)
    assert said in found.reason
    assert slot.seen == []
    assert errand.greet(foreign.identity, clip.file, 200).refusal == found.reason


def test_another_model_is_named(clip):
    models = {**clip.identity.settings["models"], "hand_landmark_full.tflite": "0" * 64}
    settings = {**clip.identity.settings, "models": models}
    found = errand.greet(replace(clip.identity, settings=settings), clip.file, 200)
    assert found.refusal == "the model file hand_landmark_full.tflite is another"


def test_a_greeting_tells_whether_the_clips_are_seen(clip, worker, monkeypatch):
    slot = SimpleNamespace(run=lambda *_, **__: 1)
    monkeypatch.setattr(remote, "_slot", lambda *_: slot)
    assert errand.greet(clip.identity, clip.file, 200).sees
    assert not errand.greet(clip.identity, replace(clip.file, sha256="0"), 200).sees
    assert not errand.greet(clip.identity, replace(clip.file, sha256=None), 200).sees
    assert worker.metrics.keys() == {"signtui"}
