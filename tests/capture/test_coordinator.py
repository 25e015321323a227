"""What the coordinator writes, with the workers' answers told by the test."""

import numpy as np
import pytest
from sqlalchemy import select

from capture import coordinator, local
from capture.pool import Failure, FailureKind
from capture.worker import ClipResult
from store.errors import DiskFullError
from store.jobs import create_job, get_job, run_job
from store.landmarks import write_sequences
from store.schema import Clip, Extraction
from store.words import Availability, JobKind
from tests.support.library import make_sequence

CRASH = Failure(FailureKind.CRASH, "the worker process died (signal 9)")


def seen(task, *, absent=0.3):
    sequence = make_sequence(task.last - task.first, seed=task.last, absent=absent)
    score = np.full(sequence.landmarks.shape[:2], 0.9, np.float32)
    return ClipResult(sequence.landmarks, score, 25.0, 1.5, 0.1, 1, 1000)


class ToldPool:
    """Stands in for the worker pool; `answer` says what becomes of a task."""

    answer = staticmethod(seen)

    def __init__(self, *_arguments, **_options):
        self._tasks = []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._tasks.clear()

    def submit(self, key, _function, task, *, timeout_s):
        assert timeout_s > 0
        self._tasks.append((key, task))

    def collect(self, _wait_s):
        key, task = self._tasks.pop(0)
        return [(key, self.answer(task))]


@pytest.fixture
def ready(filled, monkeypatch):
    """The small library, its four clips readable with 50 to 53 frames, and told workers."""
    with filled.session() as session:
        for number, clip in enumerate(session.scalars(select(Clip))):
            clip.availability, clip.path = Availability.AVAILABLE, f"/clips/{clip.video_id}.mp4"
            clip.frames, clip.sha256 = 50 + number, clip.video_id
    monkeypatch.setattr(local, "TaskPool", ToldPool)
    return filled


def extract(library, **config):
    job_id = create_job(library, JobKind.EXTRACT, config)
    try:
        with run_job(library, job_id) as running:
            coordinator.extract(running)
    finally:
        row = get_job(library, job_id)
    return row


def statuses(library):
    with library.reading() as session:
        return sorted(row.status for row in session.scalars(select(Extraction)))


def test_a_full_disk_ends_the_job_and_keeps_what_is_done(ready, monkeypatch):
    written = []

    def write_one(path, items):
        if written:
            raise DiskFullError("The disk is full.", hint="Free some space.")
        written.append(path)
        write_sequences(path, items)

    with monkeypatch.context() as patched:
        patched.setattr(coordinator, "write_sequences", write_one)
        with pytest.raises(DiskFullError):
            extract(ready)
    assert statuses(ready) == ["done", "pending", "pending", "pending"]
    assert list(ready.landmarks_dir.iterdir()) == written
    job = extract(ready)
    assert (job.result["clips"], job.result["done"]) == (3, 3)
    assert statuses(ready) == ["done"] * 4


def test_a_clip_that_kills_its_worker_fails_at_the_third_attempt(ready, monkeypatch):
    tried = []

    def answer(task):
        tried.append(task.path.stem)
        return CRASH if task.path.stem == "00001" else seen(task)

    monkeypatch.setattr(ToldPool, "answer", staticmethod(answer))
    job = extract(ready)
    assert (job.status, job.result["done"], job.result["failed"]) == ("finished", 3, 1)
    assert tried.count("00001") == 3
    assert len(tried) == 6
    assert job.done == job.total
    with ready.reading() as session:
        row = session.scalar(select(Extraction).where(Extraction.status == "failed"))
        assert row is not None
        assert (row.attempts, row.error_kind, row.error) == (3, "crash", CRASH.error)


def test_a_clip_without_hands_has_no_file(ready, monkeypatch):
    monkeypatch.setattr(ToldPool, "answer", staticmethod(lambda task: seen(task, absent=1.1)))
    job = extract(ready)
    assert (job.result["no_hands"], job.result["done"]) == (4, 0)
    assert list(ready.landmarks_dir.iterdir()) == []


def test_files_are_packed_on_the_way_and_at_the_end(ready, monkeypatch):
    monkeypatch.setattr(coordinator, "PACK_SIZE", 2)
    extract(ready)
    assert len(list(ready.landmarks_dir.iterdir())) == 2
    assert statuses(ready) == ["done"] * 4


def test_the_limit_and_the_glosses_narrow_the_work(ready):
    assert extract(ready, limit=1).result["clips"] == 1
    assert extract(ready, glosses=["drink"]).result["left"] == 0
    assert statuses(ready).count("done") in {2, 3}
