"""Runs: all trainings, their curves and results; start, resume and evaluate."""

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, Static

from ml.config import TrainConfig, train_job
from store.jobs import JobRow
from store.runs import EpochRow, list_epochs
from store.words import ENDED, JobKind, Request, Status
from tui.reading.runs import RunSummary, read_runs
from tui.screens.evaluate_form import EvaluateForm
from tui.screens.job_log import JobLogScreen
from tui.screens.page import Page
from tui.screens.run_form import RunForm
from tui.widgets.curves import Curve, CurvePlot
from tui.widgets.job_bar import JobBar
from tui.widgets.table import Cell, Column, Row, RowTable, state_cell
from tui.wording import DASH, accuracy, ago, count, duration, first_line

_COLUMNS: Final = (
    Column("name", "run"),
    Column("preset", "preset", 9, from_width=100),
    Column("split", "split", 14),
    Column("state", "state", 11),
    Column("epochs", "epochs", 6, right=True, from_width=100),
    Column("top1", "top-1 [95 % interval]", 27),
    Column("started", "started", 10, from_width=110),
)
_ACTIVE: Final = frozenset({Status.QUEUED, Status.RUNNING})


class RunsScreen(Page):
    """Trainings and what came of them."""

    NAME = "runs"
    HOME = "#runs"
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new_run", "New run"),
        Binding("u", "resume", "Resume"),
        Binding("x", "stop", "Stop, keep best"),
        Binding("e", "evaluate", "Evaluate"),
        Binding("l", "log", "Log"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[RunSummary] = []
        self._seen: tuple[object, ...] | None = None

    def compose_body(self) -> ComposeResult:
        with Vertical(id="table", classes="panel") as table:
            table.border_title = "Runs"
            yield RowTable(_COLUMNS, id="runs")
        with Vertical(id="one", classes="panel"):
            yield JobBar(id="bar")
            yield Static(id="about")
            with Horizontal(id="plots"):
                for name, title in _PLOTS.items():
                    with Vertical(classes="plot", id=f"{name}-box"):
                        yield Static(_legend(name, title), classes="plot-title")
                        yield CurvePlot(id=name)

    def on_mount(self) -> None:
        super().on_mount()
        self._read_runs()

    def on_screen_resume(self) -> None:
        self._read_runs()

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        kinds = (JobKind.TRAIN, JobKind.EVALUATE)
        now = tuple((job.id, job.status, job.done) for job in jobs if job.kind in kinds)
        if now != self._seen and self.is_current:
            self._seen = now
            self._read_runs()
        self._show_bar()

    @work(exclusive=True, group="runs", exit_on_error=False)
    async def _read_runs(self) -> None:
        with self.signtui.complaints(quietly=True):
            self.runs = await asyncio.to_thread(read_runs, self.library)
            now = self.signtui.clock()
            table = self.query_one("#runs", RowTable)
            known = table.keys
            table.show(_row(item, now) for item in self.runs)
            if known and self.runs and str(self.runs[0].run.id) not in known:
                table.select(str(self.runs[0].run.id))
            self.query_one("#table").border_title = f"Runs  {len(self.runs)}"
            self._show_one()

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
        self.query_one("#about", Static).update(_about(chosen))
        if chosen is None:
            return
        with self.signtui.complaints(quietly=True):
            epochs = await asyncio.to_thread(list_epochs, self.library, chosen.run.id)
            self._show_curves(epochs, chosen.run.best_epoch)

    def _show_bar(self) -> None:
        bar = self.query_one("#bar", JobBar)
        bar.job = self.job
        bar.display = self.job is not None and self.job.status not in ENDED

    def _show_curves(self, epochs: list[EpochRow], best: int | None) -> None:
        numbers = [epoch.epoch for epoch in epochs]
        if best is None:
            best = _best_so_far(epochs)
        for plot, curves in _CURVES.items():
            self.query_one(f"#{plot}", CurvePlot).show(
                numbers,
                [
                    Curve(tuple(_scaled(epoch, name) for epoch in epochs), colour)
                    for name, _, colour in curves
                ],
                best,
            )

    # Keys

    def action_new_run(self) -> None:
        self.app.push_screen(RunForm(), self._train)

    async def _train(self, config: TrainConfig | None) -> None:
        if config is not None:
            await self.signtui.start_job(JobKind.TRAIN, train_job(config))

    async def action_resume(self) -> None:
        chosen = self.chosen
        if chosen is None or chosen.run.status in _ACTIVE:
            return
        if chosen.run.status == Status.FINISHED:
            self.notify("This run is finished; there is nothing to resume.")
            return
        with self.signtui.complaints():
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
        self.app.push_screen(EvaluateForm(self.chosen.run.name), self._evaluate)

    async def _evaluate(self, split: str | None) -> None:
        if split is not None and self.chosen is not None:
            config = {"run": self.chosen.run.id, "split": split}
            await self.signtui.start_job(JobKind.EVALUATE, config)

    def action_log(self) -> None:
        if self.job is not None:
            self.app.push_screen(JobLogScreen(self.job.id))


_CURVES: Final = {
    "loss": (("loss", "train", "secondary"), ("val_loss", "val", "primary")),
    "accuracy": (
        ("top1", "train", "secondary"),
        ("val_top1", "val", "primary"),
        ("val_top5", "top-5", "accent"),
    ),
    "rate": (("learning_rate", "", "accent"),),
}
"""Plots: metric, label and colour of each curve."""


_PLOTS: Final = {"loss": "loss", "accuracy": "top-1 %", "rate": "learning rate"}


def _legend(plot: str, title: str) -> Content:
    names = [(label, f"${colour}") for _, label, colour in _CURVES[plot] if label]
    return Content.assemble((title, "bold"), *((f" ━ {label}", style) for label, style in names))


def _scaled(epoch: EpochRow, name: str) -> float | None:
    value: float | None = getattr(epoch, name)
    return 100 * value if value is not None and "top" in name else value


def _best_so_far(epochs: list[EpochRow]) -> int | None:
    """The epoch with the best val top-1, the lowest val loss among equals."""
    known = [epoch for epoch in epochs if epoch.val_top1 is not None]
    if not known:
        return None
    return max(known, key=lambda epoch: (epoch.val_top1 or 0.0, -(epoch.val_loss or 0.0))).epoch


def _row(item: RunSummary, now: float) -> Row:
    best = item.best
    split = str(item.run.split_kind or item.run.config.get("split") or DASH)
    split_cell: Cell = (f"{split} leaks", "$warning") if item.leaks else split
    return Row(
        str(item.run.id),
        (
            item.run.name,
            item.run.preset,
            split_cell,
            state_cell(item.run.status),
            str(item.epochs),
            f"{best.split} {accuracy(best.top1, best.low, best.high, best.n)}" if best else DASH,
            ago(item.run.created_at, now),
        ),
    )


def _about(item: RunSummary | None) -> Content:
    if item is None:
        return Content.assemble(("n", "bold $primary"), " trains a model on the landmarks.")
    run = item.run
    parts = [
        f"{count(run.n_glosses)} glosses",
        f"{count(run.n_train)} train, {count(run.n_val)} val clips",
        f"{count(run.parameters)} parameters",
    ]
    if run.ended_at:
        parts.append(f"{duration(run.ended_at - run.created_at)}")
    lines = [Content.styled(" · ".join(parts), "$muted")]
    if run.error:
        lines.append(Content.styled(first_line(run.error, 300), "$error"))
    if item.leaks:
        lines.append(
            Content.styled(
                "Leaks: copies of the same clips are in train and val; "
                "this says nothing about new clips.",
                "$warning",
            )
        )
    lines += [_result(item)] if item.evaluations else []
    return Content("\n").join(lines)


def _result(item: RunSummary) -> Content:
    return Content("\n").join(
        Content.assemble(
            (f"{row.split} ", "$muted"),
            (f"top-1 {100 * row.top1:.1f} %", "bold"),
            (f" [{100 * row.low:.1f}{DASH}{100 * row.high:.1f}]", "$muted"),
            f" top-5 {100 * row.top5:.1f} %",
            (f" n={row.n:,} of {row.n_glosses:,} glosses", "$muted"),
        )
        for row in item.evaluations
    )
