"""Runs side by side: what they were told, what they reached, and how sure the difference is."""

import asyncio
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from store.runs import EvaluationRow
from tui.reading.comparison import Comparison, compare_runs, verdict
from tui.screens.page import signtui_of
from tui.widgets.curves import Curve, CurvePlot
from tui.widgets.footer import KeyLine
from tui.widgets.interval_bars import Interval, IntervalList
from tui.widgets.run_curves import legend, metric
from tui.widgets.tab_line import TabLine
from tui.widgets.table import Column, Row, RowTable
from tui.wording import first_line

_VIEWS: Final = {"results": "Results", "settings": "Settings that differ"}
_COLOURS: Final = ("primary", "secondary", "accent", "success")
"""Of the runs, in their order."""
_PLOTS: Final = {"val_top1": "val top-1 %", "val_loss": "val loss"}
_NAME: Final = 14


class CompareScreen(Screen[None]):
    """Two to four runs; the first one is what the others are held against."""

    CSS_PATH = "compare.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("1", "view('results')", "Results", show=False),
        Binding("2", "view('settings')", "Settings", show=False),
        Binding("v", "next_split", "Val or test"),
    ]

    def __init__(self, run_ids: list[int]) -> None:
        super().__init__()
        self.run_ids = run_ids
        self.found: Comparison | None = None

    def compose(self) -> ComposeResult:
        yield TabLine(_VIEWS)
        with Vertical(id="results"):
            with VerticalScroll(id="outcome", classes="panel") as outcome:
                outcome.border_title = "Top-1 with its 95 % interval"
                yield IntervalList()
                yield Static(id="verdicts")
            with Horizontal(id="plots", classes="panel"):
                for name, title in _PLOTS.items():
                    with Vertical(classes="plot"):
                        yield Static(title, classes="plot-title")
                        yield CurvePlot(id=name)
        with Vertical(id="settings", classes="panel") as settings:
            settings.border_title = "Settings that differ"
            yield RowTable(self._columns([]), id="differing")
        yield KeyLine()

    def _columns(self, names: list[str]) -> list[Column]:
        return [
            Column("setting", "setting", 22),
            *(Column(str(place), first_line(name, 20)) for place, name in enumerate(names)),
        ]

    def on_mount(self) -> None:
        self.action_view("results")
        self._read(None)

    @work(exclusive=True, exit_on_error=False)
    async def _read(self, split: str | None) -> None:
        app = signtui_of(self)
        with app.complaints(quietly=True):
            self.found = await asyncio.to_thread(compare_runs, app.opened, self.run_ids, split)
            await self._show(self.found)

    async def _show(self, found: Comparison) -> None:
        names = [item.run.name for item in found.runs]
        self.query_one(IntervalList).items = tuple(_intervals(found))
        self.query_one("#verdicts", Static).update(_verdicts(found))
        self._draw_curves(found, names)
        self.query_one(TabLine).subject = Content.styled(
            f"compared on {found.split}" if found.split else "no common evaluation", "$muted"
        )
        table = RowTable(self._columns(names), id="differing")
        await self.query_one("#differing").remove()
        await self.query_one("#settings").mount(table)
        table.show(Row(row.name, (row.name, *row.values)) for row in found.settings)

    def _draw_curves(self, found: Comparison, names: list[str]) -> None:
        longest = max((len(epochs) for epochs in found.epochs), default=0)
        labels = [(first_line(n, _NAME), c) for n, c in zip(names, _COLOURS, strict=False)]
        self.query_one("#plots").border_title = legend("Curves", labels).markup
        for name in _PLOTS:
            curves = [
                Curve(
                    tuple(
                        metric(epochs[place], name) if place < len(epochs) else None
                        for place in range(longest)
                    ),
                    colour,
                )
                for epochs, colour in zip(found.epochs, _COLOURS, strict=False)
            ]
            self.query_one(f"#{name}", CurvePlot).show(range(longest), curves, None)

    # Keys

    def action_view(self, name: str) -> None:
        """Go to one of the views; in a large window both are there."""
        self.query_one(TabLine).current = name
        self.set_class(name == "settings", "-at-settings")
        target = "#outcome" if name == "results" else "#differing"
        self.query_one(target).focus()

    def action_next_split(self) -> None:
        """Compare on the other split that all of them were measured on."""
        if self.found is not None:
            self._read("val" if self.found.split == "test" else "test")


def _intervals(found: Comparison) -> list[Interval]:
    """Each run on the common split; without one, on whatever it was measured on."""
    rows: list[Interval] = []
    for item, colour in zip(found.runs, _COLOURS, strict=False):
        row: EvaluationRow | None = item.evaluation(found.split) if found.split else item.best
        if row is not None:
            label = item.run.name if found.split else f"{item.run.name} ({row.split})"
            leaks = "leaks" if item.leaks else ""
            rows.append(Interval(label, row.top1, row.low, row.high, row.n, f"${colour}", leaks))
    return rows


def _verdicts(found: Comparison) -> Content:
    lines = [Content.styled(first_line(note, 300), "$warning") for note in found.notes]
    names = {item.run.id: item.run.name for item in found.runs}
    for result in found.paired:
        counts = result.counts
        lines.append(Content.styled(first_line(verdict(result, found.runs), 300), "$foreground"))
        if counts.n:
            one, other = (first_line(names[run], _NAME) for run in (result.run_a, result.run_b))
            said = (
                f"  right: both {counts.both:,} · only {one} {counts.only_a:,} · "
                f"only {other} {counts.only_b:,} · neither {counts.neither:,}"
            )
            lines.append(Content.styled(said, "$muted"))
    return Content("\n").join(lines)
