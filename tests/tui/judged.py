"""Runs with predictions whose every figure is known."""

from sqlalchemy import select, update

from store.library import Library
from store.runs import EvaluationRow, PredictionRow, record_evaluation
from store.schema import Instance, Run
from tests.tui.conftest import GLOSSES, add_run


def add_judged(
    library: Library, name: str, *, wrong_every: int = 3, split: str = "official",
    on: str = "val", instances: int = 60, split_hash: str = "abc", **config: object,
) -> int:  # fmt: skip
    """A finished run that took every so many-th clip for the gloss that follows."""
    run_id = add_run(library, name, split=split)
    with library.session() as session:
        run = session.get(Run, run_id)
        session.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(split_hash=split_hash, config={**run.config, **config})
        )
    judge(library, run_id, on, wrong_every=wrong_every, instances=instances)
    return run_id


def judge(
    library: Library, run_id: int, on: str, *, wrong_every: int = 3, instances: int = 60
) -> None:
    """Measure a run on clips of a split, as `add_judged` says."""
    with library.reading() as session:
        rows = session.execute(
            select(Instance.id, Instance.gloss_id)
            .where(Instance.split == on)
            .order_by(Instance.id)
            .limit(instances)
        ).all()
    said = []
    for place, (instance_id, gloss_id) in enumerate(rows):
        wrong = place % wrong_every == 0
        gloss = GLOSSES[gloss_id % len(GLOSSES) if wrong else gloss_id - 1]
        rank = (7 if place % 2 else 2) if wrong else 1
        said.append(PredictionRow(instance_id, rank, gloss, 0.5, []))
    hits = sum(row.rank == 1 for row in said)
    top5 = sum(row.rank <= 5 for row in said)
    n = len(said)
    from store.intervals import wilson

    row = EvaluationRow(run_id, on, n, 5, hits / n, top5 / n, 1.0, *wilson(hits, n), {})
    record_evaluation(library, row, said)
