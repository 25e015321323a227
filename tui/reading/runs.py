"""Runs as their table and their pages show them."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from ml.prepare import SPLIT_FILE
from store.evaluations import (
    ConfusedPair,
    GroupResult,
    list_confused_pairs,
    list_gloss_results,
    list_signer_results,
)
from store.library import Library
from store.runs import (
    EpochRow,
    EvaluationRow,
    RunRow,
    get_run,
    list_epochs,
    list_evaluations,
    list_runs,
)
from store.splits import Dropped


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with what its table line shows."""

    run: RunRow
    epochs: int
    evaluations: tuple[EvaluationRow, ...]

    @property
    def leaks(self) -> bool:
        """Its split lets the same clip into training and validation."""
        return self.split == "notebook" or self.run.config.get("duplicates") == "keep"

    @property
    def split(self) -> str | None:
        """The kind of split; before it is made, the one asked for."""
        return self.run.split_kind or self.run.config.get("split")

    @property
    def best(self) -> EvaluationRow | None:
        """The evaluation to show: test before val before what else there is."""
        places = {"test": 0, "val": 1}
        return min(self.evaluations, key=lambda item: places.get(item.split, 2), default=None)

    def evaluation(self, split: str) -> EvaluationRow | None:
        return next((item for item in self.evaluations if item.split == split), None)


@dataclass(frozen=True, slots=True)
class SplitTables:
    """One evaluation in detail."""

    glosses: tuple[GroupResult, ...]
    pairs: tuple[ConfusedPair, ...]
    signers: tuple[GroupResult, ...]


@dataclass(frozen=True, slots=True)
class RunDetail:
    """All that a run's page shows."""

    summary: RunSummary
    epochs: tuple[EpochRow, ...]
    tables: dict[str, SplitTables]
    """By split."""
    train_clips: dict[str, int]
    """By gloss; empty where nobody knows any more."""
    dropped: Dropped | None
    """What became of identical clips; None where nobody knows any more."""

    @property
    def best_epoch(self) -> int | None:
        """The epoch that is kept, 0-based; while training, the best so far."""
        best = self.summary.run.best_epoch
        return best_so_far(self.epochs) if best is None else best


def read_runs(library: Library) -> list[RunSummary]:
    """All runs, the newest first."""
    with library.reading() as session:
        counted = session.execute(text("SELECT run_id, COUNT(*) FROM run_epoch GROUP BY run_id"))
        epochs = {int(run): int(number) for run, number in counted}
    return [
        RunSummary(run, epochs.get(run.id, 0), tuple(list_evaluations(library, run.id)))
        for run in list_runs(library)
    ]


def read_run(library: Library, run_id: int) -> RunDetail:
    """One run in detail. Raises NotInCatalogError."""
    run = get_run(library, run_id)
    epochs = tuple(list_epochs(library, run_id))
    summary = RunSummary(run, len(epochs), tuple(list_evaluations(library, run_id)))
    tables = {item.split: read_tables(library, run_id, item.split) for item in summary.evaluations}
    train, dropped = count_train_clips(library, run_id), read_dropped(library, run_id)
    return RunDetail(summary, epochs, tables, train, dropped)


def read_tables(library: Library, run_id: int, split: str) -> SplitTables:
    """An evaluation per gloss, per signer, and what was confused."""
    return SplitTables(
        tuple(list_gloss_results(library, run_id, split)),
        tuple(list_confused_pairs(library, run_id, split)),
        tuple(list_signer_results(library, run_id, split)),
    )


def count_train_clips(library: Library, run_id: int) -> dict[str, int]:
    """How many clips of each gloss a run was trained on, as the run's own file says."""
    try:
        kept = json.loads((library.run_dir(run_id) / SPLIT_FILE).read_text(encoding="utf-8"))
        trained = {str(video_id) for video_id in kept["train"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    with library.reading() as session:
        named = session.execute(
            text(
                "SELECT c.video_id, g.text FROM instance i "
                "JOIN clip c ON c.id = i.clip_id JOIN gloss g ON g.id = i.gloss_id"
            )
        )
        return dict(Counter(gloss for video_id, gloss in named if video_id in trained))


def read_dropped(library: Library, run_id: int) -> Dropped | None:
    """What became of identical clips, as the run's own file says."""
    try:
        kept = json.loads((library.run_dir(run_id) / SPLIT_FILE).read_text(encoding="utf-8"))
        return Dropped(**{str(name): int(number) for name, number in kept["dropped"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def best_so_far(epochs: tuple[EpochRow, ...] | list[EpochRow]) -> int | None:
    """The epoch with the best val top-1, the lowest val loss among equals."""
    known = [epoch for epoch in epochs if epoch.val_top1 is not None]
    if not known:
        return None
    return max(known, key=lambda epoch: (epoch.val_top1 or 0.0, -(epoch.val_loss or 0.0))).epoch


def flat_config(config: dict[str, Any]) -> dict[str, str]:
    """Settings by their names with dots, as text; the run's name is none."""
    flat: dict[str, str] = {}
    for name, value in config.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": text for inner, text in flat_config(value).items()}
        elif name != "name":
            flat[name] = _words(value)
    return flat


def _words(value: object) -> str:
    if value is None:
        return "all"
    if isinstance(value, list):
        return f"{len(value)} named"
    return f"{value:g}" if isinstance(value, float) else str(value)
