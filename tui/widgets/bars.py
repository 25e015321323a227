"""Bars drawn with text: shares of a whole, one under the other or stacked in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.wording import count, percent

_LINE: Final = "━"
_TRACK: Final = "─"
_GAP: Final = 1
_NAME: Final = 10
"""Cells for the name before a stacked bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled share."""

    label: str
    part: float
    whole: float
    note: str = ""
    """What stands behind the bar; empty: the share in percent."""
    style: str = "$primary"


@dataclass(frozen=True, slots=True)
class Portion:
    """One part of a stacked bar."""

    label: str
    number: int
    style: str


def line(part: float, whole: float, width: int, style: str) -> Content:
    """A bar of `width` cells; whatever is there shows at least one cell, and less than all is less."""
    cells = round(width * part / whole) if whole else 0
    if part > 0:
        cells = max(1, cells)
    if part < whole:
        cells = min(cells, width - 1)
    cells = max(0, min(width, cells))
    return Content.assemble((_LINE * cells, style), (_TRACK * (width - cells), "$track"))


def shares(numbers: Sequence[int], width: int) -> list[int]:
    """Cells for each number so that they fill `width`; none that is above zero vanishes."""
    total = sum(numbers)
    if not total:
        return [0] * len(numbers)
    cells = [max(1, round(width * number / total)) if number else 0 for number in numbers]
    while sum(cells) != width and any(cells):
        largest = cells.index(max(cells))
        cells[largest] += 1 if sum(cells) < width else -1
    return cells


class BarList(Widget):
    """Labelled bars, one a line."""

    DEFAULT_CSS = "BarList { height: auto; width: 1fr; }"
    bars: reactive[tuple[Bar, ...]] = reactive((), layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self.bars)

    def render(self) -> Content:
        labels = max((len(bar.label) for bar in self.bars), default=0)
        notes = [bar.note or percent(bar.part, bar.whole) for bar in self.bars]
        behind = max((len(note) for note in notes), default=0)
        width = max(3, self.size.width - labels - behind - 2 * _GAP)
        return Content("\n").join(
            Content.assemble(
                (f"{bar.label:<{labels}} ", "$muted"),
                line(bar.part, bar.whole, width, bar.style),
                (f" {note:>{behind}}", "$foreground"),
            )
            for bar, note in zip(self.bars, notes, strict=True)
        )


class StackedBar(Widget):
    """A whole cut into its parts after its name, with theirs below."""

    DEFAULT_CSS = "StackedBar { height: auto; width: 1fr; }"
    portions: reactive[tuple[Portion, ...]] = reactive((), layout=True)

    def __init__(self, name: str, *, id: str) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self._label = f"{name:<{_NAME}}"

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return 1 + len(self._legend(width))

    def render(self) -> Content:
        width = max(3, self.size.width - len(self._label))
        present = [portion for portion in self.portions if portion.number]
        cells = shares([portion.number for portion in present], width)
        bar = Content.assemble(
            *((_LINE * n, portion.style) for n, portion in zip(cells, present, strict=True))
        )
        if not present:
            bar = Content.styled(_TRACK * width, "$track")
        first = Content.assemble((self._label, "$muted"), bar)
        return Content("\n").join([first, *self._legend(self.size.width)])

    def _legend(self, width: int) -> list[Content]:
        """Names and numbers in as few lines as they need."""
        lines: list[Content] = []
        for portion in self.portions:
            item = Content.assemble(
                ("● ", portion.style),
                (count(portion.number), "$foreground"),
                (f" {portion.label.replace('_', ' ')}", "$muted"),
            )
            if lines and lines[-1].cell_length + _GAP + item.cell_length <= width:
                lines[-1] = Content.assemble(lines[-1], " " * _GAP, item)
            else:
                lines.append(item)
        return lines
