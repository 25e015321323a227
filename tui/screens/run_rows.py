"""The rows of the table of runs, and of a run's own: glosses, signers and confused pairs."""

from typing import Final

from store.evaluations import ConfusedPair, GroupResult
from tui.reading.runs import RunSummary
from tui.screens.run_words import split_cell
from tui.widgets.sorted_table import SortedRow
from tui.widgets.table import Cell, Column, Row, state_cell
from tui.wording import DASH, accuracy, ago, count

_BAR: Final = 12

_MARK: Final[Cell] = ("●", "$primary")

RUN_COLUMNS: Final = (
    Column("mark", " ", 1),
    Column("name", "run"),
    Column("preset", "preset", 9, from_width=100),
    Column("split", "split", 14),
    Column("state", "state", 11),
    Column("epochs", "epochs", 6, right=True, from_width=100),
    Column("top1", "top-1 [95 % interval]", 27),
    Column("started", "started", 10, from_width=110),
)
_RESULT: Final = (
    Column("clips", "clips", 7, right=True),
    Column("right", "right", 7, right=True),
    Column("top1", "top-1", _BAR + 6),
    Column("interval", "95 %", 8, right=True),
    Column("top5", "top-5", 7, right=True, from_width=90),
)
GLOSS_COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("train", "train", 7, right=True),
    *_RESULT,
)
SIGNER_COLUMNS: Final = (Column("signer", "signer"), *_RESULT)
PAIR_COLUMNS: Final = (
    Column("gloss", "gloss"),
    Column("other", "and"),
    Column("clips", "clips", 7, right=True),
    Column("there", "first as second", 17, right=True),
    Column("back", "second as first", 17, right=True),
)


def run_row(item: RunSummary, now: float, *, marked: bool) -> Row:
    """A run with its best evaluation; `now` is in seconds since 1970."""
    best = item.best
    return Row(
        str(item.run.id),
        (
            _MARK if marked else "",
            item.run.name,
            item.run.preset,
            split_cell(item),
            state_cell(item.run.status),
            str(item.epochs),
            f"{best.split} {accuracy(best.top1, best.low, best.high, best.n)}" if best else DASH,
            ago(item.run.created_at, now),
        ),
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
