"""SIGKILL at any moment and around every step to the disk: little is lost, nothing is done twice."""

import random
import time
from collections import Counter
from functools import partial

import psutil
import pytest

from store.jobs import get_job
from store.words import Status
from tests.jobs.extracting import kill_tree, until
from tests.support.backups import make_library
from tests.support.torture import many
from tests.torture.promises import (
    assert_sound,
    assert_true_landmarks,
    attempts,
    done,
    finish,
    start,
)

pytestmark = pytest.mark.torture

CLIPS = many(60, 5000)
MOMENTS = many(3, 200)
WORKERS = 2
IN_FLIGHT = WORKERS + 1
"""One clip for each worker, and the one that waits for the next free one."""
FEW = 3
CLOCKED = 3
chance = random.Random()  # noqa: S311


def workers_of(process):
    """The processes that work for a coordinator, without Python's resource tracker."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def kill_coordinator(process):
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait(timeout=20)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, "workers end with their coordinator"


def kill_one_worker(process):
    """A worker dies, the job goes on; it is stopped by the next blow."""
    workers = workers_of(process)
    if workers:
        chance.choice(workers).kill()
        time.sleep(chance.uniform(0, 0.3))
    kill_tree(process)


BLOWS = {"tree": kill_tree, "coordinator": kill_coordinator, "worker": kill_one_worker}


def test_kill_at_any_moment(tmp_path):
    library = make_library(tmp_path, CLIPS)
    before, blows = {}, Counter()
    for number in range(MOMENTS):
        process, job_id = start(library, workers=WORKERS)
        until(partial(has_begun, library, job_id))
        time.sleep(chance.uniform(0, 1.5))
        if process.poll() is not None:
            break  # a quick machine: there is no work left
        blow = list(BLOWS)[number % len(BLOWS)]
        BLOWS[blow](process)
        blows[blow] += 1
        process.communicate()
        assert_sound(library)
        after = done(library)
        assert before.items() <= after.items(), "what is finished is not touched again"
        before = after
    assert blows.total() > 1, "there is work for several"
    finish(library, *start(library, workers=WORKERS))
    assert_sound(library)
    assert_true_landmarks(library)
    assert len(done(library)) == CLIPS
    # A worker that is killed alone loses a clip before the rest is ended.
    assert attempts(library) - CLIPS <= IN_FLIGHT * blows.total() + blows["worker"], blows
    library.close()


def has_begun(library, job_id):
    return get_job(library, job_id).status != Status.QUEUED


# Before the first, and around a few; `--torture` takes all.
PLACES = many(2, 10_000)


def test_kill_around_every_step_to_the_disk(tmp_path, monkeypatch):
    """Each COMMIT, fsync, rename and unlink: the process ends before or after it."""
    counted = make_library(tmp_path / "counted", FEW)
    steps = finish(counted, *start(counted, die="count")).split()
    counted.close()
    assert {"fsync", "replace", "unlink", "commit"} <= set(steps)
    places = [
        f"{when}:{number + 1}" for number in range(len(steps)) for when in ("before", "after")
    ]
    for place in chance.sample(places, min(PLACES, len(places))):
        library = make_library(tmp_path / place.replace(":", "-"), FEW)
        process, _ = start(library, die=place)
        process.communicate(timeout=60)
        if process.returncode == 0:
            # Progress is written by the clock: a run may take a few steps less.
            assert int(place.partition(":")[2]) > len(steps) - CLOCKED
        assert_sound(library)
        before = done(library)
        finish(library, *start(library, die="count"))
        assert before.items() <= done(library).items()
        assert len(done(library)) == FEW
        assert attempts(library) <= FEW + 2
        assert_true_landmarks(library)
        assert_sound(library)
        library.close()
