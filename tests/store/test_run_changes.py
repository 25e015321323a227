"""Runs are renamed and deleted whole; a kill in between costs nothing."""

import os
import platform

import psutil
import pytest
from sqlalchemy import func, select, update

from store.errors import NotInCatalogError, StoreError
from store.evaluations import list_gloss_results
from store.jobs import create_job
from store.run_changes import RunBusyError, delete_run, rename_run, sweep_deleted
from store.runs import get_run, list_runs, record_epoch
from store.schema import Evaluation, Job, Prediction, Run, RunEpoch
from store.words import JobKind, Status
from tests.store.test_evaluations import judged


@pytest.fixture
def runs(filled):
    ids = [judged(filled, name, {1: ("book", 1), 2: ("drink", 2)}) for name in ("a", "b")]
    for run in ids:
        record_epoch(filled, run, 0, {"loss": 1.0})
        (filled.run_dir(run) / "bundle").mkdir()
        (filled.run_dir(run) / "bundle" / "model.tflite").write_text(f"model {run}")
    return filled, *ids


def count(library, table):
    with library.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_deleted_run_leaves_nothing_and_the_others_stay(runs):
    library, a, b = runs
    delete_run(library, b)
    assert [run.id for run in list_runs(library)] == [a]
    assert (count(library, RunEpoch), count(library, Evaluation), count(library, Prediction)) == (
        1, 1, 2,
    )  # fmt: skip
    assert [path.name for path in library.runs_dir.iterdir()] == [str(a)]
    assert len(list_gloss_results(library, a, "val")) == 1
    with pytest.raises(NotInCatalogError):
        delete_run(library, b)


def test_a_run_that_trains_is_not_deleted(runs):
    library, a, _ = runs
    job = create_job(library, JobKind.TRAIN, {})
    with library.session() as session:
        session.execute(update(Run).where(Run.id == a).values(status="running", job_id=job))
        alive = {
            "status": Status.RUNNING, "pid": os.getpid(), "host": platform.node(),
            "process_started_at": psutil.Process().create_time(),
        }  # fmt: skip
        session.execute(update(Job).where(Job.id == job).values(alive))
    with pytest.raises(RunBusyError, match="being trained"):
        delete_run(library, a)
    assert (library.run_dir(a) / "bundle").is_dir()
    with library.session() as session:
        session.execute(update(Job).where(Job.id == job).values(pid=None))
    delete_run(library, a)
    assert not library.run_dir(a).exists()


def test_a_deletion_killed_before_its_rows_were_gone_is_taken_back(runs):
    library, a, b = runs
    aside = library.runs_dir / f"{a}.deleted"
    library.run_dir(a).rename(aside)
    delete_run(library, b)
    assert (library.run_dir(a) / "bundle" / "model.tflite").read_text() == f"model {a}"
    assert not aside.exists()


def test_a_deletion_killed_after_its_rows_were_gone_is_finished(runs):
    library, a, _ = runs
    (library.runs_dir / "99.deleted").mkdir()
    (library.runs_dir / f"{a}.deleted").mkdir()
    sweep_deleted(library)
    assert list(library.runs_dir.glob("*.deleted")) == []
    assert (library.run_dir(a) / "bundle").is_dir(), "a later run under the same number stays"


def test_a_run_is_renamed(runs):
    library, a, _ = runs
    rename_run(library, a, "  good one ")
    assert get_run(library, "good one").id == a


@pytest.mark.parametrize("name", ["", " ", "7", "latest", "b", "x" * 81, "two\nlines"])
def test_names_that_cannot_be(runs, name):
    library, a, _ = runs
    with pytest.raises(StoreError):
        rename_run(library, a, name)
    assert get_run(library, a).name == "a"


def test_nobody_renames_what_is_not_there(runs):
    library, _, b = runs
    with pytest.raises(NotInCatalogError):
        rename_run(library, b + 1, "new")
