"""How many there are of each size, as columns of blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_EIGHTHS: Final = 8


@dataclass(frozen=True, slots=True)
class Column:
    """How many lie from `low` to `high`; None has no end."""

    low: int
    high: int | None
    count: int


class Histogram(Widget):
    """A name, columns as high as there is room, and the scale below them."""

    DEFAULT_CSS = "Histogram { height: 1fr; width: 1fr; min-height: 3; }"
    columns: reactive[tuple[Column, ...]] = reactive(())

    def __init__(self, name: str, *, style: str = "$primary", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._label, self._style = name, style

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return 4

    def render(self) -> Content:
        width, rows = max(4, self.size.width), max(1, self.size.height - 2)
        head = Content.styled(self._label[:width], "$muted")
        if not self.columns:
            return head
        counts = spread([column.count for column in self.columns], width)
        lines = [Content.styled(text, self._style) for text in blocks(counts, rows)]
        return Content("\n").join([head, *lines, Content.styled(self._scale(width), "$muted")])

    def _scale(self, width: int) -> str:
        """The ends, and the median between them where it fits."""
        first, last = self.columns[0], self.columns[-1]
        left, right = str(first.low), f"{last.low}+" if last.high is None else str(last.high)
        between = width - len(left) - len(right)
        for middle in (f"median {median(self.columns)}", f"~{median(self.columns)}", ""):
            if len(middle) + 2 <= between:
                return f"{left}{middle:^{between}}{right}"
        return left


def median(columns: Sequence[Column]) -> int:
    """Where the middle one lies: the middle of its column."""
    total, seen = sum(column.count for column in columns), 0
    for column in columns:
        seen += column.count
        if 2 * seen >= total:
            return column.low if column.high is None else (column.low + column.high + 1) // 2
    return 0


def spread(counts: Sequence[int], width: int) -> list[float]:
    """Counts as columns of one cell: stretched where there is room, neighbours joined else."""
    if len(counts) <= width:
        return [float(counts[cell * len(counts) // width]) for cell in range(width)]
    edges = [place * len(counts) // width for place in range(width + 1)]
    return [sum(counts[start:end]) / (end - start) for start, end in pairwise(edges)]


def blocks(counts: Sequence[float], rows: int) -> list[str]:
    """Columns in eighths of a row, the highest line first; what is not zero shows."""
    most = max(counts, default=0)
    levels = [max(1, round(rows * _EIGHTHS * count / most)) if count > 0 else 0 for count in counts]
    return [
        "".join(_BLOCKS[min(_EIGHTHS, max(0, level - row * _EIGHTHS))] for level in levels)
        for row in reversed(range(rows))
    ]
