"""What a machine may lack: one clear error each, the state as before, and the work goes on later."""

import shutil
import subprocess
import sys
import time

import pytest

from capture.child import start_child
from capture.pool import Failure, TaskPool
from store.errors import StoreError
from store.jobs import create_job, get_job
from store.library import Library
from store.words import JobKind, Status
from tests.jobs.extracting import until
from tests.support.backups import make_library
from tests.torture import tasks
from tests.torture.promises import assert_sound, assert_true_landmarks, done, finish, start

pytestmark = pytest.mark.torture

CLIPS = 3
unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")


def assert_goes_on(library):
    finish(library, *start(library, workers=1))
    assert len(done(library)) == CLIPS
    assert_true_landmarks(library)
    assert_sound(library)
    library.close()


@unix
@pytest.mark.parametrize(
    ("lacks", "said"), [("handles:14", "too few files"), ("memory", "no shared memory")]
)
def test_too_few_handles_and_no_shared_memory(tmp_path, lacks, said):
    library = make_library(tmp_path, CLIPS)
    process, job_id = start(library, lacks=lacks, workers=1)
    process.communicate(timeout=120)
    row = get_job(library, job_id)
    assert (process.returncode, row.status) == (1, Status.FAILED)
    assert said in (row.error or "")
    assert row.hint
    assert done(library) == {}
    assert_goes_on(library)


@unix
def test_a_folder_that_vanishes_ends_the_job_and_comes_back(tmp_path):
    library = make_library(tmp_path, 25)
    process, _ = start(library, workers=1)
    until(lambda: len(done(library)) > 1)
    library.close()
    away = library.root.with_name("away")
    library.root.rename(away)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert not (library.root / "landmarks").exists(), "nothing is written to another folder"
    shutil.rmtree(library.root, ignore_errors=True)
    away.rename(library.root)
    before = done(library)
    said = (library.jobs_dir / "1" / "job.log").read_text(encoding="utf-8")
    assert "is gone" in said or "could not be written" in said, (
        "before a clip, or in the middle of one"
    )
    finish(library, *start(library))
    assert before.items() <= done(library).items()
    assert_sound(library)
    library.close()


def test_a_library_that_cannot_be_written_to(full_disk, tmp_path):
    folder = full_disk(20)
    library = make_library(folder, CLIPS)
    library.close()
    remount = ["mount", "-o", "remount,ro", str(folder)]
    if subprocess.run(remount, capture_output=True, check=False).returncode:
        pytest.skip("may not make a disk read-only here")
    with pytest.raises(StoreError) as caught:
        create_job(Library.open(library.root), JobKind.EXTRACT, {})
    assert caught.value.hint
    library.close()
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    assert_goes_on(library)


@unix
def test_a_decoder_that_eats_memory_costs_only_its_file():
    """macOS does not enforce the limit and Windows has none: there the system itself is the limit."""
    if sys.platform != "linux":
        pytest.skip("enforced on Linux only")
    with TaskPool(1, initializer=start_child, arguments=(None,)) as pool:
        for key, task in enumerate([tasks.eat_memory, tasks.live_on]):
            pool.submit(key, task, "whole", timeout_s=60)
        found = {}
        deadline = time.monotonic() + 120
        while len(found) < 2 and time.monotonic() < deadline:
            found |= dict(pool.collect(1))
    assert isinstance(found[0], Failure)
    assert "Memory" in found[0].error
    assert found[1] == "whole"
