"""The scan job: every clip ends available, missing or corrupt, with the reason."""

import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from capture.child import start_child
from capture.config import ScanConfig
from capture.pool import Failure, FailureKind, TaskPool
from capture.probing import TimedProbe, timed_probe
from capture.progress import Pace
from capture.video import ClipProbe
from store.catalog import list_video_roots
from store.clips import ClipFacts, ClipRow, count_availability, list_clips, record_facts
from store.jobs import RunningJob
from store.tally import Freshener
from store.words import Availability, Request

SUFFIXES: Final = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp",
)  # fmt: skip
"""Kinds of files that are clips; where a clip is there twice, the first kind wins."""
_GONE: Final = ClipProbe(Availability.MISSING, "in none of the video folders")
_LOOK_S: Final = 0.25
_WRITE_S: Final = 1.0
_AHEAD: Final = 2
"""Tasks in flight for each worker: short clips must not wait for the coordinator."""


def scan(job: RunningJob) -> dict[str, Any]:
    """Look for every clip of the index and decode what is new or changed; return counts, as JSON.

    Raises:
        JobStoppedError: on request; what was found is kept.
        CaptureError: workers cannot start.
    """
    config = ScanConfig.from_json(job.config)
    with job.library.reading() as session:
        clips, roots = list_clips(session), list_video_roots(session)
    found = find_files(roots, on_problem=job.warn)
    unchanged, missing, todo = _sort(clips, found, full=config.full)
    with job.library.session() as session:
        record_facts(session, missing)
    scanner = Scanner(job, config, todo, len(clips))
    try:
        scanner.run()
    finally:
        scanner.write()
        with job.library.reading() as session:
            counts = count_availability(session)
        result = {
            "clips": len(clips),
            **{str(word): counts.get(word, 0) for word in Availability},
            "decoded": scanner.decoded,
            "unchanged": unchanged,
        }
        job.result(result)
    return result


def find_files(roots: Iterable[Path], on_problem: Any = None) -> dict[str, Path]:
    """Map video ids to files: `<root>/<video id>.<ext>`, earlier roots first.

    Args:
        roots: folders to look in, not below.
        on_problem: called with a sentence for each folder that cannot be read.
    """
    found: dict[str, tuple[int, int, Path]] = {}
    for number, root in enumerate(roots):
        try:
            names = [entry.name for entry in os.scandir(root)]
        except OSError as error:
            if on_problem is not None:
                on_problem(f"The folder {root} cannot be read: {error.strerror}.")
            continue
        for name in names:
            path = root / name
            if path.suffix.lower() in SUFFIXES:
                candidate = (number, SUFFIXES.index(path.suffix.lower()), path)
                found[path.stem] = min(found.get(path.stem, candidate), candidate)
    return {stem: path for stem, (_, _, path) in found.items()}


class Scanner:
    """Decodes files in spawned workers and writes what was found, about once a second."""

    def __init__(
        self, job: RunningJob, config: ScanConfig, todo: list[tuple[ClipRow, Path]], total: int
    ) -> None:
        self._job = job
        self._config = config
        self._todo = todo[::-1]
        self._total = total
        self._paths = {clip.id: path for clip, path in todo}
        self._names = {clip.id: clip.video_id for clip, _ in todo}
        self._facts: list[ClipFacts] = []
        self._counts: Counter[str] = Counter()
        self._workers = max(1, min(config.worker_count, len(todo)))
        self._sizes = {clip.id: _size(path) for clip, path in todo}
        self._bytes_left = sum(self._sizes.values())
        self._pace = Pace()
        self._freshener = Freshener(job.library)
        self._started = self._written = time.perf_counter()

    @property
    def decoded(self) -> int:
        return sum(self._counts.values())

    def run(self) -> None:
        """Decode until nothing is left. Raises as `scan` does."""
        if not self._todo:
            return
        pool: TaskPool[int] = TaskPool(
            self._workers, initializer=start_child, arguments=(self._job.log_path,)
        )
        with pool:
            while self._todo or len(pool):
                self._job.stop_if_asked()
                if self._job.request is not Request.PAUSE:
                    self._send(pool)
                elif not len(pool):
                    self._job.wait_while_paused()
                    continue
                for clip_id, outcome in pool.collect(_LOOK_S):
                    self._note(clip_id, outcome)
                if time.perf_counter() - self._written > _WRITE_S:
                    self.write()

    def write(self) -> None:
        """Write what was found since the last time, and how far the scan is."""
        facts, self._facts = self._facts, []
        with self._job.library.session() as session:
            record_facts(session, facts)
        self._freshener.tick()
        self._written = time.perf_counter()
        eta = self._pace.eta_s(self._bytes_left, self._workers)
        self._job.progress(
            done=self._total - len(self._paths) + self.decoded,
            total=self._total,
            unit="clips",
            message=f"{self._counts[Availability.CORRUPT]} corrupt",
            detail={
                "decoded": dict(self._counts),
                "clips_per_s": round(self.decoded / (self._written - self._started), 1),
                "eta_s": [round(value, 1) for value in eta] if eta else None,
            },
            force=True,
        )

    def _send(self, pool: TaskPool[int]) -> None:
        while self._todo and len(pool) < _AHEAD * self._workers:
            clip, path = self._todo.pop()
            pool.submit(clip.id, timed_probe, path, timeout_s=self._config.time_limit_s)

    def _note(self, clip_id: int, outcome: TimedProbe | Failure) -> None:
        path, size = self._paths[clip_id], self._sizes[clip_id]
        self._bytes_left -= size
        if isinstance(outcome, Failure):
            probe = _probe_of(outcome, path)
        else:
            probe = outcome.probe
            self._pace.add(size, outcome.seconds)
        self._facts.append(_facts(clip_id, path, probe))
        self._counts[probe.availability] += 1
        if probe.availability is not Availability.AVAILABLE:
            self._job.info(f"{self._names[clip_id]}: {probe.availability}: {probe.reason}")


def _sort(
    clips: list[ClipRow], found: dict[str, Path], *, full: bool
) -> tuple[int, list[ClipFacts], list[tuple[ClipRow, Path]]]:
    """Return how many files are as they were, what is newly missing, and what to decode."""
    unchanged = 0
    missing: list[ClipFacts] = []
    todo: list[tuple[ClipRow, Path]] = []
    for clip in clips:
        path = found.get(clip.video_id)
        if path is None:
            if clip.availability != Availability.MISSING:
                missing.append(_facts(clip.id, None, _GONE))
        elif not full and _is_unchanged(clip, path):
            unchanged += 1
        else:
            todo.append((clip, path))
    return unchanged, missing, todo


def _is_unchanged(clip: ClipRow, path: Path) -> bool:
    if clip.availability not in {Availability.AVAILABLE, Availability.CORRUPT}:
        return False
    try:
        stat = path.stat()
    except OSError:
        return False
    return clip.path == path and (clip.size_bytes, clip.mtime_ns) == (
        stat.st_size,
        stat.st_mtime_ns,
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _probe_of(failure: Failure, path: Path) -> ClipProbe:
    reasons = {
        FailureKind.TIMEOUT: f"the decoder hung: {failure.error}",
        FailureKind.CRASH: f"the decoder crashed: {failure.error}",
    }
    reason = reasons.get(failure.kind, failure.error)
    try:
        stat = path.stat()
    except OSError:
        return ClipProbe(Availability.CORRUPT, reason)
    return ClipProbe(
        Availability.CORRUPT, reason, size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns
    )


def _facts(clip_id: int, path: Path | None, probe: ClipProbe) -> ClipFacts:
    return ClipFacts(clip_id=clip_id, path=path, **asdict(probe))
