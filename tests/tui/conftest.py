"""A small library whose every figure is known, and an app on it with a still clock."""

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from sqlalchemy import select, update
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from textual.worker import WorkerCancelled

from store.catalog import get_or_add_extractor
from store.jobs import JobRow, create_job, list_jobs
from store.landmarks import Sequence, write_sequences
from store.library import Library
from store.runs import (
    EvaluationRow,
    create_run,
    finish_run,
    record_epoch,
    record_evaluation,
    start_run,
)
from store.schema import (
    Clip,
    Extraction,
    Gloss,
    Instance,
    Job,
    JobLine,
    LandmarkFile,
    Signer,
    SubsetEntry,
)
from store.settings import NAMES, variable_of
from store.words import JobKind, Status
from tui import cli
from tui import jobs as tui_jobs
from tui.app import SignApp

NOW = 1_760_000_000.0
ROOT = Path(__file__).resolve().parents[2]
GLOSSES = ("book", "computer", "drink", "[bold]hostile[/bold]", "it's")
CLIPS_PER_GLOSS = 60


@pytest.fixture(autouse=True)
def still_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cursor blinks, no note goes unread, and the developer's own settings stay out."""
    monkeypatch.setattr(Input, "cursor_blink", False)
    monkeypatch.setattr(TextArea, "cursor_blink", False)
    monkeypatch.setattr(SignApp, "NOTIFICATION_TIMEOUT", 600)
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    monkeypatch.setenv("SIGNTUI_CONFIG", str(tmp_path / "settings" / "settings.toml"))
    for name in ("NO_COLOR", *(variable_of(name) for name in NAMES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def no_starter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whether a model came with signtui changes nothing of what tests see."""
    monkeypatch.setattr("ml.references.STARTER_FOLDER", tmp_path / "no starter")


@pytest.fixture(scope="session")
def filled_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Made once; tests work on copies."""
    made = Library.create(tmp_path_factory.mktemp("filled") / "signs")
    _add_instances(made)
    _add_landmarks(made)
    made.close()
    return made


@pytest.fixture
def library(filled_library: Library, tmp_path: Path) -> Iterator[Library]:
    """300 instances of 5 glosses: available, missing and corrupt clips, some with landmarks."""
    shutil.copytree(filled_library.root, tmp_path / "signs")
    copy = Library.open(tmp_path / "signs")
    yield copy
    copy.close()


def _add_instances(library: Library) -> None:
    with library.session() as session:
        session.add_all(Signer(id=number, name=str(number)) for number in (1, 2, 3))
        session.add_all(Gloss(id=i, text=text) for i, text in enumerate(GLOSSES, start=1))
        session.flush()
        for number in range(len(GLOSSES) * CLIPS_PER_GLOSS):
            gloss, place = divmod(number, CLIPS_PER_GLOSS)
            video_id = f"{number:05d}"
            session.add(_clip(number + 1, video_id, place))
            session.flush()
            split = ("train", "train", "train", "val", "test")[place % 5]
            session.add(
                Instance(
                    id=number + 1, gloss_id=gloss + 1, clip_id=number + 1, signer_id=1 + place % 3,
                    split=split, source="handspeak", url=f"https://example.org/{number}.mp4",
                    frame_start=0, variation=0, number=place,
                )
            )  # fmt: skip
            session.add(
                SubsetEntry(
                    subset="100", video_id=video_id, split=split, class_id=gloss, frame_start=0
                )
            )


def _clip(clip_id: int, video_id: str, place: int) -> Clip:
    state = "missing" if place % 4 == 3 else "corrupt" if place % 20 == 5 else "available"
    there = state == "available"
    return Clip(
        id=clip_id, video_id=video_id, availability=state,
        reason="zero bytes" if state == "corrupt" else None,
        path=None if state == "missing" else f"/clips/{video_id}.mp4",
        frames=40 + place if there else None, fps=25.0 if there else None,
        width=320 if there else None, height=240 if there else None,
        size_bytes=100_000 + place if there else 0,
    )  # fmt: skip


def moving_hand(frames: int = 40) -> Sequence:
    """A right hand that moves sideways, and a left one for the second half."""
    angles = np.linspace(0.0, 2 * np.pi, 21, endpoint=False)
    shape = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=-1) * 0.1
    landmarks = np.full((frames, 2, 21, 3), np.nan, np.float32)
    for frame in range(frames):
        landmarks[frame, 1] = shape + np.array([0.3 + 0.005 * frame, 0.5, 0.0])
        if frame >= frames // 2:
            landmarks[frame, 0] = shape + np.array([0.7, 0.5, 0.0])
    return Sequence(landmarks, fps=25.0, aspect=4 / 3)


def _add_landmarks(library: Library) -> None:
    with library.session() as session:
        extractor = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="mediapipe 0.10.21", settings={}
        )
        file = LandmarkFile(
            name="pack-1.h5", extractor_id=extractor, sequences=1, size_bytes=1, created_at=NOW
        )
        session.add(file)
        session.flush()
        for instance in session.scalars(select(Instance)):
            session.add_all(_extraction(instance, extractor, file.id))
    write_sequences(library.landmarks_dir / "pack-1.h5", [("00000", moving_hand())])


def _extraction(instance: Instance, extractor: int, file: int) -> list[Extraction]:
    place = instance.number or 0
    common = {"instance_id": instance.id, "extractor_id": extractor, "finished_at": NOW}
    if place % 4 == 3 or place % 20 == 5 or place > 40:
        return []
    if place % 10 == 4:
        kind = "timeout" if place == 4 else "crash"
        return [
            Extraction(**common, status="failed", attempts=3, error_kind=kind, error=f"{kind}!")
        ]
    return [
        Extraction(
            **common, status="done", attempts=1, frames=40, frames_left=20, frames_right=40,
            seconds=2.0, file_id=file, position=0,
        )
    ]  # fmt: skip


def add_job(library: Library, kind: JobKind, status: Status, **values: object) -> JobRow:
    """A job row; a running one belongs to this very process, so that it counts as alive."""
    job_id = create_job(library, kind, dict(values.pop("config", None) or {}))
    values = {"created_at": NOW - 120, "started_at": NOW - 110, "status": status, **values}
    if status == Status.RUNNING:
        values = {
            "pid": os.getpid(), "host": platform.node(), "heartbeat_at": NOW,
            "process_started_at": psutil.Process().create_time(), **values,
        }  # fmt: skip
    elif status != Status.QUEUED:
        values.setdefault("ended_at", NOW - 50)
    with library.session() as session:
        session.execute(update(Job).where(Job.id == job_id).values(**values))
    return next(job for job in list_jobs(library) if job.id == job_id)


def add_line(library: Library, job_id: int, level: str, text: str) -> None:
    with library.session() as session:
        session.add(JobLine(job_id=job_id, at=NOW - 60, level=level, text=text))


def add_run(
    library: Library, name: str, *, split: str = "official", status: Status = Status.FINISHED,
    epochs: int = 30, job_id: int | None = None,
) -> int:  # fmt: skip
    """A run with plausible curves, and an evaluation if it is finished."""
    run_id = create_run(
        library, name=name, preset="notebook" if split == "notebook" else "default",
        config={"split": split}, extractor_id=1, job_id=job_id,
    )  # fmt: skip
    start_run(
        library, run_id, split_kind=split, split_hash="abc", n_train=120, n_val=40, n_test=40,
        n_glosses=5, parameters=123_456,
    )  # fmt: skip
    for epoch in range(epochs):
        learnt = 1 - 0.9**epoch
        metrics = {
            "loss": 3 - 2.5 * learnt, "top1": 0.95 * learnt, "top5": learnt,
            "val_loss": 3 - 1.5 * learnt, "val_top1": 0.7 * learnt, "val_top5": 0.9 * learnt,
            "learning_rate": 0.002 * (1 - epoch / 60), "seconds": 1.5,
        }  # fmt: skip
        record_epoch(library, run_id, epoch, metrics)
    if status == Status.FINISHED:
        finish_run(library, run_id, status=status, best_epoch=epochs - 4, bundle="bundle")
        record_evaluation(
            library, EvaluationRow(run_id, "val", 40, 5, 0.7, 0.9, 1.0, 0.55, 0.82, {}), []
        )
    elif status != Status.RUNNING:
        finish_run(library, run_id, status=status)
    from store.schema import Run

    with library.session() as session:
        ended = None if status == Status.RUNNING else NOW - 60
        session.execute(
            update(Run).where(Run.id == run_id).values(created_at=NOW - 360, ended_at=ended)
        )
    return run_id


@pytest.fixture
def app(library: Library) -> SignApp:
    return SignApp(library, clock=lambda: NOW)


@pytest.fixture
def real_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of job is done by `tests/tui/small_job.py`, in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for kind in JobKind:
        monkeypatch.setitem(tui_jobs.MODULES, kind, "tests.tui.small_job")


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no worker is at work and all messages are handled."""
    for _ in range(2):
        with suppress(WorkerCancelled):  # a newer question took its place
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()


@pytest.fixture
def command_line(capsys):
    """Run the command line in-process: `code, stdout, stderr`."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def signtui(library, command_line):
    """The command line on the small library."""
    return partial(command_line, "--library", library.root)


async def until(
    pilot: Pilot[None], condition: Callable[[], object], within_s: float = 30.0
) -> None:
    """Wait until a condition holds; a bound so generous that only a fault reaches it."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        await pilot.pause(0.02)


def newest_job(library: Library) -> JobRow:
    return list_jobs(library)[0]
