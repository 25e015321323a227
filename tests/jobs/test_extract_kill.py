"""SIGKILL of the whole process tree: little is lost, and catalog and files agree."""

import random
import time
from functools import partial

import pytest

from store.landmarks import read_sequence, read_video_ids
from store.words import JobKind
from tests.jobs.extracting import (
    SHORT,
    extractions,
    kill_tree,
    real_videos,
    run,
    scanned,
    start,
    until,
)

pytestmark = pytest.mark.slow

WORKERS = 2


def finished(library):
    return {name: row for name, (row, _) in extractions(library).items() if row.status == "done"}


def has_more_than(library, count):
    return len(finished(library)) > count


def check_agreement(library):
    """Every finished row points to a whole file that holds its clip."""
    for video_id, (row, name) in extractions(library).items():
        if row.status == "done":
            path = library.landmarks_dir / name
            assert read_video_ids(path)[row.position] == video_id
            sequence = read_sequence(path, row.position)
            assert len(sequence) == row.frames
            assert sequence.sha256() == row.landmarks_sha256


def test_kill_at_any_moment_loses_no_finished_clip(real_data, tmp_path):
    library = scanned(tmp_path, real_videos(real_data, SHORT))
    before = {}
    for moment_s in (random.uniform(0, 0.2), random.uniform(0, 0.5)):  # noqa: S311
        process, _job = start(library, JobKind.EXTRACT, workers=WORKERS)
        until(partial(has_more_than, library, len(before)))
        time.sleep(moment_s)
        kill_tree(process)
        check_agreement(library)
        after = finished(library)
        assert {name: row.landmarks_sha256 for name, row in before.items()}.items() <= {
            name: row.landmarks_sha256 for name, row in after.items()
        }.items()
        # In flight: one clip for each worker, and the one that waits for the next free one.
        running = [row for row, _ in extractions(library).values() if row.status == "running"]
        assert len(running) <= WORKERS + 1
        before = after

    code, job = run(library, JobKind.EXTRACT)
    assert code == 0
    assert job.result["clips"] == len(SHORT) - len(before), "only what is left is done"
    assert len(finished(library)) == len(SHORT)
    check_agreement(library)
    names = {name for _, name in extractions(library).values()}
    assert {path.name for path in library.landmarks_dir.iterdir()} == names
    assert all(row.attempts == 1 for row, _ in extractions(library).values())
