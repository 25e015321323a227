"""SIGKILL of a worker, then of the scheduler: nothing is lost, nothing finished is done again."""

from collections import Counter
from functools import partial

import pytest

pytest.importorskip("distributed", reason="the extra signtui[cluster] is not installed")

from store.job_lines import list_lines
from store.words import JobKind
from tests.cluster.running import Cluster, small_library
from tests.cluster.standin import SECONDS
from tests.jobs.extracting import extractions, finish, start, until
from tests.torture import promises

CLIPS = 60
IN_FLIGHT = 4
"""Two clips for each of two threads."""


def done(library):
    return promises.done(library)


def has(library, count):
    return len(done(library)) >= count


@pytest.fixture
def begun(tmp_path):
    """A library, and a cluster of two workers that take a tenth of a second for a clip."""
    library = small_library(tmp_path, CLIPS)
    first = tmp_path / "first"
    first.mkdir()
    with Cluster(first) as cluster:
        for name in ("one", "two"):
            cluster.add_worker(name, **{SECONDS: "0.1"})
        cluster.wait_for_workers(2)
        yield library, cluster


def test_nothing_is_lost_and_nothing_done_twice(begun, tmp_path):
    library, cluster = begun
    process, job_id = start(library, JobKind.EXTRACT, cluster=cluster.address)
    until(partial(has, library, 6))
    cluster.kill("one")
    at_kill = len(done(library))
    until(partial(has, library, at_kill + 10))
    assert any("one at" in line.text and "is gone" in line.text for line in lines(library, job_id))
    cluster.kill("scheduler")
    code, job = finish(library, process, job_id)
    assert (code, job.status) == (1, "interrupted")
    assert "is gone" in job.error
    assert f"signtui resume {job_id} --cluster local" in job.hint

    before = done(library)
    assert set(rows(library)) == {"done", "pending"}
    assert job.result["done"] == len(before) < CLIPS
    promises.assert_sound(library)
    tried = per_clip(cluster)
    # The killed worker had no more than its share of what was in flight.
    assert sum(tried[clip] - 1 for clip in before) <= IN_FLIGHT

    second = resume_on_another_cluster(library, tmp_path)
    assert set(second).isdisjoint(before), "what was finished is not begun again"
    resumed = done(library)
    assert {clip: resumed[clip] for clip in before} == before
    assert len(resumed) == len(before) + 5

    promises.finish(library, *promises.start(library))
    assert promises.attempts(library) == CLIPS - len(resumed), "and the rest on this machine"
    final = done(library)
    assert {clip: final[clip] for clip in resumed} == resumed
    assert len(final) == CLIPS
    assert {attempts for attempts, *_ in final.values()} == {1}
    promises.assert_true_landmarks(library)
    promises.assert_sound(library)


def resume_on_another_cluster(library, tmp_path):
    """Five clips more; returns which were begun with, and how often."""
    folder = tmp_path / "second"
    folder.mkdir()
    with Cluster(folder) as cluster:
        cluster.add_worker("three", "--no-nanny")
        process, job_id = start(library, JobKind.EXTRACT, cluster=str(cluster.file), limit=5)
        code, job = finish(library, process, job_id)
        assert (code, job.result["done"]) == (0, 5), job.error
        return per_clip(cluster)


def per_clip(cluster):
    tried = Counter()
    for (clip, _), times in cluster.tried().items():
        tried[clip] += times
    return tried


def rows(library):
    return [row.status for row, _ in extractions(library).values()]


def lines(library, job_id):
    return list_lines(library, job_id)
