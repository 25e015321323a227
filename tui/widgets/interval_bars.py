"""Accuracies with their 95 % intervals, on one axis from 0 to 100 %."""

from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.wording import DASH, first_line

_TRACK: Final = "─"
_RANGE: Final = "━"
_DOT: Final = "●"
_LONGEST: Final = 24


@dataclass(frozen=True, slots=True)
class Interval:
    """One accuracy; ratios are 0 to 1."""

    label: str
    value: float
    low: float
    high: float
    n: int
    style: str = "$primary"
    warning: str = ""
    """Stands behind the number in the colour of a warning, such as `leaks`."""


class IntervalList(Widget):
    """One line for each: its name, the axis with the interval and the value, the numbers."""

    DEFAULT_CSS = "IntervalList { height: auto; width: 1fr; }"
    items: reactive[tuple[Interval, ...]] = reactive((), layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self.items)

    def render(self) -> Content:
        labels = [first_line(item.label, _LONGEST) for item in self.items]
        before = max((len(label) for label in labels), default=0)
        notes = [_note(item) for item in self.items]
        behind = max((note.cell_length for note in notes), default=0)
        width = max(6, self.size.width - before - behind - 2)
        return Content("\n").join(
            Content.assemble((f"{label:<{before}} ", "$foreground"), _axis(item, width), " ", note)
            for label, note, item in zip(labels, notes, self.items, strict=True)
        )


def _axis(item: Interval, width: int) -> Content:
    first, last = (_place(value, width) for value in (item.low, item.high))
    dot = _place(item.value, width)
    return Content.assemble(
        (_TRACK * first, "$track"),
        (_RANGE * (dot - first), item.style),
        (_DOT, item.style),
        (_RANGE * (last - dot), item.style),
        (_TRACK * (width - 1 - last), "$track"),
    )


def _place(ratio: float, width: int) -> int:
    return round(min(max(ratio, 0.0), 1.0) * (width - 1))


def _note(item: Interval) -> Content:
    return Content.assemble(
        (f"{100 * item.value:5.1f} %", "bold"),
        (f" [{100 * item.low:.0f}{DASH}{100 * item.high:.0f}] n={item.n:,}", "$muted"),
        (f" {item.warning}" if item.warning else "", "$warning"),
    )
