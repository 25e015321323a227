"""The engine of one machine: spawned worker processes, and a board that shows what each is at."""

from pathlib import Path
from typing import Any, Self

from capture.board import Board, memory_bytes
from capture.config import ExtractConfig
from capture.engine import Outcome, Standing
from capture.pool import TaskPool
from capture.worker import ClipTask, extract_clip, start_worker
from store.extractions import Work


class LocalEngine:
    """As many clips at a time as there are worker processes."""

    note = ""

    def __init__(self, config: ExtractConfig, clips: int, log_path: Path) -> None:
        self.workers = max(1, min(config.worker_count, clips))
        # One task more than workers: nobody waits while a result is written.
        self._free_lines = list(range(self.workers + 1))
        self._board = Board(len(self._free_lines))
        self._lines: dict[int, int] = {}
        self._pool: TaskPool[int] = TaskPool(
            self.workers,
            initializer=start_worker,
            arguments=(config.tracker, self._board, log_path),
            tasks_per_worker=config.clips_per_worker,
        )

    @property
    def facts(self) -> dict[str, Any]:
        return {}

    def takes(self, work: Work) -> bool:
        if not self._free_lines:
            return False
        self._lines[work.extraction_id] = self._free_lines.pop()
        return True

    def send(self, work: Work, *, timeout_s: float) -> None:
        line = self._lines[work.extraction_id]
        self._board.clear(line)
        task = ClipTask(work.path, work.first, work.last, work.size_bytes, work.mtime_ns, line)
        self._pool.submit(work.extraction_id, extract_clip, task, timeout_s=timeout_s)

    def collect(self, wait_s: float) -> list[Outcome]:
        """As `Engine.collect`. Raises CaptureError."""
        outcomes = self._pool.collect(wait_s)
        for extraction_id, _ in outcomes:
            self._free_lines.append(self._lines.pop(extraction_id))
        return outcomes

    def standing(self, extraction_id: int) -> Standing:
        line = self._lines[extraction_id]
        pid = self._board.pid(line)
        return Standing(self._board.frames(line), pid, memory_bytes(pid))

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.__exit__(None, None, None)
