"""Training: interrupted in any way and resumed, it ends as if nothing had happened."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.checkpoint import read_checkpoint
from ml.config import TrainConfig, train_job
from ml.errors import CheckpointError, DivergedError, EmptySplitError, ModelError
from store.catalog import list_sequences
from store.errors import SigntuiError
from store.job_lines import list_lines
from store.jobs import JobStoppedError, ask, create_job, get_job, recover_jobs, run_job
from store.library import Library
from store.runs import get_run, list_epochs, list_evaluations, list_runs
from store.splits import LeakError
from store.words import JobKind, Request, Status
from tests.ml.clips import make_library
from tests.ml.conftest import newest_run, tiny, tiny_notebook, train_here
from tests.support.torture import many

pytestmark = pytest.mark.slow


@pytest.fixture
def library(tmp_path: Path):
    made = make_library(tmp_path)
    yield made
    made.close()


def digits(library: Library, run_id: int) -> list[object]:
    return [replace(row, seconds=None) for row in list_epochs(library, run_id)]


def test_a_run_is_told_whole(trained):
    library, run_id = trained
    run = get_run(library, run_id)
    assert (run.status, run.preset, run.split_kind) == (Status.FINISHED, "default", "official")
    assert (run.n_train, run.n_val, run.n_test, run.n_glosses) == (24, 8, 8, 4)
    assert len(list_epochs(library, run_id)) == 4
    (val,) = [row for row in list_evaluations(library, run_id) if row.split == "val"]
    assert (val.split, val.n, val.n_glosses) == ("val", 8, 4)
    assert val.low <= val.top1 <= val.high
    best = list_epochs(library, run_id)[run.best_epoch or 0]
    assert best.val_top1 == val.top1


def test_stopped_and_resumed_equals_unbroken(trained, library, monkeypatch):
    """Weights, optimiser, metrics and selection, bit by bit."""
    from store.runs import record_epoch as record

    def record_and_stop(where, run_id, epoch, metrics):
        record(where, run_id, epoch, metrics)
        if epoch == 1:
            ask(where, get_run(where, run_id).job_id or 0, Request.STOP)
            time.sleep(0.3)  # the request is read at most four times a second

    monkeypatch.setattr("ml.train.record_epoch", record_and_stop)
    with pytest.raises(JobStoppedError):
        train_here(library, tiny(name="shared"))
    run_id = newest_run(library)
    stopped = get_run(library, run_id)
    assert (stopped.status, stopped.bundle) == (Status.CANCELLED, "bundle")
    assert len(list_epochs(library, run_id)) == 2
    monkeypatch.setattr("ml.train.record_epoch", record)
    train_here(library, tiny(), resume=run_id)

    unbroken, unbroken_id = trained
    assert get_run(library, run_id).status == Status.FINISHED
    assert digits(library, run_id) == digits(unbroken, unbroken_id)
    for name in ("last.npz", "best.npz"):
        first = read_checkpoint(unbroken.run_dir(unbroken_id) / name)
        second = read_checkpoint(library.run_dir(run_id) / name)
        assert first.state == second.state
        assert len(first.model) == len(second.model)
        for a, b in zip(
            first.model + first.optimizer, second.model + second.optimizer, strict=True
        ):
            np.testing.assert_array_equal(a, b)


def start_child(library: Library, job: dict) -> tuple[int, subprocess.Popen]:
    job_id = create_job(library, JobKind.TRAIN, job)
    command = [sys.executable, "-m", "ml.train", "--library", str(library.root), "--job"]
    root = Path(__file__).resolve().parents[2]
    log = (library.job_dir(job_id) / "job.log").open("wb")
    with log:
        child = subprocess.Popen([*command, str(job_id)], cwd=root, stdout=log, stderr=log)
    return job_id, child


@pytest.mark.torture
@pytest.mark.parametrize("after", range(3, 3 + many(1, 12)))
def test_killed_and_resumed_equals_unbroken(library, after):
    """A real child, killed as a full memory would kill it, and another that goes on."""
    config = tiny(name="killed", epochs=30)
    _, child = start_child(library, train_job(config))
    try:
        while child.poll() is None:
            if list_runs(library) and len(list_epochs(library, newest_run(library))) >= after:
                break
            time.sleep(0.02)
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    finally:
        child.kill()
        child.wait()
    run_id = newest_run(library)
    recover_jobs(library)
    assert get_run(library, run_id).status == Status.INTERRUPTED
    assert len(list_epochs(library, run_id)) < 30

    job_id, child = start_child(library, train_job(config, run_id))
    assert child.wait() == 0, get_job(library, job_id).error
    assert get_run(library, run_id).status == Status.FINISHED
    whole = train_here(library, config)
    assert whole != run_id
    assert digits(library, run_id) == digits(library, whole)


def test_the_notebook_preset_trains_on_its_leaking_split_and_says_so(tmp_path):
    library = make_library(tmp_path, per_gloss=5)
    run_id = train_here(library, tiny_notebook(split="notebook"))
    run = get_run(library, run_id)
    assert (run.preset, run.split_kind, run.status) == ("notebook", "notebook", Status.FINISHED)
    with library.reading() as session:
        clips = len(list_sequences(session, extractor_id=run.extractor_id))
    # Copies are not clips: 80 % of the copies reach nearly all clips, and never more.
    assert 0.8 * clips < (run.n_train or 0) <= clips
    warnings = [
        line.text for line in list_lines(library, run.job_id or 0) if line.level == "warning"
    ]
    assert any("leaks" in text for text in warnings)
    (val,) = [row for row in list_evaluations(library, run_id) if row.split == "val"]
    assert val.detail["leaking"] is True
    from ml.recognizer import Recognizer

    recognizer = Recognizer.load(library.run_dir(run_id) / "bundle")
    # Noisy copies exceed 1, so the notebook divides; live does as well.
    assert recognizer.features.divide_by > 1


def test_a_leak_stops_training_before_it_starts(library, monkeypatch):
    from store.splits import make_split as real

    def leaking(*arguments):
        split = real(*arguments)
        return replace(split, val=split.val + split.train[:1])

    monkeypatch.setattr("ml.prepare.make_split", leaking)
    with pytest.raises(LeakError):
        train_here(library, tiny())
    assert list_runs(library) == []


def expect_refused(library: Library, config: TrainConfig, kind: type[SigntuiError], resume=None):
    job_id = create_job(library, JobKind.TRAIN, train_job(config, resume))
    from ml.train import train

    with pytest.raises(kind), run_job(library, job_id) as job:
        train(job)
    row = get_job(library, job_id)
    assert row.status == Status.FAILED
    assert row.error


def test_what_cannot_be_trained_is_refused(trained, library):
    finished, run_id = trained
    expect_refused(library, tiny(glosses=["nobody signs this"]), SigntuiError)
    expect_refused(library, tiny(glosses="300"), SigntuiError)
    expect_refused(finished, tiny(), ModelError, resume=run_id)
    with library.session() as session:
        from sqlalchemy import update

        from store.schema import Instance

        session.execute(update(Instance).values(split="train"))
    expect_refused(library, tiny(), EmptySplitError)


def test_a_checkpoint_of_other_data_or_damaged_is_refused(trained, tmp_path):
    from ml.dataset import load_part
    from ml.fitting import Fitting
    from ml.models import build_model
    from ml.prepare import prepare_data
    from ml.resume import LAST

    library, run_id = trained
    config = tiny()
    data = prepare_data(library, config)
    part = load_part(library, data.split.val, data.labels)
    good = (library.run_dir(run_id) / LAST).read_bytes()

    def resume(content: bytes, split_hash: str, n_glosses: int = 4) -> None:
        (tmp_path / LAST).write_bytes(content)
        model = build_model(config, n_glosses)
        Fitting(model, config, part, part, tmp_path, split_hash).resume()

    resume(good, data.split.hash)
    with pytest.raises(CheckpointError, match="changed"):
        resume(good, "another")
    with pytest.raises(CheckpointError, match="another model"):
        resume(good, data.split.hash, n_glosses=5)
    for bad in (
        b"",
        good[: len(good) // 2],
        b"PK\x03\x04" + bytes(99),
        good.replace(b"NUMPY", b"PICKL"),
    ):
        with pytest.raises(CheckpointError):
            resume(bad, data.split.hash)


def test_a_loss_that_is_no_number_ends_training(library):
    config = tiny(learning_rate=1.0, warmup_epochs=0)
    from ml import fitting

    class Broken(fitting.Fitting):
        def _batch(self, *given):
            features, wanted = super()._batch(*given)
            return features, wanted * np.nan

    from ml.dataset import load_part
    from ml.models import build_model
    from ml.prepare import prepare_data

    data = prepare_data(library, config)
    part = load_part(library, data.split.val, data.labels)
    broken = Broken(build_model(config, 4), config, part, part, library.run_dir(9), "x")
    with pytest.raises(DivergedError, match="nan"):
        broken.run()
