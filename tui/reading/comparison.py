"""Two to four runs side by side: what differs, and what may be concluded from it."""

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from ml.config import recorded
from store.errors import SigntuiError
from store.evaluations import PairedResult, common_splits, compare_paired
from store.library import Library
from store.runs import EpochRow, list_epochs
from tui.reading.runs import RunSummary, flat_config, read_runs
from tui.wording import DASH, count

FEWEST: Final = 2
MOST: Final = 4
_SURE: Final = 0.001


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that is not the same in all runs."""

    name: str
    values: tuple[str, ...]
    """One for each run."""


@dataclass(frozen=True, slots=True)
class Comparison:
    runs: tuple[RunSummary, ...]
    settings: tuple[Setting, ...]
    split: str | None
    """The split of the paired results; None where those measured have none in common."""
    paired: tuple[PairedResult, ...]
    """Every other run against the first one, of those that were measured."""
    notes: tuple[str, ...]
    """Why numbers may not be ranked, if they may not."""
    epochs: tuple[tuple[EpochRow, ...], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": [
                {
                    "run": item.run.id, "name": item.run.name, "leaks": item.leaks,
                    "split_kind": item.split, "split_hash": item.run.split_hash,
                    "evaluations": [asdict(row) for row in item.evaluations],
                }
                for item in self.runs
            ],
            "settings": [asdict(setting) for setting in self.settings],
            "split": self.split,
            "paired": [result.as_json() for result in self.paired],
            "notes": list(self.notes),
        }  # fmt: skip


def compare_runs(library: Library, run_ids: list[int], split: str | None = None) -> Comparison:
    """Hold runs against the first of them.

    Args:
        library: where they lie.
        run_ids: two to four different ones.
        split: what to compare them on; by default test where all were measured on it, else val.

    Raises:
        SigntuiError: too few or too many runs.
    """
    if not FEWEST <= len(set(run_ids)) == len(run_ids) <= MOST:
        raise SigntuiError(
            f"{FEWEST} to {MOST} different runs can be compared, not {len(set(run_ids))}.",
            hint="List them: signtui runs",
        )
    known = {item.run.id: item for item in read_runs(library)}
    runs = tuple(known[run_id] for run_id in run_ids)
    # A run without an evaluation must not keep the others from being compared.
    measured = [item.run.id for item in runs if item.evaluations]
    splits = common_splits(library, measured) if len(measured) >= FEWEST else []
    split = next(iter(splits), None) if split is None or split not in splits else split
    first, *others = measured or run_ids
    paired = tuple(compare_paired(library, first, other, split) for other in others if split)
    return Comparison(
        runs=runs,
        settings=_settings(runs),
        split=split,
        paired=paired,
        notes=tuple(_notes(runs, paired)),
        epochs=tuple(tuple(list_epochs(library, run_id)) for run_id in run_ids),
    )


def _settings(runs: tuple[RunSummary, ...]) -> tuple[Setting, ...]:
    flat = [_facts(item) for item in runs]
    names = dict.fromkeys(itertools.chain.from_iterable(flat))
    rows = (Setting(name, tuple(one.get(name, DASH) for one in flat)) for name in names)
    return tuple(row for row in rows if len(set(row.values)) > 1)


def _facts(item: RunSummary) -> dict[str, str]:
    run = item.run
    return {
        **flat_config(recorded(run.config)),
        "split": str(item.split),
        "landmarks": f"extractor {run.extractor_id}",
        "known glosses": count(run.n_glosses),
        "train clips": count(run.n_train),
        "val clips": count(run.n_val),
        "parameters": count(run.parameters),
        "epochs done": count(item.epochs),
        "best epoch": count(None if run.best_epoch is None else run.best_epoch + 1),
    }


def _notes(runs: tuple[RunSummary, ...], paired: tuple[PairedResult, ...]) -> list[str]:
    names = {item.run.id: item.run.name for item in runs}
    notes = []
    if leaky := [item.run.name for item in runs if item.leaks]:
        notes.append(
            f"{' and '.join(leaky)} leak{'s' if len(leaky) == 1 else ''}: copies of the same clips "
            "are in train and val; that says nothing about new clips."
        )
    kinds = dict.fromkeys(str(item.split) for item in runs)
    if len(kinds) > 1:
        notes.append(
            f"They learnt from different splits ({', '.join(kinds)}): "
            "only their common clips can be compared."
        )
    elif len({item.run.split_hash for item in runs}) > 1:
        notes.append("They learnt from different clips or copies of clips of the same split.")
    if len({item.run.n_glosses for item in runs}) > 1:
        notes.append("They know different numbers of glosses: more are harder to tell apart.")
    missing = [item.run.name for item in runs if not item.evaluations]
    if missing:
        notes.append(f"Not measured yet: {', '.join(missing)}.")
    if not paired:
        notes.append("There is no split that two of them were measured on: evaluate them first.")
    for result in paired:
        notes += _common(result, names)
    return notes


def _common(result: PairedResult, names: dict[int, str]) -> Iterator[str]:
    common, one, other = result.counts.n, names[result.run_a], names[result.run_b]
    if not common:
        yield f"{one} and {other} were measured on no common clip: they cannot be compared."
    elif common < max(result.n_a, result.n_b):
        yield (
            f"{one} and {other} were measured on {result.n_a:,} and {result.n_b:,} clips, "
            f"of which {common:,} are the same: only these are paired."
        )


def verdict(result: PairedResult, runs: tuple[RunSummary, ...]) -> str:
    """What a paired difference of two of these runs says, in a sentence."""
    counts = result.counts
    one, other = (_named(runs, run_id) for run_id in (result.run_a, result.run_b))
    if not counts.n:
        return f"{other.run.name} and {one.run.name}: no clip in common."
    low, high = counts.interval
    leaky = [item.run.name for item in (one, other) if item.leaks]
    if leaky:
        said = f"{other.run.name} cannot be ranked against {one.run.name}, as {leaky[0]} leaks"
    elif low > 0 or high < 0:
        word = "better" if counts.difference > 0 else "worse"
        said = f"{other.run.name} is {word} than {one.run.name}"
    else:
        said = f"{other.run.name} and {one.run.name} do not differ for certain"
    p = counts.p_value
    chance = f"p < {_SURE:g}" if p < _SURE else f"p = {p:.3f}"
    return (
        f"{said}: {100 * counts.difference:+.1f} points "
        f"[{100 * low:+.1f} to {100 * high:+.1f}], {chance}, n={counts.n:,}"
    )


def _named(runs: tuple[RunSummary, ...], run_id: int) -> RunSummary:
    return next(item for item in runs if item.run.id == run_id)
