"""Rows of a table of any length, in pages that are read when they are asked for."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tui.widgets.table import Row

PAGE_ROWS: Final = 100
_PAGES_KEPT: Final = 48


class RowSource(Protocol):
    """Rows that lie in the catalog or in a file."""

    @property
    def total(self) -> int:
        """How many rows there are now."""
        ...

    def read(self, first: int, count: int) -> Sequence[Row]:
        """Rows from `first` on, at most `count`; called in a thread. Raises SigntuiError."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryRows:
    """A source whose rows are all there."""

    rows: Sequence[Row] = ()

    @property
    def total(self) -> int:
        return len(self.rows)

    def read(self, first: int, count: int) -> Sequence[Row]:
        return self.rows[first : first + count]


class RowPages:
    """The pages of one source: those that were read lately, and those that are wished for."""

    def __init__(self, source: RowSource, first: Sequence[Row] | None = None) -> None:
        """Begin with no page, or with the first one where it was read already."""
        self.source = source
        self.total = source.total
        self._read: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._wishes: list[int] = []
        self._failed = False
        if first is not None:
            self._read[0] = first

    def row_at(self, index: int) -> Row | None:
        """A row that has been read; wishes for its page where it has not."""
        if not 0 <= index < self.total:
            return None
        page, place = divmod(index, PAGE_ROWS)
        rows = self._read.get(page)
        if rows is None:
            if page not in self._wishes and not self._failed:
                self._wishes.append(page)
            return None
        self._read.move_to_end(page)
        return rows[place] if place < len(rows) else None

    def grow(self) -> None:
        """Look again how many rows the source has; a page that was not full is read anew."""
        before, self.total = self.total, self.source.total
        self._failed = False
        page, rest = divmod(before, PAGE_ROWS)
        if rest and before != self.total:
            self._read.pop(page, None)

    @property
    def wish(self) -> int | None:
        """The page that was wished for last."""
        return self._wishes[-1] if self._wishes else None

    def read(self, page: int) -> Sequence[Row]:
        """Ask the source for a page; called in a thread. Raises SigntuiError."""
        return self.source.read(page * PAGE_ROWS, PAGE_ROWS)

    def keep(self, page: int, rows: Sequence[Row], in_sight: Callable[[int], bool]) -> None:
        """Keep a page, and forget wishes for pages that nobody sees any more."""
        self._read[page] = rows
        while len(self._read) > _PAGES_KEPT:
            self._read.popitem(last=False)
        self._wishes = [wish for wish in self._wishes if wish != page and in_sight(wish)]

    def fail(self) -> None:
        """Wish for nothing more: the source cannot be read."""
        self._wishes.clear()
        self._failed = True
