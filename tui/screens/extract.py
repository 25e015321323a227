"""Extract: look for clips, find the hands in them, and see how it goes."""

import asyncio
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from capture.config import ExtractConfig, LandmarkSet, ScanConfig, default_workers
from store.cluster import HERE
from store.jobs import JobRow
from store.words import ENDED, JobKind, Request, Status
from tui.reading.extraction import Failure, count_available, read_failures
from tui.screens.failures import FailuresScreen
from tui.screens.job_log import JobLogScreen
from tui.screens.page import PAINTED_S, Page
from tui.widgets.job_bar import JobBar
from tui.widgets.table import Column, Row, RowTable
from tui.widgets.workers import SpeedPanel, WorkerTable
from tui.wording import ago, count, first_line, progress

_FAILURES: Final = (
    Column("kind", "reason", 12),
    Column("clips", "clips", 5, right=True),
    Column("example", "for example"),
)
_SHOWN: Final = frozenset({JobKind.EXTRACT, JobKind.SCAN})
_UNDONE: Final = frozenset({Status.INTERRUPTED, Status.FAILED, Status.CANCELLED})
"""How a job ends that has something left."""
_MAX_WORKERS: Final = 32
_SETS: Final = {
    LandmarkSet.HANDS: "hands",
    LandmarkSet.HOLISTIC: "hands, upper body and lips",
}
_OTHER: Final = {
    LandmarkSet.HANDS: LandmarkSet.HOLISTIC,
    LandmarkSet.HOLISTIC: LandmarkSet.HANDS,
}
_WHILE_RUNNING: Final = frozenset({"pause", "stop"})
_WHILE_RESTING: Final = frozenset(
    {"start", "scan", "rescan", "retry", "retry_reason", "resume", "landmarks", "cluster"}
)


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
        Binding("u", "resume", "Resume"),
        Binding("r", "retry", "Retry failed"),
        Binding("t", "retry_reason", "Retry reason"),
        Binding("plus,equals_sign", "workers(1)", "More workers", show=False, key_display="+"),
        Binding("minus", "workers(-1)", "Fewer workers", show=False, key_display="-"),
        Binding("c", "cluster", "Cluster or this machine", show=False),
        Binding("h", "landmarks", "Hands or holistic", show=False),
        Binding("l", "log", "Log"),
        Binding("f", "rescan", "Scan all again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.job: JobRow | None = None
        """The newest scan or extraction."""
        self.worker_count = default_workers()
        self.landmarks: LandmarkSet | None = None
        """What was chosen here; None: what the newest extraction looked for."""
        self.stays_here = False
        """Whether the cluster of the settings is passed over."""
        self._failures: dict[str, Failure] | None = None
        """By reason; None until they are read."""
        self._failed_seen: object = None
        """How many failures the running job told of when they were read last."""
        self._available = 0
        self._latest: LandmarkSet | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(id="job", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="advice")
        with Horizontal(id="middle"):
            with Vertical(id="workers-panel", classes="panel") as workers:
                workers.border_title = "Workers"
                yield WorkerTable(id="workers")
            yield SpeedPanel(id="speed", classes="panel")
        with Vertical(id="failures-panel", classes="panel") as failures:
            failures.border_title = "Failed"
            yield RowTable(_FAILURES, id="failures")

    def on_mount(self) -> None:
        self.worker_count = self.signtui.settings.workers or self.worker_count
        super().on_mount()
        self._read_state()

    def on_screen_resume(self) -> None:
        self._read_state()

    @work(exclusive=True, group="state", exit_on_error=False)
    async def _read_state(self) -> None:
        await asyncio.sleep(PAINTED_S)
        with self.signtui.complaints(quietly=True):
            failures = await asyncio.to_thread(read_failures, self.library)
            self._available = await asyncio.to_thread(count_available, self.library)
            self._show_failures(failures)
            self._show_advice()
            self.refresh_bindings()

    def _show_failures(self, failures: list[Failure]) -> None:
        self._failures = {failure.kind: failure for failure in failures}
        panel = self.query_one("#failures-panel")
        panel.border_title = f"Failed  {count(sum(failure.clips for failure in failures))}"
        panel.border_subtitle = "enter: their clips and logs" if failures else ""
        self.query_one("#failures", RowTable).show(
            Row(item.kind, ((item.kind, "$error"), count(item.clips), item.example))
            for item in failures
        )

    # The job

    @property
    def running(self) -> JobRow | None:
        return self.job if self.job is not None and self.job.status not in ENDED else None

    @property
    def wanted(self) -> LandmarkSet:
        """The landmark set that the next extraction looks for."""
        return self.landmarks or self._latest or LandmarkSet.HANDS

    @property
    def known_cluster(self) -> str | None:
        """The cluster that the settings name."""
        named = self.signtui.settings.cluster
        return None if named == HERE else named

    @property
    def cluster(self) -> str | None:
        """Where the next extraction runs; None: on this machine."""
        return None if self.stays_here else self.known_cluster

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        before = self.job
        self._latest = _latest_set(jobs)
        self.job = next((job for job in jobs if job.kind in _SHOWN), None)
        self.query_one(JobBar).job = self.job
        self._show_workers()
        self.query_one(SpeedPanel).show_job(self.running)
        self._show_advice()
        if _stage(before) != _stage(self.job):
            self.refresh_bindings()
        ended = before is not None and before.status not in ENDED and self.running is None
        if self.is_current and (ended or self._has_failed_more()):
            self._read_state()

    def _has_failed_more(self) -> bool:
        clips = ((self.running.detail if self.running else None) or {}).get("clips")
        failed = clips.get("failed") if isinstance(clips, dict) else None
        before, self._failed_seen = self._failed_seen, failed
        return failed is not None and failed != before

    def _show_workers(self) -> None:
        detail = (self.running.detail if self.running else None) or {}
        workers = self.query_one(WorkerTable).show_workers(detail)
        panel = self.query_one("#workers-panel")
        panel.border_title = f"Workers  {workers or self.worker_count}"
        panel.border_subtitle = first_line(str(detail.get("cluster") or ""), 60)

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
            return self._about_end(job)
        ended = _result(job) if job is not None and job.status == Status.FINISHED else ""
        if self._available:
            return Content.assemble(
                (f"{ended} " if ended else "", "$success"),
                (count(self._available), "bold"),
                " clips are there. ",
                ("e", "bold $primary"),
                " extracts those that are not done, ",
                *self._where(),
                ": ",
                (_SETS[self.wanted], "bold"),
                " (",
                ("h", "bold $primary"),
                f": {_SETS[_OTHER[self.wanted]]}).",
            )
        return Content.assemble(
            "No clip is known to be there yet. ",
            ("s", "bold $primary"),
            " looks for them in the folders that were imported.",
        )

    def _where(self) -> list[str | tuple[str, str]]:
        if self.cluster:
            return ["on ", (self.cluster, "bold"), " (", ("c", "bold $primary"), ": here)"]
        here = f"with {self.worker_count} workers (+ and -"
        if self.known_cluster:
            return [f"{here}; ", ("c", "bold $primary"), ": on the cluster)"]
        return [f"{here})"]

    def _about_end(self, job: JobRow) -> Content:
        """When and how far an interrupted or failed job came, and what goes on with it."""
        when = ago(job.ended_at, self.signtui.clock())
        return Content.assemble(
            (f"It was {job.status} {when}, at {progress(job)}; ", "$warning"),
            ("nothing finished is lost. ", "$warning"),
            ("u", "bold $primary"),
            " resumes it. ",
            (first_line(job.error or "", 200), "$muted"),
        )

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now is offered."""
        if action in _WHILE_RUNNING:
            return self.running is not None
        if action in _WHILE_RESTING and self.running is not None:
            return False
        if action == "cluster":
            return self.known_cluster is not None
        if action == "resume":
            return self.job is not None and self.job.status in _UNDONE
        if action in {"retry", "retry_reason"}:
            return self._failures != {}
        return super().check_action(action, parameters)

    async def _start(self, kind: JobKind, config: dict[str, Any]) -> None:
        await self.signtui.start_job(kind, config)

    async def _extract(self, **changes: Any) -> None:
        config = ExtractConfig(
            workers=self.worker_count, landmarks=self.wanted, cluster=self.cluster, **changes
        )
        await self._start(JobKind.EXTRACT, config.to_json())

    async def action_start(self) -> None:
        await self._extract()

    async def action_retry(self) -> None:
        await self._extract(retry_failed=True)

    async def action_retry_reason(self) -> None:
        """Try again only the clips of the reason under the cursor."""
        kind = self.query_one("#failures", RowTable).current
        if kind is None:
            self.notify("Choose a reason in the table of failures first.")
        await self._retry_reason(kind)

    async def _retry_reason(self, kind: str | None) -> None:
        if kind is not None and self.running is None:
            await self._extract(retry_kind=kind)

    async def action_resume(self) -> None:
        """Go on with the newest job, with the settings that it had."""
        if self.job is not None:
            await self._start(JobKind(self.job.kind), self.job.config)

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

    def action_landmarks(self) -> None:
        """Look for the other landmark set from the next extraction on."""
        self.landmarks = _OTHER[self.wanted]
        self._show_advice()

    def action_cluster(self) -> None:
        """Extract on the cluster of the settings, or on this machine."""
        self.stays_here = not self.stays_here
        self._show_advice()

    def action_log(self) -> None:
        if self.job is not None:
            self.app.push_screen(JobLogScreen(self.job.id))

    @on(DataTable.RowSelected, "#failures")
    def _failure_selected(self, event: DataTable.RowSelected) -> None:
        failure = (self._failures or {}).get(str(event.row_key.value))
        if failure is not None:
            self.app.push_screen(FailuresScreen(failure), self._retry_reason)


def _stage(job: JobRow | None) -> str | None:
    """What decides which keys are offered, so that the footer is made anew only when it changes."""
    return None if job is None else job.status


def _latest_set(jobs: tuple[JobRow, ...]) -> LandmarkSet | None:
    """What the newest extraction looked for; None where there was none or it does not say."""
    for job in jobs:
        if job.kind == JobKind.EXTRACT:
            said = job.config.get("landmarks")
            return LandmarkSet(said) if said in set(LandmarkSet) else None
    return None


def _result(job: JobRow) -> str:
    """What a finished extraction did, in one sentence; empty where the job does not say."""
    result = job.result or {}
    numbers = [result.get(name) for name in ("clips", "done", "no_hands", "failed")]
    known = [number for number in numbers if isinstance(number, int)]
    if len(known) < len(numbers):
        return ""
    clips, done, no_hands, failed = known
    if not clips:
        return "Nothing was left to do."
    return f"{done:,} of {clips:,} done, {no_hands:,} without hands, {failed:,} failed."
