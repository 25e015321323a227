"""The extraction job: hands out clips, writes what comes back, and alone writes it."""

import time
import uuid
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil

from capture.board import Board
from capture.config import ExtractConfig
from capture.errors import CaptureError
from capture.extractor import extractor_key, extractor_settings
from capture.pool import Failure, FailureKind, TaskPool
from capture.progress import Pace
from capture.worker import ClipResult, ClipTask, extract_clip, start_worker
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


def extract(job: RunningJob) -> dict[str, Any]:
    """Find the landmarks of all instances that have none yet; return what was done, as JSON.

    Raises:
        CaptureError: no clip is there to read, or workers cannot start.
        DiskFullError: landmarks could not be written; finished work is kept.
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
        self._workers = max(1, min(config.worker_count, len(work)))
        # One task more than workers: nobody waits while a result is written.
        self._free_lines = list(range(self._workers + 1))
        self._board = Board(len(self._free_lines))
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
        pool: TaskPool[int] = TaskPool(
            self._workers,
            initializer=start_worker,
            arguments=(self._config.tracker, self._board, self._job.log_path),
            tasks_per_worker=self._config.clips_per_worker,
        )
        with pool:
            while self._waiting or self._flying:
                self._job.stop_if_asked()
                if self._job.request is not Request.PAUSE:
                    self._send(pool)
                elif not self._flying:
                    self._job.wait_while_paused()
                    continue
                for line, outcome in pool.collect(_LOOK_S):
                    self._settle(line, outcome)
                self._report()
                self._freshener.tick()
        self._report(force=True)

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
            with self._job.library.session() as session:
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
        }

    def _send(self, pool: TaskPool[int]) -> None:
        batch: list[tuple[int, Work]] = []
        while self._free_lines and self._waiting:
            batch.append((self._free_lines.pop(), self._waiting.popleft()))
        if not batch:
            return
        with self._job.library.session() as session:
            mark(session, [work.extraction_id for _, work in batch], ExtractionStatus.RUNNING)
        for line, work in batch:
            self._board.clear(line)
            self._flying[line] = work
            task = ClipTask(work.path, work.first, work.last, work.size_bytes, work.mtime_ns, line)
            limit = self._config.time_limit_s + self._config.time_per_frame_s * work.last
            pool.submit(line, extract_clip, task, timeout_s=limit)

    def _settle(self, line: int, outcome: ClipResult | Failure) -> None:
        work = self._flying[line]
        if isinstance(outcome, Failure):
            self._fail(work, outcome)
        else:
            self._store(work, outcome)
        del self._flying[line]
        self._free_lines.append(line)
        if self._loose >= PACK_SIZE:
            pack_loose(self._job.library, self._extractor_id)
            self._loose = 0

    def _store(self, work: Work, result: ClipResult) -> None:
        if self._first_ready is None:
            self._first_ready = time.perf_counter() - result.seconds
        sequence = Sequence(result.landmarks, result.fps, result.aspect, result.score, result.body)
        file = self._write(work, sequence) if sequence.present.any() else None
        with self._job.library.session() as session:
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
        with self._job.library.session() as session:
            record_failure(session, work, kind=failure.kind, error=failure.error, final=final)
        self._job.warn(f"{work.video_id}: {failure.kind}: {failure.error}")
        if final:
            self._counts[ExtractionStatus.FAILED] += 1
            self._frames += work.frames
        else:
            self._waiting.append(work.after_failure())

    def _report(self, *, force: bool = False) -> None:
        now = time.perf_counter()
        if not force and now - self._reported < _REPORT_S:
            return
        self._reported = now
        flying = {line: self._board.frames(line) for line in self._flying}
        done = min(self._total_frames, self._frames + sum(flying.values()))
        eta = self._pace.eta_s(self._total_frames - done, self._workers)
        pace = self._pace.seconds_per_unit
        ended = {str(status): self._counts[status] for status in _ENDS}
        self._job.progress(
            done=done,
            total=self._total_frames,
            unit="frames",
            message=f"{sum(ended.values())} of {self._total_clips} clips",
            detail={
                "clips": {**ended, "total": self._total_clips},
                "workers": self._worker_rows(),
                "frames_per_s": round(self._workers / pace, 1) if pace else None,
                "eta_s": [round(value, 1) for value in eta] if eta else None,
            },
            force=force,
        )

    def _worker_rows(self) -> list[dict[str, Any]]:
        rows = []
        for line, work in self._flying.items():
            pid = self._board.pid(line)
            memory = _memory_bytes(pid)
            self._peak_bytes = max(self._peak_bytes, memory)
            rows.append(
                {
                    "clip": work.video_id,
                    "state": "working" if pid else "waiting",
                    "pid": pid,
                    "done": self._board.frames(line),
                    "frames": work.frames,
                    "memory_mb": round(memory / _MB, 1),
                }
            )
        return rows


_ENDS: Final = (ExtractionStatus.DONE, ExtractionStatus.NO_HANDS, ExtractionStatus.FAILED)


def _memory_bytes(pid: int | None) -> int:
    if pid is None:
        return 0
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
