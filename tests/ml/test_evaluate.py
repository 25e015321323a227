"""Evaluation: the same digits each time, and never on what was trained on."""

import json

import pytest
from sqlalchemy import select, update

from ml.errors import CheckpointError, ConfigError
from store.errors import NotInCatalogError, SigntuiError
from store.jobs import create_job, get_job, run_job
from store.library import Library
from store.runs import list_evaluations
from store.schema import Clip, Evaluation, Instance, Prediction, Run
from store.words import JobKind

pytestmark = pytest.mark.slow


def evaluate_here(library: Library, **config) -> dict:
    from ml.evaluate import evaluate

    job_id = create_job(library, JobKind.EVALUATE, config)
    with run_job(library, job_id) as job:
        evaluate(job)
    return get_job(library, job_id).result or {}


def kept(library: Library, split: str) -> list[tuple]:
    with library.reading() as session:
        rows = session.execute(
            select(Prediction.instance_id, Prediction.rank, Prediction.predicted, Prediction.score)
            .join(Evaluation)
            .where(Evaluation.split == split)
            .order_by(Prediction.instance_id)
        )
        return [tuple(row) for row in rows]


def test_the_same_digits_each_time(trained):
    library, run_id = trained
    first = evaluate_here(library, run=run_id, split="test")
    predictions = kept(library, "test")
    second = evaluate_here(library, run="shared", split="test")
    assert first == second
    assert kept(library, "test") == predictions
    assert len(predictions) == first["n"] == 8
    assert first["n_glosses"] == 4
    ranks = [rank for _, rank, _, _ in predictions]
    assert sum(rank == 1 for rank in ranks) / 8 == first["top1"]


def test_evaluating_val_gives_what_training_kept(trained):
    library, run_id = trained
    before = next(row for row in list_evaluations(library, run_id) if row.split == "val")
    predictions = kept(library, "val")
    again = evaluate_here(library, run=run_id, split="val")
    assert kept(library, "val") == predictions
    assert {key: again[key] for key in before.detail} == before.detail
    assert 0 <= before.detail["threshold"] <= 1
    assert (again["n"], again["top1"], again["top5"]) == (before.n, before.top1, before.top5)


def test_clips_that_were_trained_on_never_count(own_trained):
    """The library changes after training: a train clip becomes a test clip."""
    library, run_id = own_trained
    with library.session() as session:
        clip_id = session.scalar(select(Clip.id).where(Clip.video_id == "00000"))
        session.execute(update(Instance).where(Instance.clip_id == clip_id).values(split="test"))
    result = evaluate_here(library, run=run_id, split="test")
    assert (result["n"], result["left_out_as_trained"]) == (8, 1)


def test_what_cannot_be_evaluated_is_refused(own_trained):
    library, run_id = own_trained
    with pytest.raises(ConfigError):
        evaluate_here(library, run=run_id, split="all")
    with pytest.raises(NotInCatalogError):
        evaluate_here(library, run="no such run", split="val")
    with library.session() as session:
        run = session.get(Run, run_id)
        assert run is not None
        copy = Run(
            name="without bundle", preset=run.preset, status="failed", config=run.config,
            extractor_id=run.extractor_id, created_at=0.0,
        )  # fmt: skip
        session.add(copy)
    with pytest.raises(CheckpointError, match="no bundle"):
        evaluate_here(library, run="without bundle", split="val")
    assert issubclass(CheckpointError, SigntuiError)


def test_what_became_of_identical_clips_is_kept_with_the_run(trained):
    from ml.bundle import read_bundle
    from ml.config import TrainConfig
    from ml.prepare import SPLIT_FILE, prepare_data

    library, run_id = trained
    split = prepare_data(library, TrainConfig(glosses=None)).split
    about = read_bundle(library.run_dir(run_id) / "bundle").about
    kept_file = json.loads((library.run_dir(run_id) / SPLIT_FILE).read_text(encoding="utf-8"))
    assert about["split"] == split.identity
    assert about["split"]["duplicates"] == "drop"
    assert split.identity.items() <= kept_file.items()
    (val,) = (row for row in list_evaluations(library, run_id) if row.split == "val")
    assert val.detail["dropped"] == split.identity["dropped"]
