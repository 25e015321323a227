"""The extraction job: hands out clips, writes what comes back, and alone writes it."""

import time
import uuid
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from capture.config import ExtractConfig, require_cluster_extra
from capture.engine import Engine
from capture.errors import CaptureError
from capture.extractor import extractor_key, extractor_settings
from capture.local import LocalEngine
from capture.pool import Failure, FailureKind
from capture.progress import Pace
from capture.worker import ClipResult
from store.catalog import get_or_add_extractor
from store.errors import SigntuiError
from store.extractions import (
    LOOSE_PREFIX,
    Work,
    count_statuses,
    list_work,
    mark,
    queue_instances,
    record_done,
    record_failure,
)
from store.jobs import RunningJob
from store.landmarks import Sequence, write_sequences
from store.pack import PACK_SIZE, pack_loose, sweep
from store.tally import Freshener
from store.words import ExtractionStatus, Request

_LOOK_S: Final = 0.25
_REPORT_S: Final = 0.5
_MB: Final = 1_000_000
_ROWS: Final = 100
"""Workers that are told of one by one, at most."""


def extract(job: RunningJob) -> dict[str, Any]:
    """Find the landmarks of all instances that have none yet; return what was done, as JSON.

    Raises:
        CaptureError: no clip is there to read, workers cannot start, or no cluster answers.
        DiskFullError: landmarks could not be written; finished work is kept.
        JobInterruptedError: the cluster is gone; finished work is kept.
        JobStoppedError: on request; finished work is kept.
    """
    config = ExtractConfig.from_json(job.config)
    swept = sweep(job.library)
    if swept:
        job.info(f"Removed {swept} files that an interrupted job had left.")
    extractor_id, work = _plan(job, config)
    coordinator = Coordinator(job, config, extractor_id, work)
    try:
        coordinator.run()
    except BaseException:
        # What keeps the work from ending must not be hidden by what keeps it from being packed.
        with suppress(SigntuiError):
            coordinator.end()
        raise
    coordinator.end()
    return coordinator.summary()


def _plan(job: RunningJob, config: ExtractConfig) -> tuple[int, list[Work]]:
    settings = extractor_settings(config.tracker)
    with job.library.session() as session:
        extractor_id = get_or_add_extractor(
            session,
            key=extractor_key(config.tracker),
            landmark_set=settings["landmark_set"],
            origin=f"MediaPipe {settings['mediapipe']}",
            settings=settings,
        )
        queue_instances(
            session, extractor_id, glosses=config.glosses, retry_failed=config.retry_failed,
            retry_kind=config.retry_kind,
        )  # fmt: skip
        if not count_statuses(session, extractor_id):
            raise CaptureError(
                "There is no readable clip in this library.", hint="Look for them: signtui scan"
            )
        work = list_work(
            session, extractor_id, glosses=config.glosses, limit=config.limit,
            retry_kind=config.retry_kind,
        )  # fmt: skip
    return extractor_id, work


class Coordinator:
    """One run over a list of work."""

    def __init__(
        self, job: RunningJob, config: ExtractConfig, extractor_id: int, work: list[Work]
    ) -> None:
        self._job = job
        self._config = config
        self._extractor_id = extractor_id
        self._waiting = deque(work)
        self._total_clips = len(work)
        self._total_frames = sum(item.frames for item in work)
        self._workers = 0
        self._facts: dict[str, Any] = {}
        self._flying: dict[int, Work] = {}
        self._counts: Counter[str] = Counter()
        self._frames = 0
        self._loose = 0
        self._pace = Pace()
        self._peak_bytes = 0
        self._started = time.perf_counter()
        self._first_ready: float | None = None
        self._reported = 0.0
        self._freshener = Freshener(job.library)

    def run(self) -> None:
        """Work until nothing is left. Raises as `extract` does."""
        if not self._waiting:
            return
        with self._open_engine() as engine:
            while self._waiting or self._flying:
                self._job.stop_if_asked()
                if self._job.request is not Request.PAUSE:
                    self._send(engine)
                elif not self._flying:
                    self._job.wait_while_paused()
                    continue
                for extraction_id, outcome in engine.collect(_LOOK_S):
                    self._settle(extraction_id, outcome)
                self._report(engine)
                self._freshener.tick()
            self._report(engine, force=True)

    def end(self) -> None:
        """Leave the library tidy. Raises DamagedFileError, DiskFullError, StoreError."""
        self.give_back()
        pack_loose(self._job.library, self._extractor_id)
        self._job.result(self.summary())

    def give_back(self) -> None:
        """What is unfinished waits for the next run; nobody is blamed for it."""
        unfinished = [work.extraction_id for work in self._flying.values()]
        self._flying.clear()
        if unfinished:
            with self._job.writing() as session:
                mark(session, unfinished, ExtractionStatus.PENDING)

    def summary(self) -> dict[str, Any]:
        """The result of the job, as JSON; the rate counts from when the first worker was ready."""
        now = time.perf_counter()
        working_s = now - (self._first_ready or now)
        return {
            "extractor_id": self._extractor_id,
            "clips": self._total_clips,
            **{str(status): self._counts[status] for status in _ENDS},
            "left": self._total_clips - sum(self._counts[status] for status in _ENDS),
            "frames": self._frames,
            "seconds": round(now - self._started, 3),
            "working_s": round(working_s, 3),
            "frames_per_s": round(self._frames / working_s, 2) if working_s else None,
            "workers": self._workers,
            "peak_worker_mb": round(self._peak_bytes / _MB, 1),
            **self._facts,
        }

    def _open_engine(self) -> Engine:
        if self._config.cluster is None:
            return LocalEngine(self._config, len(self._waiting), self._job.log_path)
        require_cluster_extra()
        from capture.cluster import ClusterEngine  # noqa: PLC0415 - an extra that few install

        return ClusterEngine(self._config, self._config.cluster, self._job, self._waiting[0])

    def _send(self, engine: Engine) -> None:
        batch: list[Work] = []
        while self._waiting and engine.takes(self._waiting[0]):
            batch.append(self._waiting.popleft())
        if not batch:
            return
        with self._job.writing() as session:
            mark(session, [work.extraction_id for work in batch], ExtractionStatus.RUNNING)
        for work in batch:
            self._flying[work.extraction_id] = work
            limit = self._config.time_limit_s + self._config.time_per_frame_s * work.last
            engine.send(work, timeout_s=limit)

    def _settle(self, extraction_id: int, outcome: ClipResult | Failure) -> None:
        work = self._flying[extraction_id]
        if isinstance(outcome, Failure):
            self._fail(work, outcome)
        else:
            self._store(work, outcome)
        del self._flying[extraction_id]
        if self._loose >= PACK_SIZE:
            pack_loose(self._job.library, self._extractor_id)
            self._loose = 0

    def _store(self, work: Work, result: ClipResult) -> None:
        if self._first_ready is None:
            self._first_ready = time.perf_counter() - result.seconds
        sequence = Sequence(result.landmarks, result.fps, result.aspect, result.score, result.body)
        file = self._write(work, sequence) if sequence.present.any() else None
        with self._job.writing() as session:
            status = record_done(session, work, sequence, file=file, seconds=result.seconds)
        self._counts[status] += 1
        self._frames += work.frames
        self._pace.add(work.frames, result.seconds)
        self._peak_bytes = max(self._peak_bytes, result.memory_bytes)

    def _write(self, work: Work, sequence: Sequence) -> Path:
        # A name is used once: a file that bears its final name never changes.
        name = f"{LOOSE_PREFIX}{work.extraction_id}-{uuid.uuid4().hex[:8]}.h5"
        path = self._job.library.landmarks_dir / name
        write_sequences(path, [(work.video_id, sequence)])
        self._loose += 1
        return path

    def _fail(self, work: Work, failure: Failure) -> None:
        # Another attempt reads the same bytes: only what may be chance is tried again.
        final = failure.kind is FailureKind.UNREADABLE or work.attempts + 1 >= self._config.attempts
        with self._job.writing() as session:
            record_failure(session, work, kind=failure.kind, error=failure.error, final=final)
        self._job.warn(f"{work.video_id}: {failure.kind}: {failure.error}")
        if final:
            self._counts[ExtractionStatus.FAILED] += 1
            self._frames += work.frames
        else:
            self._waiting.append(work.after_failure())

    def _report(self, engine: Engine, *, force: bool = False) -> None:
        now = time.perf_counter()
        if not force and now - self._reported < _REPORT_S:
            return
        self._reported = now
        self._workers, self._facts = max(self._workers, engine.workers), engine.facts
        at_work, rows, frames = self._look_at_workers(engine)
        done = min(self._total_frames, self._frames + frames)
        eta = self._pace.eta_s(self._total_frames - done, engine.workers)
        pace = self._pace.seconds_per_unit
        ended = {str(status): self._counts[status] for status in _ENDS}
        message = f"{sum(ended.values())} of {self._total_clips} clips"
        self._job.progress(
            done=done,
            total=self._total_frames,
            unit="frames",
            message=f"{message}; {engine.note}" if engine.note else message,
            detail={
                "clips": {**ended, "total": self._total_clips},
                "cluster": self._config.cluster,
                "workers": rows,
                "at_work": at_work,
                "frames_per_s": round(engine.workers / pace, 1) if pace else None,
                "eta_s": [round(value, 1) for value in eta] if eta else None,
            },
            force=force,
        )

    def _look_at_workers(self, engine: Engine) -> tuple[int, list[dict[str, Any]], int]:
        """Return how many are at work, a row for each up to a bound, and their frames so far."""
        standings = [(work, engine.standing(key)) for key, work in self._flying.items()]
        # Those at work first: a large cluster has more of them than anybody reads.
        standings.sort(key=lambda item: item[1].pid is None)
        largest = max((at.memory_bytes for _, at in standings), default=0)
        self._peak_bytes = max(self._peak_bytes, largest)
        rows = [
            {
                "clip": work.video_id,
                "state": "working" if at.pid else "waiting",
                "pid": at.pid,
                "host": at.host,
                "done": at.frames,
                "frames": work.frames,
                "memory_mb": round(at.memory_bytes / _MB, 1),
            }
            for work, at in standings[:_ROWS]
        ]
        at_work = sum(at.pid is not None for _, at in standings)
        return at_work, rows, sum(at.frames for _, at in standings)


_ENDS: Final = (ExtractionStatus.DONE, ExtractionStatus.NO_HANDS, ExtractionStatus.FAILED)
