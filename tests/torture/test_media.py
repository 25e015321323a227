"""Media with absurd sizes, counts and rates, and with any other damage: read in a worker with limits."""

import os
import subprocess
import sys

import cv2
import numpy as np
import psutil
import pytest

from capture.child import start_child
from capture.pool import Failure, FailureKind, TaskPool
from capture.probing import timed_probe
from capture.video import MAX_FPS, MAX_SIDE
from store.words import Availability
from tests.support.torture import dice, many
from tests.torture import tasks
from tests.torture.promises import ROOT

pytestmark = pytest.mark.torture

FILES = many(40, 3000)
AT_ONCE = 8
ABSURD = (0, 1, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)
chance = dice()


def make_clip(path, codec):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25.0, (64, 48))
    for number in range(12):
        writer.write(np.full((48, 64, 3), number * 20, np.uint8))
    writer.release()
    return path.read_bytes()


def bent(raw):
    """Numbers of the header replaced by absurd ones, or bytes exchanged anywhere."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.6:
            place = chance.randrange(0, min(600, len(data) - 4))
            order = chance.choice(["little", "big"])
            data[place : place + 4] = chance.choice(ABSURD).to_bytes(4, order)
        else:
            data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data[: chance.randrange(1, len(data))] if chance.random() < 0.1 else data)


def test_no_file_harms_more_than_itself(tmp_path):
    whole = [make_clip(tmp_path / "a.avi", "MJPG"), make_clip(tmp_path / "a.mp4", "mp4v")]
    seen = {}
    with TaskPool(1, initializer=start_child, arguments=(tmp_path / "log",)) as pool:
        for number in range(FILES):
            path = tmp_path / f"{number}.{('avi', 'mp4')[number % 2]}"
            path.write_bytes(bent(whole[number % 2]))
            pool.submit(path, timed_probe, path, timeout_s=20)
            while len(pool) > AT_ONCE or (number == FILES - 1 and len(pool)):
                for done, outcome in pool.collect(1.0):
                    seen[done] = outcome
                    done.unlink()
    assert len(seen) == FILES
    for outcome in seen.values():
        if isinstance(outcome, Failure):
            assert outcome.kind in {FailureKind.TIMEOUT, FailureKind.CRASH, FailureKind.ERROR}
            continue
        probe = outcome.probe
        assert probe.availability in {Availability.AVAILABLE, Availability.CORRUPT}
        assert 0 <= probe.fps <= MAX_FPS
        assert max(probe.width, probe.height) <= MAX_SIDE
        assert probe.reason or probe.frames


def test_a_decoder_that_hangs_is_ended():
    with TaskPool(1, initializer=start_child, arguments=(None,)) as pool:
        pool.submit("hangs", tasks.hang, None, timeout_s=0.5)
        found = []
        while not found:
            found = pool.collect(5)
    assert found[0][1].kind is FailureKind.TIMEOUT


def test_a_decoder_that_hangs_does_not_outlive_its_coordinator():
    """It hears of nothing: only the thread beside it sees that the coordinator was killed."""
    coordinator = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.torture.tasks"],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    worker = psutil.Process(int(coordinator.stdout.readline()))
    coordinator.kill()
    coordinator.communicate()
    _, alive = psutil.wait_procs([worker], timeout=30)
    for process in alive:
        process.kill()
    assert not alive
