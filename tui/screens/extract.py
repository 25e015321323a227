"""Extract: look for clips, find the hands in them, and see how it goes."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, Sparkline, Static

from capture.config import ExtractConfig, ScanConfig, default_workers
from store.jobs import JobRow
from store.words import ENDED, JobKind, Request, Status
from tui.reading.extraction import Failure, count_available, read_failures
from tui.screens.job_log import JobLogScreen
from tui.screens.page import Page
from tui.widgets.job_bar import JobBar
from tui.widgets.table import Cell, Column, Row, RowTable, state_cell
from tui.wording import DASH, count, first_line

_WORKERS: Final = (
    Column("clip", "clip"),
    Column("frames", "frames", 9, right=True),
    Column("fps", "fr/s", 4, right=True),
    Column("memory", "MB", 4, right=True),
    Column("state", "state", 7),
)
_FAILURES: Final = (
    Column("kind", "reason", 12),
    Column("clips", "clips", 5, right=True),
    Column("example", "for example"),
)
_SHOWN: Final = frozenset({JobKind.EXTRACT, JobKind.SCAN})
_MAX_WORKERS: Final = 32
_HISTORY: Final = 240
_STILL_S: Final = 4.0
"""No new frame for so long counts as standing still."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How far a worker was with a clip, and when that was seen."""

    clip: str
    done: int
    at: float
    speed: float | None


class ExtractScreen(Page):
    """Scan and extraction: start, pause, stop, resume, retry."""

    NAME = "extract"
    HOME = "#workers"
    CSS_PATH = "extract.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "start", "Extract"),
        Binding("s", "scan", "Scan"),
        Binding("space", "pause", "Pause or go on"),
        Binding("x", "stop", "Stop"),
        Binding("r", "retry", "Retry failed"),
        Binding("plus,equals_sign", "workers(1)", "More workers", show=False, key_display="+"),
        Binding("minus", "workers(-1)", "Fewer workers", show=False, key_display="-"),
        Binding("l", "log", "Log"),
        Binding("f", "rescan", "Scan all again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.job: JobRow | None = None
        """The newest scan or extraction."""
        self.worker_count = default_workers()
        self._speeds: deque[float] = deque(maxlen=_HISTORY)
        self._seen: tuple[int, float, int] | None = None
        self._looks: dict[str, _Look] = {}
        self._available = 0

    def compose_body(self) -> ComposeResult:
        with Vertical(id="job", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="advice")
        with Horizontal(id="middle"):
            with Vertical(id="workers-panel", classes="panel") as workers:
                workers.border_title = "Workers"
                yield RowTable(_WORKERS, id="workers")
            with Vertical(id="speed", classes="panel") as speed:
                speed.border_title = "Frames a second"
                yield Sparkline(id="throughput")
        with Vertical(id="failures-panel", classes="panel") as failures:
            failures.border_title = "Failed"
            yield RowTable(_FAILURES, id="failures")

    def on_mount(self) -> None:
        super().on_mount()
        self._read_state()

    def on_screen_resume(self) -> None:
        self._read_state()

    @work(exclusive=True, group="state", exit_on_error=False)
    async def _read_state(self) -> None:
        with self.signtui.complaints(quietly=True):
            failures = await asyncio.to_thread(read_failures, self.library)
            self._available = await asyncio.to_thread(count_available, self.library)
            self._show_failures(failures)
            self._show_advice()

    def _show_failures(self, failures: list[Failure]) -> None:
        self.query_one(
            "#failures-panel"
        ).border_title = f"Failed  {count(sum(failure.clips for failure in failures))}"
        self.query_one("#failures", RowTable).show(
            Row(item.kind, ((item.kind, "$error"), count(item.clips), item.example))
            for item in failures
        )

    # The job

    @property
    def running(self) -> JobRow | None:
        return self.job if self.job is not None and self.job.status not in ENDED else None

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        before = self.job
        self.job = next((job for job in jobs if job.kind in _SHOWN), None)
        self.query_one(JobBar).job = self.job
        self._show_workers()
        self._show_speed()
        self._show_advice()
        ended = before is not None and before.status not in ENDED and self.running is None
        if ended and self.is_current:
            self._read_state()

    def _show_workers(self) -> None:
        detail = (self.running.detail if self.running else None) or {}
        rows = detail.get("workers")
        rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        self.query_one("#workers", RowTable).show(
            Row(str(number), self._worker_cells(row)) for number, row in enumerate(rows)
        )
        self.query_one("#workers-panel").border_title = f"Workers  {len(rows) or self.worker_count}"

    def _worker_cells(self, row: dict[str, Any]) -> tuple[Cell, ...]:
        clip, done, frames = (row.get(name) for name in ("clip", "done", "frames"))
        speed = self._worker_speed(str(row.get("pid")), str(clip), done)
        memory = row.get("memory_mb")
        return (
            str(clip or DASH),
            f"{done}/{frames}",
            f"{speed:.0f}" if speed is not None else DASH,
            f"{memory:.0f}" if isinstance(memory, (int, float)) else DASH,
            state_cell(str(row.get("state") or DASH)),
        )

    def _worker_speed(self, worker: str, clip: str, done: Any) -> float | None:
        """Frames a second of a worker, from the last two looks at the same clip that differ."""
        if not isinstance(done, int):
            return None
        now = time.monotonic()
        before = self._looks.get(worker)
        if before is None or before.clip != clip:
            self._looks[worker] = _Look(clip, done, now, None)
        elif done > before.done and now > before.at:
            speed = (done - before.done) / (now - before.at)
            self._looks[worker] = _Look(clip, done, now, speed)
        return self._looks[worker].speed

    def _show_speed(self) -> None:
        job = self.running
        if job is None or job.unit != "frames":
            self._seen = None
            return
        now = time.monotonic()
        if self._seen is None or self._seen[0] != job.id:
            self._speeds.clear()
            self._seen = (job.id, now, job.done)
        elif job.done != self._seen[2] or now - self._seen[1] > _STILL_S:
            self._speeds.append(max(0, job.done - self._seen[2]) / (now - self._seen[1]))
            self._seen = (job.id, now, job.done)
        self.query_one(Sparkline).data = list(self._speeds)
        mean = (job.detail or {}).get("frames_per_s")
        known = isinstance(mean, (int, float))
        self.query_one("#speed").border_subtitle = f"{mean:.0f} on average" if known else ""

    def _show_advice(self) -> None:
        self.query_one("#job").border_title = self._title()
        self.query_one("#advice", Static).update(self._advice())

    def _title(self) -> str:
        if self.job is None:
            return "Extraction"
        return f"{'Scan' if self.job.kind == JobKind.SCAN else 'Extraction'}  job {self.job.id}"

    def _advice(self) -> Content:
        job = self.job
        if self.running is not None:
            return Content(first_line(self.running.message or "", 300))
        if job is not None and job.status in {Status.INTERRUPTED, Status.FAILED}:
            key = "e" if job.kind == JobKind.EXTRACT else "s"
            return Content.assemble(
                (f"It was {job.status}; nothing finished is lost. ", "$warning"),
                (key, "bold $primary"),
                " goes on with what is left. ",
                (first_line(job.error or "", 200), "$muted"),
            )
        if self._available:
            return Content.assemble(
                (count(self._available), "bold"),
                " clips are there. ",
                ("e", "bold $primary"),
                f" extracts those that are not done, with {self.worker_count} workers (+ and -).",
            )
        return Content.assemble(
            "No clip is known to be there yet. ",
            ("s", "bold $primary"),
            " looks for them in the folders that were imported.",
        )

    # Keys

    async def _start(self, kind: JobKind, config: dict[str, Any]) -> None:
        if self.running is not None:
            self.notify(f"Job {self.running.id} ({self.running.kind}) is running already.")
            return
        await self.signtui.start_job(kind, config)

    async def action_start(self) -> None:
        config = ExtractConfig(workers=self.worker_count)
        await self._start(JobKind.EXTRACT, config.to_json())

    async def action_retry(self) -> None:
        config = ExtractConfig(workers=self.worker_count, retry_failed=True)
        await self._start(JobKind.EXTRACT, config.to_json())

    async def action_scan(self) -> None:
        await self._start(JobKind.SCAN, ScanConfig(workers=self.worker_count).to_json())

    async def action_rescan(self) -> None:
        await self._start(JobKind.SCAN, ScanConfig(full=True, workers=self.worker_count).to_json())

    async def action_pause(self) -> None:
        job = self.running
        if job is not None and job.request != Request.STOP:
            resting = job.paused or job.request == Request.PAUSE
            await self.signtui.ask_job(job.id, None if resting else Request.PAUSE)

    async def action_stop(self) -> None:
        if self.running is not None:
            await self.signtui.ask_job(self.running.id, Request.STOP)

    def action_workers(self, more: int) -> None:
        self.worker_count = min(_MAX_WORKERS, max(1, self.worker_count + more))
        self._show_workers()
        self._show_advice()

    def action_log(self) -> None:
        if self.job is not None:
            self.app.push_screen(JobLogScreen(self.job.id))

    @on(DataTable.RowSelected, "#failures")
    async def _failure_selected(self, event: DataTable.RowSelected) -> None:
        kind = str(event.row_key.value).replace("'", "''")
        await self.signtui.show_instances(f"extraction = 'failed' AND error_kind = '{kind}'")
