"""How a run reads on the screens: its table line, its facts, its results, its newest epoch."""

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from store.runs import EpochRow, EvaluationRow
from store.splits import Dropped
from store.words import Status
from tui.reading.runs import RunSummary, flat_config
from tui.result_words import brief_words
from tui.widgets.facts import Fact
from tui.widgets.table import Cell
from tui.wording import DASH, STATE_COLOURS, count, duration, first_line

LEAKS = "Leaks: copies of the same clips are in train and val; this says nothing about new clips."


_SETTING: Final = 20
"""Cells for the name of a setting."""


def split_cell(item: RunSummary) -> Cell:
    """The kind of split, and that it leaks where it does."""
    split = str(item.split or DASH)
    return (f"{split} leaks", "$warning") if item.leaks else split


def about(item: RunSummary | None, epochs: Sequence[EpochRow], best: int | None) -> Content:
    """A run in a few lines."""
    if item is None:
        return Content.assemble(("n", "bold $primary"), " trains a model on the landmarks.")
    run = item.run
    parts = [
        f"{count(run.n_glosses)} glosses",
        f"{count(run.n_train)} train, {count(run.n_val)} val clips",
        f"{count(run.parameters)} parameters",
    ]
    if run.ended_at:
        parts.append(f"{duration(run.ended_at - run.created_at)}")
    lines = [Content.styled(" · ".join(parts), "$muted")]
    if run.error:
        lines.append(Content.styled(first_line(run.error, 300), "$error"))
    if item.leaks:
        lines.append(Content.styled(LEAKS, "$warning"))
    lines += [_result(row) for row in item.evaluations]
    if tells_news(item, epochs):
        lines.append(Content.styled(newest_epoch(item, epochs, best), "$foreground"))
    return Content("\n").join(lines)


def _result(row: EvaluationRow) -> Content:
    return Content.assemble(
        (f"{row.split} ", "$muted"),
        (f"top-1 {100 * row.top1:.1f} %", "bold"),
        (f" [{100 * row.low:.1f}{DASH}{100 * row.high:.1f}]", "$muted"),
        f" top-5 {100 * row.top5:.1f} %",
        (f" n={row.n:,} of {row.n_glosses:,} glosses", "$muted"),
    )


def tells_news(item: RunSummary, epochs: Sequence[EpochRow]) -> bool:
    """Whether its newest epoch says more than its evaluations."""
    return bool(epochs) and (item.run.status == Status.RUNNING or not item.evaluations)


def newest_epoch(item: RunSummary, epochs: Sequence[EpochRow], best: int | None) -> str:
    """The newest epoch and the best one in words."""
    newest = epochs[-1]
    parts = [f"Epoch {newest.epoch + 1} of {item.run.config.get('epochs', DASH)}"]
    if newest.seconds:
        parts[0] += f" ({newest.seconds:.1f} s)"
    if newest.loss is not None and newest.val_loss is not None:
        parts.append(f"loss {newest.loss:.2f}, val {newest.val_loss:.2f}")
    if newest.val_top1 is not None:
        parts.append(f"val top-1 {100 * newest.val_top1:.1f} %")
    kept = next((epoch for epoch in epochs if epoch.epoch == best), None)
    if kept is not None and kept.val_top1 is not None:
        parts.append(f"best {100 * kept.val_top1:.1f} % in epoch {kept.epoch + 1}")
    return " · ".join(parts)


def facts(item: RunSummary, best: int | None, dropped: Dropped | None = None) -> tuple[Fact, ...]:
    """What is known of a run beside its settings."""
    run = item.run
    seconds = run.ended_at - run.created_at if run.ended_at else None
    return (
        Fact("state", run.status, STATE_COLOURS.get(run.status, "$foreground")),
        *([Fact("error", first_line(run.error, 300), "$error")] if run.error else []),
        Fact("preset", run.preset),
        Fact("split", item.split),
        *([Fact("", LEAKS, "$warning")] if item.leaks else []),
        Fact("glosses", count(run.n_glosses)),
        Fact("clips", f"{count(run.n_train)} train, {count(run.n_val)} val, {count(run.n_test)} test"),
        *([Fact("identical", words)] if dropped and (words := dropped.in_words()) else []),
        Fact("weights", count(run.parameters)),
        Fact("epochs", f"{item.epochs} of {run.config.get('epochs', DASH)}"),
        Fact("best", f"epoch {best + 1}" if best is not None else None),
        *[
            Fact(meant, f"{row.split}: {words}")
            for row in item.evaluations
            for meant, words in brief_words(row.detail)
        ],
        Fact("took", duration(seconds)),
        Fact("run", run.id),
        Fact("split id", run.split_hash[:12] if run.split_hash else None),
    )  # fmt: skip


def settings(item: RunSummary) -> Content:
    """The settings that a run was started with, one a line."""
    shown = {"preset", "split", "epochs"}
    lines = [Content.styled("\nSettings", "bold $primary")]
    lines += [
        Content.assemble((f"{name.replace('_', ' '):<{_SETTING}} ", "$muted"), first_line(value))
        for name, value in flat_config(item.run.config).items()
        if name not in shown
    ]
    return Content("\n").join(lines)
