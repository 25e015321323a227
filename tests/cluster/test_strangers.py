"""A cluster with a worker that may not work, clips that misbehave, and a bound on what is sent."""

import json
import os
import sys
import threading

import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from store.job_lines import list_lines
from store.jobs import ask, get_job
from store.words import JobKind, Request
from tests.cluster.running import Cluster, has_openssl, small_library
from tests.cluster.standin import BAD, BLIND, MEDIAPIPE, SECONDS
from tests.jobs.extracting import extractions, finish, run, start, until

SIZE = 100_000
THREADS = 3
# Only Linux holds a child to its address space: capture/child.py.
GREEDY = "memory" if sys.platform == "linux" else "die"
BAD_CLIPS = {"00000": "hang", "00001": "die", "00002": GREEDY}
CLIPS = 12
SLOW_CLIPS = {f"{CLIPS + number:05d}": "slow" for number in range(12)}
"""Slow enough for a heartbeat to tell of them."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One worker that is sent its clips, one with another MediaPipe; over TLS where it can be made."""
    with Cluster(tmp_path_factory.mktemp("cluster"), tls=has_openssl()) as made:
        told = {BLIND: "1", SECONDS: "0.05", BAD: json.dumps(BAD_CLIPS | SLOW_CLIPS)}
        made.add_worker("fit", "--nthreads", str(THREADS), **told)
        made.add_worker("other", **{MEDIAPIPE: "0.0.1"})
        made.wait_for_workers(2)
        yield made


@pytest.fixture(autouse=True)
def let_in(cluster, monkeypatch):
    """Jobs are started with what Dask's configuration would say on a user's machine."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def library(tmp_path):
    return small_library(tmp_path, CLIPS, size=SIZE)


def without_bad(library):
    """Only clips that behave."""
    from sqlalchemy import select

    from store.schema import Clip, Instance

    with library.session() as session:
        bad = select(Clip.id).where(Clip.video_id.in_(BAD_CLIPS))
        for instance in session.scalars(select(Instance).where(Instance.clip_id.in_(bad))):
            instance.excluded = True
    return library


class Onlooker:
    """Counts the clips that the scheduler knows of, from outside."""

    def __init__(self, cluster):
        self._cluster = cluster
        self._stop = threading.Event()
        self.most = 0

    def __enter__(self):
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _look(self):
        with self._cluster.client() as client:
            while not self._stop.wait(0.02):
                self.most = max(self.most, client.run_on_scheduler(count_errands))


def count_errands(dask_scheduler):
    return sum("run_errand" in str(key) for key in dask_scheduler.tasks)


def test_clips_are_sent_within_the_bound_and_to_nobody_who_is_refused(cluster, library):
    bound = int(2.5 * SIZE)
    with Onlooker(cluster) as onlooker:
        code, job = run(
            without_bad(library), JobKind.EXTRACT, cluster=cluster.address, bytes_in_flight=bound
        )
    assert (code, job.error, job.result["done"]) == (0, None, 9)
    assert onlooker.most == 2, "two fit into the bound, though three threads could take six"
    assert job.result["peak_flight_mb"] == 2 * SIZE / 1e6
    assert job.result["sent_mb"] == 9 * SIZE / 1e6
    assert job.result["workers"] == THREADS
    assert {worker for _, worker in cluster.tried()} == {"fit"}
    (said,) = [line.text for line in list_lines(library, job.id) if line.level == "warning"]
    assert said.startswith("Worker other at ")
    assert "is refused: mediapipe is 0.0.1, the job's is 0.10.21" in said


def test_a_bad_clip_costs_neither_the_job_nor_the_worker(cluster, library):
    with cluster.client() as client:
        before = client.run(os.getpid)
        code, job = run(
            library, JobKind.EXTRACT, cluster=cluster.address, attempts=2, time_limit_s=1.0,
            time_per_frame_s=0.0,
        )  # fmt: skip
        assert client.run(os.getpid) == before, "the same workers, none of them new"
    assert (code, job.status, job.error) == (0, "finished", None)
    assert (job.result["done"], job.result["failed"], job.result["left"]) == (9, 3, 0)
    found = {name: row for name, (row, _) in extractions(library).items()}
    kinds = {name: (row.error_kind, row.attempts) for name, row in found.items() if row.error}
    third = "error" if GREEDY == "memory" else "crash"
    assert kinds == {"00000": ("timeout", 2), "00001": ("crash", 2), "00002": (third, 2)}
    assert "exit code 7" in found["00001"].error
    assert ("MemoryError" in found["00002"].error) == (GREEDY == "memory")


def test_a_stopped_job_leaves_nothing_on_the_cluster(cluster, tmp_path):
    library = without_bad(small_library(tmp_path, CLIPS + len(SLOW_CLIPS)))
    process, job_id = start(library, JobKind.EXTRACT, cluster=cluster.address)
    working = until(lambda: at_work(library, job_id))
    assert {row["state"] for row in working} == {"working"}
    assert all(row["host"] and row["memory_mb"] > 0 for row in working)
    ask(library, job_id, Request.STOP)
    code, job = finish(library, process, job_id)
    assert (code, job.status) == (130, "cancelled")
    assert "running" not in {row.status for row, _ in extractions(library).values()}
    with cluster.client() as client:
        until(lambda: client.run_on_scheduler(count_errands) == 0)


def at_work(library, job_id):
    """Rows of workers whose process is known."""
    detail = get_job(library, job_id).detail or {}
    return [row for row in detail.get("workers", []) if row["pid"]]


def test_a_scheduler_that_is_not_there_is_one_sentence(library, tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    code, job = run(library, JobKind.EXTRACT, cluster="tcp://127.0.0.1:9")
    assert (code, job.status) == (1, "failed")
    assert "No scheduler answers at tcp://127.0.0.1:9" in job.error
    assert job.hint
    assert {row.status for row, _ in extractions(library).values()} == {"pending"}
