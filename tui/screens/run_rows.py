"""The rows of a run's tables: glosses, signers and confused pairs."""

from typing import Final

from store.evaluations import ConfusedPair, GroupResult
from tui.widgets.sorted_table import SortedRow
from tui.widgets.table import Cell, Column
from tui.wording import DASH, count

_BAR: Final = 12

_RESULT: Final = (
    Column("clips", "clips", 5, right=True),
    Column("right", "right", 5, right=True),
    Column("top1", "top-1", _BAR + 6),
    Column("interval", "95 %", 8, right=True),
    Column("top5", "top-5", 6, right=True, from_width=90),
)
GLOSS_COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("train", "train", 5, right=True),
    *_RESULT,
)
SIGNER_COLUMNS: Final = (Column("signer", "signer"), *_RESULT)
PAIR_COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("other", "and"),
    Column("clips", "clips", 5, right=True),
    Column("there", "first as second", 15, right=True),
    Column("back", "second as first", 15, right=True),
)


def gloss_row(group: GroupResult, train_clips: dict[str, int]) -> SortedRow:
    """A gloss with how many clips it was learnt from; `train_clips` is empty if nobody knows."""
    name = str(group.name)
    train = train_clips.get(name, 0) if train_clips else None
    cells, values = _result(group)
    return SortedRow(name, (name, count(train), *cells), (name, train or 0, *values), name)


def signer_row(group: GroupResult) -> SortedRow:
    name = group.name or "not named"
    cells, values = _result(group)
    return SortedRow(str(group.name), (name, *cells), (name, *values), name)


def _result(group: GroupResult) -> tuple[tuple[Cell, ...], tuple[float, ...]]:
    low, high = group.interval
    cells = (
        count(group.n),
        count(group.top1_hits),
        (
            f"{_bar(group.top1)} {100 * group.top1:3.0f} %",
            "$primary" if group.top1_hits else "$muted",
        ),
        (f"{100 * low:.0f}{DASH}{100 * high:.0f}", "$muted"),
        f"{100 * group.top5_hits / group.n:.0f} %",
    )
    # Of equal shares the one that rests on more clips weighs more.
    return cells, (group.n, group.top1_hits, group.top1 - group.n * 1e-6, low, group.top5_hits)


def _bar(ratio: float) -> str:
    cells = round(_BAR * ratio)
    return "━" * cells + "╌" * (_BAR - cells)


def pair_row(pair: ConfusedPair) -> SortedRow:
    return SortedRow(
        f"{pair.gloss}\n{pair.other}",
        (pair.gloss, pair.other, count(pair.clips), count(pair.there), count(pair.back)),
        (pair.gloss, pair.other, pair.clips, pair.there, pair.back),
        f"{pair.gloss} {pair.other}",
    )
