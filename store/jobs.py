"""Jobs: long work in a process of its own, whose truth is a row of the catalog.

Whoever starts a job makes its row first (`create_job`); the job's process says in it what it does
(`run_job`); whoever watches reads the row (`get_job`) and asks for a pause or a stop (`ask`).
"""

import os
import platform
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.database import as_dict
from store.errors import (
    JobError,
    JobInterruptedError,
    LibraryBusyError,
    NotInCatalogError,
    SigntuiError,
)
from store.lacks import lack_of
from store.library import Library
from store.processes import began, is_same
from store.schema import Extraction, Job, JobLine, Run
from store.tally import freshen
from store.words import ExtractionStatus, JobKind, Request, Status

HEARTBEAT_S: Final = 2.0
ENDED_WITHOUT_A_WORD: Final = "The process ended without a word."
STALE_S: Final = 60.0
"""A heartbeat older than this, from another host, counts as gone."""
_WRITE_EVERY_S: Final = 0.5
_ASK_EVERY_S: Final = 0.25
# What changes instances, clips or extractions: one at a time.
_EXCLUSIVE: Final = frozenset({JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT})


@dataclass(frozen=True, slots=True)
class JobRow:
    id: int
    kind: str
    status: str
    config: dict[str, Any]
    request: str | None
    paused: bool
    pid: int | None
    process_started_at: float | None
    host: str | None
    heartbeat_at: float | None
    done: int
    total: int | None
    unit: str | None
    message: str | None
    detail: dict[str, Any] | None
    result: dict[str, Any] | None
    error: str | None
    hint: str | None
    created_at: float
    started_at: float | None
    ended_at: float | None


class JobStoppedError(JobError):
    """The job was asked to stop and did; its finished work is kept."""


class JobLostError(JobError):
    """Others take the job for dead: it may change nothing more."""


def create_job(library: Library, kind: JobKind, config: dict[str, Any]) -> int:
    """Add a queued job; its process is started with the id that comes back."""
    with library.session() as session:
        job = Job(kind=kind, status=Status.QUEUED, config=config, created_at=time.time())
        session.add(job)
        session.flush()
        job_id = job.id
    library.job_dir(job_id).mkdir(parents=True, exist_ok=True)
    return job_id


def get_job(library: Library, job_id: int) -> JobRow:
    """Raises NotInCatalogError."""
    with library.reading() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise NotInCatalogError(f"There is no job {job_id}.", hint="List them: signtui status")
        return JobRow(**as_dict(job))


def list_jobs(library: Library, *, limit: int = 100) -> list[JobRow]:
    """Jobs, the newest first."""
    with library.reading() as session:
        jobs = session.scalars(select(Job).order_by(Job.id.desc()).limit(limit))
        return [JobRow(**as_dict(job)) for job in jobs]


def ask(library: Library, job_id: int, request: Request | None) -> None:
    """Ask a job to pause or stop; None lets a paused one go on."""
    with library.session() as session:
        session.execute(update(Job).where(Job.id == job_id).values(request=request))


def is_alive(job: JobRow) -> bool:
    """Whether the process of a running job is still there."""
    if job.pid is None:
        return False
    if job.host != platform.node():
        return time.time() - (job.heartbeat_at or 0.0) < STALE_S
    return is_same(job.pid, job.process_started_at)


def recover_jobs(library: Library) -> list[int]:
    """Mark running jobs whose process is gone as interrupted, and their runs with them."""
    with library.session() as session:
        running = session.scalars(select(Job).where(Job.status == Status.RUNNING)).all()
        gone = [job for job in running if not is_alive(JobRow(**as_dict(job)))]
        for job in gone:
            _end(session, job, Status.INTERRUPTED, ENDED_WITHOUT_A_WORD)
        return [job.id for job in gone]


def fail_if_unended(library: Library, job_id: int, error: str, hint: str = "") -> None:
    """For whoever saw the job's process end: a job that says it runs has crashed."""
    with library.session() as session:
        job = session.get(Job, job_id)
        if job is not None and job.status in {Status.QUEUED, Status.RUNNING}:
            _end(session, job, Status.INTERRUPTED, error)
            job.hint = hint or None


def _end(session: Session, job: Job, status: Status, error: str | None = None) -> None:
    job.status, job.error, job.ended_at, job.request = status, error, time.time(), None
    job.paused = False
    if status is Status.INTERRUPTED:
        session.execute(
            update(Run)
            .where(Run.job_id == job.id, Run.status.in_((Status.QUEUED, Status.RUNNING)))
            .values(status=Status.INTERRUPTED)
        )
        if job.kind == JobKind.EXTRACT:
            # One extraction runs at a time: what says it runs was this one's.
            session.execute(
                update(Extraction)
                .where(Extraction.status == ExtractionStatus.RUNNING)
                .values(status=ExtractionStatus.PENDING)
            )


@dataclass
class RunningJob:
    """What a job's process holds: says progress, hears requests."""

    library: Library
    id: int
    kind: JobKind
    config: dict[str, Any]
    _changes: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _written_at: float = 0.0
    _asked_at: float = 0.0
    _request: Request | None = None

    @property
    def log_path(self) -> Path:
        return self.library.job_dir(self.id) / "job.log"

    def progress(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        unit: str | None = None,
        message: str | None = None,
        detail: dict[str, Any] | None = None,
        force: bool = False,
    ) -> None:
        """Say how far the job is; written at most twice a second unless forced."""
        said = {"done": done, "total": total, "unit": unit, "message": message, "detail": detail}
        with self._lock:
            self._changes.update({key: value for key, value in said.items() if value is not None})
        if force or time.monotonic() - self._written_at >= _WRITE_EVERY_S:
            self._write()

    def result(self, result: dict[str, Any]) -> None:
        """What the job found or made, as JSON."""
        with self._lock:
            self._changes["result"] = result
        self._write()

    def info(self, text: str) -> None:
        self._line("info", text)

    def warn(self, text: str) -> None:
        self._line("warning", text)

    @property
    def request(self) -> Request | None:
        """What was asked of the job; read from the catalog at most four times a second."""
        if time.monotonic() - self._asked_at >= _ASK_EVERY_S:
            self._asked_at = time.monotonic()
            with self.library.reading() as session:
                asked = session.scalar(select(Job.request).where(Job.id == self.id))
            self._request = Request(asked) if asked else None
        return self._request

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A write transaction. Raises JobLostError where the job's row does not say that it runs."""
        with self.library.session() as session:
            row = session.get(Job, self.id)
            if row is None or row.status != Status.RUNNING or row.pid != os.getpid():
                message = f"Job {self.id} was taken for dead: another may be at work by now."
                raise JobLostError(message, hint="Finished work is kept. See: signtui status")
            yield session

    def paused(self, *, paused: bool) -> None:
        """Say whether the job rests at the moment."""
        with self._lock:
            self._changes["paused"] = paused
        self._write()

    def wait_while_paused(self) -> None:
        """Rest as long as a pause is asked for."""
        if self.request is not Request.PAUSE:
            return
        self.paused(paused=True)
        while self.request is Request.PAUSE:
            time.sleep(_ASK_EVERY_S)
        self.paused(paused=False)

    def stop_if_asked(self) -> None:
        """Raises JobStoppedError if a stop was asked for."""
        if self.request is Request.STOP:
            raise JobStoppedError("Stopped on request.")

    def _line(self, level: str, text: str) -> None:
        """Keep a line in the job's log."""
        with self.library.session() as session:
            session.add(JobLine(job_id=self.id, at=time.time(), level=level, text=text))

    def _write(self) -> None:
        with self._lock:
            changes, self._changes = self._changes, {}
            self._written_at = time.monotonic()
        with self.library.session() as session:
            values = {**changes, "heartbeat_at": time.time()}
            session.execute(update(Job).where(Job.id == self.id).values(**values))


@contextmanager
def run_job(library: Library, job_id: int) -> Iterator[RunningJob]:
    """Be the process of a job: running, with a heartbeat, and ended as it ends.

    Raises:
        NotInCatalogError: there is no such job.
        LibraryBusyError: another job changes the same tables.
    """
    job = _start(library, job_id)
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(job, stop), daemon=True, name="heartbeat")
    heart.start()
    status, error, hint = Status.FINISHED, None, None
    try:
        yield job
    except (JobStoppedError, KeyboardInterrupt):
        status = Status.CANCELLED
        raise
    except SigntuiError as raised:
        interrupted = isinstance(raised, JobInterruptedError)
        status = Status.INTERRUPTED if interrupted else Status.FAILED
        error, hint = raised.message, raised.hint
        raise
    except BaseException as raised:
        status, error = Status.FAILED, f"{type(raised).__name__}: {raised}"
        hint = f"This is a bug of signtui; the traceback is in {job.log_path}"
        error, hint = lack_of(raised) or (error, hint)
        with suppress(OSError), job.log_path.open("a", encoding="utf-8") as log_file:
            traceback.print_exc(file=log_file)
        raise
    finally:
        with suppress(SigntuiError):
            freshen(library)
        stop.set()
        heart.join()
        _finish(job, status, error, hint)


def _start(library: Library, job_id: int) -> RunningJob:
    recover_jobs(library)
    with library.session() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise NotInCatalogError(f"There is no job {job_id}.")
        try:
            _refuse_second(session, job)
        except LibraryBusyError as error:
            _end(session, job, Status.FAILED, error.message)
            job.hint = error.hint
            session.commit()
            raise
        job.status, job.pid, job.host = Status.RUNNING, os.getpid(), platform.node()
        job.process_started_at = began(os.getpid())
        job.started_at = job.heartbeat_at = time.time()
        return RunningJob(library, job_id, JobKind(job.kind), dict(job.config))


def _refuse_second(session: Session, job: Job) -> None:
    if job.kind not in _EXCLUSIVE:
        return
    other = session.scalar(
        select(Job).where(Job.status == Status.RUNNING, Job.kind.in_(_EXCLUSIVE), Job.id != job.id)
    )
    if other is not None:
        raise LibraryBusyError(
            f"Job {other.id} ({other.kind}, process {other.pid}) is at work on this library.",
            hint="Wait for it or stop it first: signtui status",
        )


def _beat(job: RunningJob, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT_S):
        # A full disk or a long lock must not end the job: the next beat tries again.
        with suppress(SigntuiError):
            job._write()  # noqa: SLF001 - the heartbeat is part of the running job


def _finish(job: RunningJob, status: Status, error: str | None, hint: str | None) -> None:
    with suppress(SigntuiError):
        job._write()  # noqa: SLF001
        with job.library.session() as session:
            row = session.get(Job, job.id)
            if row is not None:
                _end(session, row, status, error)
                row.hint = hint or None
