"""Several devices and several processes train what one trains, and a lost one costs an epoch."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ml.config import to_json, train_job
from ml.errors import ConfigError
from store.jobs import ask, create_job, get_job, list_jobs, recover_jobs
from store.library import Library
from store.runs import get_run, list_epochs, list_runs
from store.words import JobKind, Request, Status
from tests.ml.clips import make_library
from tests.ml.conftest import tiny, train_here
from tests.ml.strategy_child import configs, fit
from tests.ml.test_cluster import loopback

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
NEAR = 2e-3
"""Of a loss, after as many steps as here; docs/cluster.md has what was measured."""
EPOCHS = 30
WITHIN_S = 240
"""Far longer than anything takes: a machine may be busy."""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = make_library(tmp_path_factory.mktemp("strategy"), per_gloss=7)
    yield made
    made.close()


def losses(library: Library, run_id: int) -> list[float | None]:
    return [value for row in list_epochs(library, run_id) for value in (row.loss, row.val_loss)]


def start(arguments: list[str], environ: dict[str, str], log: Path) -> subprocess.Popen:
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=file,
            stderr=file,
            env={**os.environ, **environ, "PYTHONPATH": str(ROOT)},
        )


@contextmanager
def two_processes(library: Library, chief: list[str], worker: list[str], log: Path):
    """The chief's and a worker's process, ended in the end."""
    addresses = list(loopback(2))
    started = []
    for index, arguments in enumerate((chief, worker)):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environ = {"TF_CONFIG": json.dumps(task), "SIGNTUI_LIBRARY": str(log.parent / "none")}
        started.append(start(arguments, environ, log))
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def wait_for_epoch(library: Library, known: set[int], epoch: int, *processes) -> int:
    """Until a run that was not known has so many epochs; its id."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        for run_id in run_ids(library) - known:
            if len(list_epochs(library, run_id)) >= epoch:
                return run_id
        assert all(process.poll() is None for process in processes), "ended too early"
        time.sleep(0.05)
    raise AssertionError("no such epoch in time")


def run_ids(library: Library) -> set[int]:
    return {run.id for run in list_runs(library)}


def test_two_devices_train_what_one_does(library, tmp_path):
    """With everything on that takes another way: two heads, mixing, averages; the notebook's."""
    told = tmp_path / "metrics.json"
    arguments = ["-m", "tests.ml.strategy_child", str(library.root), str(tmp_path), str(told)]
    child = start(arguments, {}, tmp_path / "log")
    expected = {
        name: fit(library, config, tmp_path / f"{name}-one", None)
        for name, config in configs().items()
    }
    assert child.wait() == 0, (tmp_path / "log").read_text(encoding="utf-8")[-3000:]
    found = json.loads(told.read_text(encoding="utf-8"))
    for name, epochs in expected.items():
        compared = ("loss", "top1", "val_loss") if name == "default" else ("loss", "top1")
        for one, other in zip(epochs, found[name], strict=True):
            for value in compared:
                assert other[value] == pytest.approx(one[value], rel=NEAR), (name, value)


def test_two_processes_stopped_then_one_killed_then_one_alone_train_what_one_does(
    library, tmp_path
):
    """Begun by two from the command line, gone on with by two, finished by one process."""
    log, known = tmp_path / "log", run_ids(library)
    command = ["-m", "tui.cli", "--library", str(library.root), "train", "--strategy"]
    config = tiny(epochs=EPOCHS, patience=EPOCHS, batch_size=10)
    settings = [
        "multiworker", "--glosses", "all", "--name", "shared", "--batch-size", "10",
        "--epochs", f"{EPOCHS}", "--learning-rate", f"{config.learning_rate}",
    ]  # fmt: skip
    for name, value in (
        ("warmup_epochs", 1), ("patience", EPOCHS), ("features.length", 12), ("model.width", 16),
        ("model.stages", 1), ("model.kernel", 3), ("model.heads", 2), ("model.head_dropout", 0.1),
        ("model.neck", 0),
    ):  # fmt: skip
        settings += ["--set", f"{name}={value}"]
    worker = ["-m", "tui.cli", "train", *command[-1:], *settings]
    with two_processes(library, [*command, *settings], worker, log) as (chief, other):
        run_id = wait_for_epoch(library, known, 2, chief, other)
        ask(library, get_run(library, run_id).job_id or 0, Request.STOP)
        codes = chief.wait(WITHIN_S), other.wait(WITHIN_S)
    assert codes == (1, 130), log.read_text(encoding="utf-8")[-3000:]
    run = get_run(library, run_id)
    assert (run.status, run.bundle) == (Status.CANCELLED, "bundle")
    assert run.config == to_json(replace(config, name="shared"))
    assert not (tmp_path / "none").exists(), "a worker makes no library"

    done = len(list_epochs(library, run_id))
    job = create_job(library, JobKind.TRAIN, train_job(config, run_id, strategy="multiworker"))
    arguments = ["-m", "ml.train", "--library", str(library.root), "--job", str(job)]
    with two_processes(library, arguments, ["-m", "ml.worker"], log) as (chief, other):
        wait_for_epoch(library, known, done + 2, chief, other)
        other.kill()
        assert chief.wait(WITHIN_S) == 1
    row = get_job(library, job)
    assert row.status == Status.FAILED
    assert row.error == "The worker 1 of this training was lost."
    assert "--resume" in (row.hint or "")
    assert get_run(library, run_id).status == Status.FAILED

    train_here(library, config, resume=run_id)
    assert get_run(library, run_id).status == Status.FINISHED
    alone = fit(library, config, tmp_path / "alone", None)
    expected = [epoch[name] for epoch in alone for name in ("loss", "val_loss")]
    assert losses(library, run_id) == pytest.approx(expected, rel=NEAR, abs=NEAR)


def test_a_worker_whose_chief_is_killed_ends_and_says_so(library, tmp_path):
    log, known = tmp_path / "log", run_ids(library)
    config = tiny(epochs=5000, patience=5000, batch_size=10)
    job = create_job(library, JobKind.TRAIN, train_job(config, strategy="multiworker"))
    arguments = ["-m", "ml.train", "--library", str(library.root), "--job", str(job)]
    with two_processes(library, arguments, ["-m", "ml.worker"], log) as (chief, other):
        run_id = wait_for_epoch(library, known, 1, chief, other)
        chief.kill()
        assert other.wait(WITHIN_S) == 1
    assert "of this training was lost" in log.read_text(encoding="utf-8")
    recover_jobs(library)
    assert get_run(library, run_id).status == Status.INTERRUPTED


def test_without_a_cluster_nothing_is_written(library, tmp_path):
    jobs = len(list_jobs(library))
    command = ["-m", "tui.cli", "--library", str(library.root), "train", "--glosses", "all"]
    for said in ("", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}'):
        log = tmp_path / "log"
        child = start([*command, "--strategy", "multiworker"], {"TF_CONFIG": said}, log)
        assert child.wait(WITHIN_S) == 1
        assert "TF_CONFIG" in log.read_text(encoding="utf-8")
    assert len(list_jobs(library)) == jobs


def test_a_batch_with_too_few_clips_is_refused(library, tmp_path):
    from ml.replicas import Replicas

    devices = SimpleNamespace(worker_devices=("",) * 8)
    many = SimpleNamespace(num_replicas_in_sync=8, extended=devices)
    with pytest.raises(ConfigError, match="6 clips cannot be shared among 8"):
        fit(library, tiny(batch_size=7), tmp_path, Replicas(many))
