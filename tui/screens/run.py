"""One run: its facts and curves, each gloss, what it confuses, and each signer."""

import asyncio
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Static

from store.evaluations import clips_of, clips_of_pair
from store.jobs import JobRow
from store.words import ENDED, JobKind
from tui.reading.runs import RunDetail, SplitTables, read_run
from tui.screens.evaluate_form import EvaluateForm
from tui.screens.page import signtui_of
from tui.screens.run_rows import (
    GLOSS_COLUMNS,
    PAIR_COLUMNS,
    SIGNER_COLUMNS,
    gloss_row,
    pair_row,
    signer_row,
)
from tui.screens.run_words import facts, newest_epoch, settings, tells_news
from tui.widgets.facts import FactList
from tui.widgets.footer import KeyLine
from tui.widgets.interval_bars import Interval, IntervalList
from tui.widgets.job_bar import JobBar
from tui.widgets.run_curves import RunCurves
from tui.widgets.sorted_table import SortedTable
from tui.widgets.tab_line import TabLine
from tui.wording import first_line

_VIEWS: Final = {
    "overview": "Overview",
    "glosses": "Glosses",
    "pairs": "Confused",
    "signers": "Signers",
}
_HOMES: Final = {"overview": "#facts"}
_PREFERRED: Final[tuple[str, ...]] = ("test", "val", "train")


class RunScreen(Screen[None]):
    """All that is known of one run, in four views."""

    CSS_PATH = "run.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        *(
            Binding(str(number), f"view('{name}')", title, show=False)
            for number, (name, title) in enumerate(_VIEWS.items(), start=1)
        ),
        Binding("v", "next_split", "Val or test"),
        Binding("e", "evaluate", "Evaluate"),
    ]

    def __init__(self, run_id: int) -> None:
        super().__init__()
        self.run_id = run_id
        self.detail: RunDetail | None = None
        self.split: str | None = None
        """The evaluation that the tables show."""
        self._seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield TabLine(_VIEWS)
        yield JobBar(id="bar")
        with ContentSwitcher(initial="overview"):
            with Horizontal(id="overview"):
                with VerticalScroll(id="facts", classes="panel"):
                    yield FactList()
                    yield Static(id="settings")
                with Vertical(id="course", classes="panel") as course:
                    course.border_title = "Top-1 with its 95 % interval, curves"
                    yield Static(id="news")
                    yield IntervalList()
                    yield RunCurves()
            yield SortedTable(GLOSS_COLUMNS, title="Glosses", sort="top1", id="glosses")
            for name, title, columns in (
                ("pairs", "Taken for one another", PAIR_COLUMNS),
                ("signers", "Signers", SIGNER_COLUMNS),
            ):
                yield SortedTable(columns, title=title, sort="clips", descending=True, id=name)
        yield KeyLine()

    def on_mount(self) -> None:
        for table in self.query(SortedTable):
            table.border_subtitle = "enter shows the clips"
        self.action_view("overview")
        signtui_of(self).jobs_changed.subscribe(self, self._hear)
        self._hear(signtui_of(self).jobs)
        self._read()

    def _hear(self, jobs: tuple[JobRow, ...]) -> None:
        """Read again when this run got on or was measured."""
        kinds = (JobKind.TRAIN, JobKind.EVALUATE)
        now = tuple((j.id, j.status, j.done) for j in jobs if j.kind in kinds)
        if now != self._seen:
            self._seen = now
            if self.detail is not None:
                self._read()
        self._show_bar(jobs)

    def _show_bar(self, jobs: tuple[JobRow, ...]) -> None:
        wanted = self.detail.summary.run.job_id if self.detail else None
        bar = self.query_one("#bar", JobBar)
        bar.job = next((job for job in jobs if job.id == wanted), None)
        bar.display = bar.job is not None and bar.job.status not in ENDED

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        app = signtui_of(self)
        with app.complaints(quietly=True):
            self.detail = await asyncio.to_thread(read_run, app.opened, self.run_id)
            if self.split not in self.detail.tables:
                self.split = next((s for s in _PREFERRED if s in self.detail.tables), None)
            self._show(self.detail)
            self._show_bar(app.jobs)

    def _show(self, detail: RunDetail) -> None:
        item = detail.summary
        panel = self.query_one("#facts")
        panel.border_title = Content(first_line(item.run.name, 40)).markup
        self.query_one(FactList).facts = facts(item, detail.best_epoch, detail.dropped)
        self.query_one("#settings", Static).update(settings(item))
        news = self.query_one("#news", Static)
        news.display = tells_news(item, detail.epochs)
        if news.display:
            news.update(newest_epoch(item, detail.epochs, detail.best_epoch))
        self.query_one(IntervalList).items = tuple(
            Interval(
                row.split, row.top1, row.low, row.high, row.n,
                warning="leaks" if item.leaks else "",
            )
            for row in item.evaluations
        )  # fmt: skip
        self.query_one(RunCurves).show(detail.epochs, detail.best_epoch)
        self._show_tables(detail)

    def _show_tables(self, detail: RunDetail) -> None:
        found = detail.tables.get(self.split or "", SplitTables((), (), ()))
        train = detail.train_clips
        self.query_one("#glosses", SortedTable).show(gloss_row(row, train) for row in found.glosses)
        self.query_one("#pairs", SortedTable).show(map(pair_row, found.pairs))
        self.query_one("#signers", SortedTable).show(map(signer_row, found.signers))
        self._show_subject()

    def _show_subject(self) -> None:
        """At the right of the tabs: which run, and what the tables rest on."""
        assert self.detail is not None  # noqa: S101 - shown after it is read
        item = self.detail.summary
        row = item.evaluation(self.split or "")
        self.query_one(TabLine).subject = Content.assemble(
            ("leaks  " if item.leaks else "", "$warning"),
            (f"{self.split} top-1 {100 * row.top1:.1f} % n={row.n:,}", "$foreground")
            if row
            else ("not measured yet", "$muted"),
        )

    # Keys

    def action_view(self, name: str) -> None:
        """Go to one of the views."""
        self.query_one(ContentSwitcher).current = name
        self.query_one(TabLine).current = name
        view = self.query_one(f"#{name}")
        target = view.table if isinstance(view, SortedTable) else self.query_one(_HOMES[name])
        target.focus()

    def action_next_split(self) -> None:
        """Show the tables of the next split that this run was measured on."""
        if self.detail is None or len(self.detail.tables) < 2:  # noqa: PLR2004
            self.notify("There is no other evaluation; e makes one.")
            return
        splits = [split for split in _PREFERRED if split in self.detail.tables]
        self.split = splits[(splits.index(str(self.split)) + 1) % len(splits)]
        self._show_tables(self.detail)

    def action_evaluate(self) -> None:
        run = self.detail.summary.run if self.detail else None
        if run is None or not run.bundle:
            self.notify("Only a run with a finished model can be evaluated.")
            return
        self.app.push_screen(EvaluateForm(run), self._evaluate)

    async def _evaluate(self, split: str | None) -> None:
        if split is not None:
            config = {"run": self.run_id, "split": split}
            await signtui_of(self).start_job(JobKind.EVALUATE, config)

    @on(SortedTable.Chosen)
    async def _show_clips(self, event: SortedTable.Chosen) -> None:
        """Go to the clips that a row rests on."""
        if self.detail is None or self.split is None:
            return
        found, key = self.detail.tables[self.split], event.key
        if event.table.id == "pairs":
            pair = next(pair for pair in found.pairs if pair_row(pair).key == key)
            condition = clips_of_pair(self.run_id, self.split, pair)
        else:
            signers = event.table.id == "signers"
            groups = found.signers if signers else found.glosses
            group = next(group for group in groups if str(group.name) == key)
            name = "signer" if signers else "gloss"
            condition = clips_of(self.run_id, self.split, **{name: group.name})
        await signtui_of(self).show_instances(condition)
