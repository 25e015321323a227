"""Runs: all trainings, their curves and results; start, resume, evaluate and compare."""

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from ml.config import TrainConfig, train_job
from ml.errors import ModelError
from ml.readiness import check_resume
from store.jobs import JobRow
from store.run_changes import delete_run, rename_run
from store.runs import list_epochs
from store.words import ENDED, JobKind, Request, Status
from tui.reading.comparison import FEWEST, MOST
from tui.reading.runs import RunSummary, best_so_far, read_runs
from tui.screens.compare import CompareScreen
from tui.screens.evaluate_form import EvaluateForm
from tui.screens.job_log import JobLogScreen
from tui.screens.page import Page
from tui.screens.run import RunScreen
from tui.screens.run_dialogs import DeleteRunDialog, RenameRunDialog
from tui.screens.run_form import Asked, RunForm
from tui.screens.run_rows import RUN_COLUMNS, run_row
from tui.screens.run_words import about
from tui.widgets.job_bar import JobBar
from tui.widgets.run_curves import RunCurves
from tui.widgets.table import RowTable

_ACTIVE: Final = frozenset({Status.QUEUED, Status.RUNNING})


class RunsScreen(Page):
    """Trainings and what came of them."""

    NAME = "runs"
    HOME = "#runs"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", show=False),
        Binding("space", "mark", "Mark"),
        Binding("c", "compare", "Compare"),
        Binding("n", "new_run", "New"),
        Binding("u", "resume", "Resume"),
        Binding("x", "stop", "Stop", tooltip="Stop after this epoch and keep the best one"),
        Binding("e", "evaluate", "Evaluate"),
        Binding("l", "log", "Log"),
        Binding("f2", "rename", "Rename the run", show=False),
        Binding("delete,d", "delete", "Delete the run", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[RunSummary] = []
        self.marked: list[int] = []
        """Runs to compare, in the order they were marked."""
        self._seen: tuple[object, ...] | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(id="table", classes="panel") as table:
            table.border_title = "Runs"
            table.border_subtitle = "enter opens · space marks, c compares"
            yield RowTable(RUN_COLUMNS, id="runs")
        with Vertical(id="one", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="about")
            yield RunCurves()

    def on_mount(self) -> None:
        super().on_mount()
        self._read_runs()

    def on_screen_resume(self) -> None:
        self._read_runs()

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        kinds = (JobKind.TRAIN, JobKind.EVALUATE)
        now = tuple((j.id, j.status, j.done, bool(j.result)) for j in jobs if j.kind in kinds)
        if now != self._seen and self.is_current:
            self._seen = now
            self._read_runs()
        self._show_bar()

    @work(exclusive=True, group="runs", exit_on_error=False)
    async def _read_runs(self) -> None:
        with self.signtui.complaints(quietly=True):
            self.runs = await asyncio.to_thread(read_runs, self.library)
            table = self.query_one("#runs", RowTable)
            known = table.keys
            self._show_rows()
            if known and self.runs and str(self.runs[0].run.id) not in known:
                table.select(str(self.runs[0].run.id))
            self.query_one("#table").border_title = f"Runs  {len(self.runs)}"
            self._show_one()

    def _show_rows(self) -> None:
        now = self.signtui.clock()
        there = {item.run.id for item in self.runs}
        self.marked = [run_id for run_id in self.marked if run_id in there]
        rows = (run_row(item, now, marked=item.run.id in self.marked) for item in self.runs)
        self.query_one("#runs", RowTable).show(rows)

    @property
    def chosen(self) -> RunSummary | None:
        """The run under the cursor."""
        key = self.query_one("#runs", RowTable).current
        return next((item for item in self.runs if str(item.run.id) == key), None)

    @property
    def job(self) -> JobRow | None:
        """The job that trains or trained the chosen run."""
        wanted = self.chosen.run.job_id if self.chosen else None
        return next((job for job in self.signtui.jobs if job.id == wanted), None)

    @on(DataTable.RowHighlighted, "#runs")
    @work(exclusive=True, group="epochs", exit_on_error=False)
    async def _show_one(self) -> None:
        chosen = self.chosen
        panel = self.query_one("#one")
        self._show_bar()
        panel.border_title = Content(chosen.run.name).markup if chosen else "No runs yet"
        if chosen is None:
            self.query_one("#about", Static).update(about(None, [], None))
            return
        with self.signtui.complaints(quietly=True):
            epochs = await asyncio.to_thread(list_epochs, self.library, chosen.run.id)
            best = chosen.run.best_epoch
            best = best_so_far(epochs) if best is None else best
            self.query_one("#about", Static).update(about(chosen, epochs, best))
            self.query_one(RunCurves).show(epochs, best)

    def _show_bar(self) -> None:
        bar = self.query_one("#bar", JobBar)
        bar.job = self.job
        bar.display = self.job is not None and self.job.status not in ENDED

    # Keys

    @on(DataTable.RowSelected, "#runs")
    def action_open(self) -> None:
        """Go to the page of the chosen run."""
        if self.chosen is not None:
            self.app.push_screen(RunScreen(self.chosen.run.id))

    def action_mark(self) -> None:
        """Mark the chosen run for a comparison, or take the mark away."""
        if self.chosen is None:
            return
        run_id = self.chosen.run.id
        if run_id in self.marked:
            self.marked.remove(run_id)
        elif len(self.marked) < MOST:
            self.marked.append(run_id)
        else:
            self.notify(f"{MOST} runs are the most that can be compared.")
        self._show_rows()

    def action_compare(self) -> None:
        """Compare the marked runs; one alone is held against the chosen one."""
        wanted = list(self.marked)
        if len(wanted) == 1 and self.chosen is not None and self.chosen.run.id not in wanted:
            wanted.append(self.chosen.run.id)
        if len(wanted) < FEWEST:
            self.notify("Mark two runs or more with space first.")
            return
        self.app.push_screen(CompareScreen(wanted))

    def action_new_run(self) -> None:
        self.app.push_screen(RunForm(), self._train)

    async def _train(self, asked: Asked | None) -> None:
        if asked is not None:
            job = train_job(asked.config, start=asked.start)
            await self.signtui.start_job(JobKind.TRAIN, job)

    async def action_resume(self) -> None:
        chosen = self.chosen
        if chosen is None or chosen.run.status in _ACTIVE:
            return
        if chosen.run.status == Status.FINISHED:
            self.notify("This run is finished; there is nothing to resume.")
            return
        with self.signtui.complaints():
            found = await asyncio.to_thread(check_resume, self.library, chosen.run.id)
            for finding in found.errors:
                raise ModelError(finding.message, hint=finding.hint)
            await self.signtui.start_job(JobKind.TRAIN, train_job(TrainConfig(), chosen.run.id))

    async def action_stop(self) -> None:
        job = self.job
        if job is not None and job.status not in ENDED:
            self.notify("Stopping after this epoch; the best one is kept.")
            await self.signtui.ask_job(job.id, Request.STOP)

    def action_evaluate(self) -> None:
        if self.chosen is None or not self.chosen.run.bundle:
            self.notify("Only a run with a finished model can be evaluated.")
            return
        self.app.push_screen(EvaluateForm(self.chosen.run), self._evaluate)

    async def _evaluate(self, split: str | None) -> None:
        if split is not None and self.chosen is not None:
            config = {"run": self.chosen.run.id, "split": split}
            await self.signtui.start_job(JobKind.EVALUATE, config)

    def action_rename(self) -> None:
        if self.chosen is not None:
            self.app.push_screen(RenameRunDialog(self.chosen.run.name), self._rename)

    async def _rename(self, name: str | None) -> None:
        if name is not None and self.chosen is not None:
            with self.signtui.complaints():
                await asyncio.to_thread(rename_run, self.library, self.chosen.run.id, name)
                self._read_runs()

    def action_delete(self) -> None:
        if self.chosen is None:
            return
        if self.job is not None and self.job.status not in ENDED:
            self.notify("This run is being trained; x stops it.")
            return
        self.app.push_screen(DeleteRunDialog(self.chosen.run.name), self._delete)

    async def _delete(self, answer: bool | None) -> None:
        if answer and self.chosen is not None:
            with self.signtui.complaints():
                await asyncio.to_thread(delete_run, self.library, self.chosen.run.id)
                self._read_runs()

    def action_log(self) -> None:
        if self.job is not None:
            self.app.push_screen(JobLogScreen(self.job.id))
