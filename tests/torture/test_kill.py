"""SIGKILL at any moment and around every step to the disk: little is lost, nothing is done twice."""

import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from functools import partial

import psutil
import pytest

from store.jobs import get_job
from store.words import Status
from tests.jobs.extracting import kill_tree, until
from tests.support.backups import make_library
from tests.support.torture import dice, many
from tests.torture.promises import (
    assert_sound,
    assert_true_landmarks,
    attempts,
    done,
    finish,
    start,
)

pytestmark = pytest.mark.torture

CLIPS = many(60, 400)
ROUNDS = many(1, 10)
MOMENTS = many(3, 20)
WORKERS = 2
IN_FLIGHT = WORKERS + 1
"""One clip for each worker, and the one that waits for the next free one."""
FEW = 3
CLOCKED = 3
chance = dice()


def workers_of(process):
    """The processes that work for a coordinator, without Python's resource tracker."""
    workers = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # one that has ended since
                workers += [child] if "spawn_main" in " ".join(child.cmdline()) else []
    return workers


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


@pytest.mark.parametrize("_number", range(ROUNDS))
def test_kill_at_any_moment(tmp_path, _number):
    """One library after the other, each killed again and again until its work is done."""
    blows = Counter()
    while blows.total() < MOMENTS:
        kill_until_done(tmp_path / str(blows.total()), blows)


def kill_until_done(folder, blows):
    """Take blows in turn, and count them, until the clips of a new library are done."""
    library = make_library(folder, CLIPS)
    before, own = {}, Counter()
    while blows.total() < MOMENTS:
        began = time.monotonic()
        process, job_id = start(library, workers=WORKERS)
        until(partial(has_begun, library, job_id))
        # Workers need about as long as their coordinator did: on a busy machine that is long.
        time.sleep(chance.uniform(0, max(1.5, 3 * (time.monotonic() - began))))
        if process.poll() is not None:
            break
        blow = list(BLOWS)[blows.total() % len(BLOWS)]
        BLOWS[blow](process)
        blows[blow] += 1
        own[blow] += 1
        process.communicate()
        assert_sound(library)
        after = done(library)
        assert before.items() <= after.items(), "what is finished is not touched again"
        before = after
    assert own.total() > 1, "there is work for several"
    finish(library, *start(library, workers=WORKERS))
    assert_sound(library)
    assert_true_landmarks(library)
    assert len(done(library)) == CLIPS
    # A worker that is killed alone loses a clip before the rest is ended.
    assert attempts(library) - CLIPS <= IN_FLIGHT * own.total() + own["worker"], own
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


def halt(process, library):
    """Halt a coordinator between two transactions: within one, everybody would be told that it holds
    the catalog, which is true."""
    while True:
        process.send_signal(signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(library.catalog_path, timeout=0.1)) as connection:
                connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        else:
            return


def suspended(process):
    """Halt one worker, if there is one at the moment."""
    with suppress(IndexError, psutil.NoSuchProcess):
        chance.choice(workers_of(process)).suspend()
        return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_processes_that_are_halted_cost_a_wait_or_one_attempt(tmp_path):
    """As by ctrl-z or a debugger: the coordinator goes on where it was, a worker is replaced."""
    library = make_library(tmp_path, 12)
    process, job_id = start(library, workers=WORKERS, time_limit_s=1.0, time_per_frame_s=0.01)
    until(lambda: len(workers_of(process)) == WORKERS and attempts(library))
    halt(process, library)
    second, second_id = start(library, workers=1)
    second.communicate()
    assert "is at work" in (get_job(library, second_id).error or "")
    process.send_signal(signal.SIGCONT)
    until(lambda: process.poll() is not None or suspended(process))
    finish(library, process, job_id)
    assert len(done(library)) == 12
    assert_true_landmarks(library)
    assert_sound(library)
    library.close()
