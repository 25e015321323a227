"""The curves of one run: loss, accuracy and learning rate over its epochs."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from store.runs import EpochRow
from tui.widgets.curves import Curve, CurvePlot

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


class RunCurves(Container):
    """Three small plots; the screen's style says whether they stand side by side."""

    DEFAULT_CSS = """
    RunCurves {
        layout: horizontal; height: 1fr; width: 1fr;
        .plot { width: 1fr; height: 1fr; margin-right: 1; background: $surface; }
        .plot-title { height: 1; text-align: center; }
        CurvePlot { height: 1fr; background: $surface; }
    }
    """

    def compose(self) -> ComposeResult:
        for name, title in _PLOTS.items():
            with Vertical(classes="plot", id=f"{name}-box"):
                yield Static(
                    legend(title, [(label, colour) for _, label, colour in _CURVES[name]]),
                    classes="plot-title",
                )
                yield CurvePlot(id=name)

    def show(self, epochs: Sequence[EpochRow], best: int | None) -> None:
        """Draw these epochs, with a line at the best one (0-based)."""
        numbers = [epoch.epoch for epoch in epochs]
        for plot, curves in _CURVES.items():
            drawn = [
                Curve(tuple(metric(epoch, name) for epoch in epochs), colour)
                for name, _, colour in curves
            ]
            self.query_one(f"#{plot}", CurvePlot).show(numbers, drawn, best)


def legend(title: str, labels: Sequence[tuple[str, str]]) -> Content:
    """The title of a plot with its curves' labels in their colours (theme variables)."""
    parts = [(f" ━ {label}", f"${colour}") for label, colour in labels if label]
    return Content.assemble((title, "bold"), *parts)


def metric(epoch: EpochRow, name: str) -> float | None:
    """A metric of an epoch as it is drawn: accuracies in per cent."""
    value: float | None = getattr(epoch, name)
    return 100 * value if value is not None and "top" in name else value
