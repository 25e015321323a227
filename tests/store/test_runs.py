"""Runs, epochs and evaluations."""

import pytest
from sqlalchemy import text

from store.catalog import get_or_add_extractor
from store.errors import NotInCatalogError
from store.query import run_query
from store.runs import (
    EvaluationRow,
    PredictionRow,
    create_run,
    finish_run,
    forget_epochs,
    get_run,
    list_epochs,
    list_evaluations,
    record_epoch,
    record_evaluation,
    start_run,
)
from store.words import Status


@pytest.fixture
def run_id(filled) -> int:
    return new_run(filled, "first")


def new_run(library, name: str | None) -> int:
    with library.session() as session:
        extractor_id = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
    return create_run(library, name=name, preset="default", config={}, extractor_id=extractor_id)


def evaluation(run_id: int, top1: float = 0.5) -> EvaluationRow:
    return EvaluationRow(run_id, "val", 2, 1, top1, 1.0, 1.0, 0.1, 0.9, {"per_class": 0.5})


def test_a_run_is_found_by_number_name_and_as_the_latest(filled, run_id):
    second = new_run(filled, "second")
    finish_run(filled, run_id, status=Status.FINISHED, bundle="bundle", best_epoch=3)
    assert get_run(filled, run_id).name == "first"
    assert get_run(filled, str(second)).id == second
    assert get_run(filled, "second").id == second
    assert get_run(filled, "latest").id == run_id


def test_an_unknown_run_names_the_nearest(filled, run_id):
    with pytest.raises(NotInCatalogError, match="no run frist") as caught:
        get_run(filled, "frist")
    assert "first" in caught.value.hint


def test_names_that_are_taken_get_numbers(filled, run_id):
    names = [get_run(filled, new_run(filled, name)).name for name in ("first", "first", None, None)]
    assert names == ["first-2", "first-3", "default", "default-2"]


def test_epochs_are_replaced_and_forgotten(filled, run_id):
    for epoch in range(4):
        record_epoch(filled, run_id, epoch, {"loss": float(epoch), "val_top1": 0.1})
    record_epoch(filled, run_id, 1, {"loss": 9.0})
    forget_epochs(filled, run_id, after=2)
    assert [(row.epoch, row.loss) for row in list_epochs(filled, run_id)] == [
        (0, 0.0), (1, 9.0), (2, 2.0),
    ]  # fmt: skip


def test_an_evaluation_replaces_the_earlier_one_with_its_predictions(filled, run_id):
    prediction = PredictionRow(1, 1, "book", 0.9, [["book", 0.9], ["drink", 0.1]])
    record_evaluation(filled, evaluation(run_id), [prediction])
    record_evaluation(filled, evaluation(run_id, 0.75), [prediction])
    assert [row.top1 for row in list_evaluations(filled, run_id)] == [0.75]
    with filled.reading() as session:
        assert session.execute(text("SELECT COUNT(*) FROM prediction")).scalar() == 1


def test_the_leaking_split_is_labelled_in_the_view(filled, run_id):
    start_run(filled, run_id, split_kind="notebook", n_glosses=2)
    record_evaluation(filled, evaluation(run_id), [])
    found = run_query(filled, "SELECT leaks, n, top1, low, high FROM run_stats")
    assert found.rows == [(1, 2, 50.0, 10.0, 90.0)]
