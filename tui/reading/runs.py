"""Runs as their table shows them."""

from dataclasses import dataclass

from sqlalchemy import text

from store.library import Library
from store.runs import EvaluationRow, RunRow, list_evaluations, list_runs


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with what its table line shows."""

    run: RunRow
    epochs: int
    evaluations: tuple[EvaluationRow, ...]

    @property
    def leaks(self) -> bool:
        """Its split lets the same clip into training and validation."""
        return (self.run.split_kind or self.run.config.get("split")) == "notebook"

    @property
    def best(self) -> EvaluationRow | None:
        """The evaluation to show: test before val before what else there is."""
        places = {"test": 0, "val": 1}
        return min(self.evaluations, key=lambda item: places.get(item.split, 2), default=None)


def read_runs(library: Library) -> list[RunSummary]:
    """All runs, the newest first."""
    with library.reading() as session:
        counted = session.execute(text("SELECT run_id, COUNT(*) FROM run_epoch GROUP BY run_id"))
        epochs = {int(run): int(number) for run, number in counted}
    return [
        RunSummary(run, epochs.get(run.id, 0), tuple(list_evaluations(library, run.id)))
        for run in list_runs(library)
    ]
