"""One bad task never ends a job, whatever it does to its process."""

import pytest

from capture.errors import CaptureError
from capture.pool import Failure, FailureKind, TaskPool
from tests.capture.pool_tasks import die, double, fail, fail_to_start, hang


def collect_all(pool):
    outcomes = {}
    while len(pool):
        outcomes.update(pool.collect(1.0))
    return outcomes


def test_each_task_ends_as_it_ends():
    pool: TaskPool[str] = TaskPool(2)
    with pool:
        pool.submit("hang", hang, None, timeout_s=0.5)
        pool.submit("die", die, None, timeout_s=60)
        for number in range(4):
            pool.submit(f"double {number}", double, number, timeout_s=60)
        for kind in ("unreadable", "extractor", "error"):
            pool.submit(kind, fail, kind, timeout_s=60)
        outcomes = collect_all(pool)
    assert [outcomes[f"double {number}"] for number in range(4)] == [0, 2, 4, 6]
    assert outcomes["hang"].kind is FailureKind.TIMEOUT
    assert outcomes["die"] == Failure(FailureKind.CRASH, "the worker process died (exit code 7)")
    assert outcomes["unreadable"] == Failure(FailureKind.UNREADABLE, "no frames")
    assert outcomes["extractor"] == Failure(FailureKind.EXTRACTOR, "MediaPipe gave up")
    assert outcomes["error"] == Failure(FailureKind.ERROR, "ZeroDivisionError: oh")


def test_workers_that_cannot_start_end_the_job_with_a_sentence():
    pool: TaskPool[int] = TaskPool(1, initializer=fail_to_start)
    with pool:
        pool.submit(1, double, 1, timeout_s=60)
        with pytest.raises(CaptureError, match="end as soon as they start") as caught:
            collect_all(pool)
    assert caught.value.hint


def test_workers_are_replaced_after_their_share():
    pool: TaskPool[int] = TaskPool(1, tasks_per_worker=1)
    with pool:
        for number in range(3):
            pool.submit(number, double, number, timeout_s=60)
        assert collect_all(pool) == {0: 0, 1: 2, 2: 4}
