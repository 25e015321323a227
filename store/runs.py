"""Runs: trainings with a frozen config, their metrics per epoch and their evaluations."""

import difflib
import time
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.database import as_dict
from store.errors import NotInCatalogError
from store.library import Library
from store.schema import Evaluation, Prediction, Run, RunEpoch
from store.words import ENDED, Status


@dataclass(frozen=True, slots=True)
class RunRow:
    id: int
    name: str
    preset: str
    status: str
    config: dict[str, Any]
    extractor_id: int
    job_id: int | None
    split_kind: str | None
    split_hash: str | None
    n_train: int | None
    n_val: int | None
    n_test: int | None
    n_glosses: int | None
    parameters: int | None
    best_epoch: int | None
    bundle: str | None
    error: str | None
    created_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class EpochRow:
    epoch: int
    loss: float | None
    top1: float | None
    top5: float | None
    val_loss: float | None
    val_top1: float | None
    val_top5: float | None
    learning_rate: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    run_id: int
    split: str
    n: int
    n_glosses: int
    top1: float
    top5: float
    top10: float
    low: float
    high: float
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PredictionRow:
    instance_id: int
    rank: int
    predicted: str
    score: float
    top: list[list[Any]]
    """Pairs of gloss and score, best first."""


def create_run(
    library: Library,
    *,
    name: str | None,
    preset: str,
    config: dict[str, Any],
    extractor_id: int,
    job_id: int | None = None,
) -> int:
    """Add a queued run. A name that is taken gets a number; none gets the preset's name."""
    with library.session() as session:
        run = Run(
            name=_free_name(session, name or preset),
            preset=preset,
            config=config,
            extractor_id=extractor_id,
            job_id=job_id,
            created_at=time.time(),
        )
        session.add(run)
        session.flush()
        run_id = run.id
    library.run_dir(run_id).mkdir(parents=True, exist_ok=True)
    return run_id


def _free_name(session: Session, wanted: str) -> str:
    taken = set(session.scalars(select(Run.name)))
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def start_run(library: Library, run_id: int, **facts: Any) -> None:
    """Mark a run as running and keep what is known of it now.

    Args:
        library: where the run lies.
        run_id: which run.
        facts: columns of `Run`: job_id, split_kind, split_hash, n_train, n_val, n_test,
            n_glosses, parameters, config.
    """
    _change(library, run_id, status=Status.RUNNING, error=None, ended_at=None, **facts)


def finish_run(library: Library, run_id: int, *, status: Status, **facts: Any) -> None:
    """Mark a run as ended; `facts` are columns such as best_epoch, bundle and error."""
    ended_at = time.time() if status in ENDED else None
    _change(library, run_id, status=status, ended_at=ended_at, **facts)


def _change(library: Library, run_id: int, **values: Any) -> None:
    with library.session() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotInCatalogError(f"There is no run {run_id}.")
        for column, value in values.items():
            setattr(run, column, value)


def record_epoch(library: Library, run_id: int, epoch: int, metrics: dict[str, float]) -> None:
    """Keep the metrics of an epoch (0-based); the same epoch again replaces them."""
    with library.session() as session:
        session.merge(RunEpoch(run_id=run_id, epoch=epoch, **metrics))


def forget_epochs(library: Library, run_id: int, *, after: int) -> None:
    """Drop epochs that a checkpoint does not cover, before a run goes on from it."""
    with library.session() as session:
        session.execute(delete(RunEpoch).where(RunEpoch.run_id == run_id, RunEpoch.epoch > after))


def record_evaluation(
    library: Library,
    evaluation: EvaluationRow,
    predictions: Listing[PredictionRow],
) -> None:
    """Keep an evaluation and its predictions in place of an earlier one of the same split."""
    with library.session() as session:
        session.execute(
            delete(Evaluation).where(
                Evaluation.run_id == evaluation.run_id, Evaluation.split == evaluation.split
            )
        )
        values = {name: getattr(evaluation, name) for name in EvaluationRow.__slots__}
        row = Evaluation(**values, created_at=time.time())
        session.add(row)
        session.flush()
        session.add_all(
            Prediction(
                evaluation_id=row.id,
                instance_id=prediction.instance_id,
                rank=prediction.rank,
                predicted=prediction.predicted,
                score=prediction.score,
                top=prediction.top,
            )
            for prediction in predictions
        )


def list_runs(library: Library) -> list[RunRow]:
    """All runs, the newest first."""
    with library.reading() as session:
        return [
            RunRow(**as_dict(run)) for run in session.scalars(select(Run).order_by(Run.id.desc()))
        ]


def get_run(library: Library, reference: str | int) -> RunRow:
    """A run by its id, its name, or `latest` for the newest with a bundle.

    Raises:
        NotInCatalogError: with the nearest names.
    """
    runs = list_runs(library)
    for run in runs:
        if reference in (run.id, str(run.id), run.name):
            return run
        if reference == "latest" and run.bundle:
            return run
    near = difflib.get_close_matches(str(reference), [run.name for run in runs], n=3)
    known = ", ".join(near or [run.name for run in runs[:5]]) or "none yet"
    raise NotInCatalogError(
        f"There is no run {reference}.", hint=f"Known runs: {known}. See them all: signtui runs"
    )


def list_epochs(library: Library, run_id: int) -> list[EpochRow]:
    """Metrics of a run, epoch by epoch."""
    with library.reading() as session:
        rows = session.scalars(
            select(RunEpoch).where(RunEpoch.run_id == run_id).order_by(RunEpoch.epoch)
        )
        return [
            EpochRow(**{name: getattr(row, name) for name in EpochRow.__slots__}) for row in rows
        ]


def list_evaluations(library: Library, run_id: int) -> list[EvaluationRow]:
    """Evaluations of a run by split."""
    with library.reading() as session:
        rows = session.scalars(
            select(Evaluation).where(Evaluation.run_id == run_id).order_by(Evaluation.split)
        )
        return [
            EvaluationRow(**{name: getattr(row, name) for name in EvaluationRow.__slots__})
            for row in rows
        ]
