"""Two jobs on one library: the second is refused with the name of the first, and no lock is ever seen."""

import os
import subprocess
import sys

import pytest

from store.jobs import ask, create_job, get_job
from store.landmarks import write_sequences
from store.words import JobKind, Request, Status
from tests.jobs.extracting import until
from tests.support.backups import make_library
from tests.support.library import make_sequence
from tests.support.torture import many
from tests.torture.promises import ROOT, assert_sound, assert_true_landmarks, done, finish, start

pytestmark = pytest.mark.torture

CLIPS = many(15, 400)
ROUNDS = many(1, 10)


def job(library, kind, module, config):
    job_id = create_job(library, kind, config)
    with (library.job_dir(job_id) / "job.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", module),
                *("--library", str(library.root), "--job", str(job_id)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    return process, job_id


def logs(library):
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in library.jobs_dir.glob("*/job.log")
    )


def test_the_second_job_is_refused_by_the_name_of_the_first(tmp_path):
    """The first rests in the middle of its work, so that it is there whenever the others come."""
    library = make_library(tmp_path, CLIPS)
    source = {"source": str(tmp_path / "dataset")}
    first, first_id = start(library)
    ask(library, first_id, Request.PAUSE)
    until(lambda: get_job(library, first_id).paused)
    before = done(library)
    others = [
        start(library),
        job(library, JobKind.SCAN, "capture.scan", {"workers": 1}),
        job(library, JobKind.IMPORT, "store.importers.job", source),
    ]
    for process, job_id in others:
        process.communicate(timeout=120)
        row = get_job(library, job_id)
        assert (process.returncode, row.status) == (1, Status.FAILED)
        assert row.error.startswith(f"Job {first_id} (extract, process {first.pid}) is at work")
        assert row.hint
    assert done(library) == before
    ask(library, first_id, None)
    finish(library, first, first_id)
    assert len(done(library)) == CLIPS
    assert "locked" not in logs(library)
    assert_true_landmarks(library)
    assert_sound(library)
    library.close()


def test_writers_wait_for_each_other(tmp_path):
    """Extraction, training's rows, requests and readers at the same time: nobody sees a lock."""
    for number in range(ROUNDS):
        library = make_library(tmp_path / str(number), CLIPS)
        process, job_id = start(library)
        writers = [
            subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.torture.writing", str(library.root), kind],
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            for kind in ("run", "job")
        ]
        for writer in writers:
            _, said = writer.communicate(timeout=240)
            assert writer.returncode == 0, said.decode()
        finish(library, process, job_id)
        assert "locked" not in logs(library)
        assert len(done(library)) == CLIPS
        assert_sound(library)
        library.close()


def test_an_import_beside_a_training(tmp_path):
    """Training may go on: the import waits for its short transactions, and the other way round."""
    library = make_library(tmp_path, CLIPS)
    source = tmp_path / "dataset"
    with library.session() as session:
        session.connection().exec_driver_sql("UPDATE instance SET source = 'another'")
    training = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.torture.writing", str(library.root), "run"],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    module = "store.importers.job"
    for _ in range(ROUNDS):
        process, job_id = job(library, JobKind.IMPORT, module, {"source": str(source)})
        finish(library, process, job_id)
    _, said = training.communicate(timeout=240)
    assert training.returncode == 0, said.decode()
    assert "locked" not in logs(library)
    with library.reading() as session:
        found = session.connection().exec_driver_sql("SELECT source, COUNT(*) FROM instance")
        assert found.all() == [("test", CLIPS)]
    assert_sound(library)
    library.close()


def test_a_landmark_import_that_is_killed_leaves_nothing_to_mend_by_hand(tmp_path):
    library = make_library(tmp_path, 3)
    path = library.landmarks_dir / "import-0123456789ab-0123456789ab.h5"
    write_sequences(path, [("00000", make_sequence(5))])
    assert_sound(library)
    assert not path.exists()
    library.close()
