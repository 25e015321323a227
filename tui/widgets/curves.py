"""Curves of a training: one small plot for each kind of number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from textual.color import Color
from textual_plotext import PlotextPlot

_TICKS: Final = 4
_ROWS_A_TICK: Final = 2
"""Labels closer than this would fall on the same row, and chance would choose between them."""
_SMALL: Final = 0.01
_LARGE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot; None where an epoch has no value."""

    values: tuple[float | None, ...]
    colour: str
    """Name of a theme variable such as `primary`."""


class CurvePlot(PlotextPlot):  # type: ignore[misc]
    """Curves over epochs, with the best epoch marked."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self._curves: tuple[Curve, ...] = ()
        self._epochs: tuple[int, ...] = ()
        self._best: int | None = None

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self._draw())
        self._draw()

    def show(self, epochs: Sequence[int], curves: Sequence[Curve], best: int | None) -> None:
        """Draw these curves.

        Args:
            epochs: numbers of the epochs, 0-based.
            curves: as many values each as there are epochs.
            best: the epoch that is kept, if it is known.
        """
        wanted = (tuple(epochs), tuple(curves), best)
        if wanted != (self._epochs, self._curves, self._best):
            self._epochs, self._curves, self._best = wanted
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    @property
    def _room(self) -> int:
        """How many labels the axis has room for."""
        rows: int = self.size.height - 1
        return max(2, min(_TICKS, rows // _ROWS_A_TICK))

    def _rgb(self, name: str) -> tuple[int, int, int]:
        return Color.parse(self.app.theme_variables[name]).rgb

    def _draw(self) -> None:
        plot: Any = self.plt
        plot.clear_figure()
        drawn: list[float] = []
        for curve in self._curves:
            points = _points(self._epochs, curve.values)
            if points:
                x, y = zip(*points, strict=True)
                drawn += y
                plot.plot(x, y, color=self._rgb(curve.colour), marker="braille")
        if self._best is not None and self._best in self._epochs:
            plot.vline(self._best + 1, color=self._rgb("success"))
        if drawn:
            plot.yticks(*_ticks(min(drawn), max(drawn), self._room))
            plot.xticks(*_epoch_ticks(self._epochs))
        plot.frame(False)
        self.refresh()


def _points(epochs: Sequence[int], values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Epochs counted from 1 with their values; epochs without a finite value are left out."""
    return [
        (epoch + 1, value)
        for epoch, value in zip(epochs, values, strict=True)
        if value is not None and math.isfinite(value)
    ]


def _ticks(low: float, high: float, number: int) -> tuple[list[float], list[str]]:
    """Values from the least to the greatest, with short labels of one width."""
    step = (high - low) / (number - 1)
    values = [low + step * place for place in range(number)] if step > 0 else [low]
    if 0 < abs(high) < _SMALL:
        labels = [f"{value:.1e}".replace("e-0", "e-") for value in values]
    else:
        labels = [f"{value:.{0 if high > _LARGE else 2}f}" for value in values]
    width = max(len(label) for label in labels)
    return values, [label.rjust(width) for label in labels]


def _epoch_ticks(epochs: Sequence[int]) -> tuple[list[int], list[str]]:
    last = max(epochs) + 1
    places = sorted({1, *(max(1, round(last * part / 3)) for part in (1, 2, 3))})
    return places, [str(place) for place in places]
