"""Evaluations in detail: groups add up, pairs both ways, two runs on their common clips."""

import pytest
from sqlalchemy import select, update

from store.catalog import get_or_add_extractor
from store.evaluations import (
    clips_of,
    clips_of_pair,
    common_splits,
    compare_paired,
    list_confused_pairs,
    list_gloss_results,
    list_signer_results,
)
from store.query import run_query
from store.runs import EvaluationRow, PredictionRow, create_run, record_evaluation
from store.schema import Gloss, Instance


@pytest.fixture
def hostile(filled):
    """Instances 1 and 2 sign "it's", 3 and 4 "drink"; nobody knows who signs the last."""
    with filled.session() as session:
        session.execute(update(Gloss).where(Gloss.text == "book").values(text="it's"))
        last = session.scalars(select(Instance).order_by(Instance.id.desc())).first()
        last.signer_id = None
    return filled


def judged(library, name, answers, split="val"):
    """A run that said `answers`: instance to (predicted, rank)."""
    with library.session() as session:
        extractor = get_or_add_extractor(
            session, key="k", landmark_set="hands", origin="test", settings={}
        )
    run = create_run(library, name=name, preset="default", config={}, extractor_id=extractor)
    record(library, run, answers, split)
    return run


def record(library, run, answers, split):
    hits = sum(rank == 1 for _, rank in answers.values())
    rows = [PredictionRow(i, rank, said, 0.5, []) for i, (said, rank) in answers.items()]
    n = len(answers)
    row = EvaluationRow(run, split, n, 2, hits / n, 1.0, 1.0, 0.0, 1.0, {})
    record_evaluation(library, row, rows)


ANSWERS = {1: ("it's", 1), 2: ("drink", 2), 3: ("it's", 7), 4: ("it's", 2)}


def test_groups_add_up_to_the_evaluation(hostile):
    run = judged(hostile, "a", ANSWERS)
    drink, its = list_gloss_results(hostile, run, "val")
    assert (drink.name, drink.n, drink.top1_hits, drink.top5_hits) == ("drink", 2, 0, 1)
    assert (its.name, its.n, its.top1_hits, its.top5_hits) == ("it's", 2, 1, 2)
    assert its.as_json()["top1"] == 0.5
    assert its.interval[0] < 0.5 < its.interval[1]
    signers = list_signer_results(hostile, run, "val")
    assert {(group.name, group.n) for group in signers} == {("3", 2), ("4", 1), (None, 1)}
    assert list_gloss_results(hostile, run, "test") == []


def test_a_pair_counts_both_directions(hostile):
    run = judged(hostile, "a", ANSWERS)
    (pair,) = list_confused_pairs(hostile, run, "val")
    assert (pair.gloss, pair.other, pair.clips, pair.there, pair.back) == ("drink", "it's", 3, 2, 1)
    found = run_query(hostile, "SELECT gloss, predicted, clips FROM confusions").rows
    assert found == [("drink", "it's", 2), ("it's", "drink", 1)]


def test_conditions_find_the_clips_on_the_documented_views(hostile):
    run = judged(hostile, "a", ANSWERS)
    judged(hostile, "b", {1: ("drink", 2)})

    def clips(condition):
        sql = f"SELECT instance_id FROM instances WHERE {condition} ORDER BY instance_id"
        return [row[0] for row in run_query(hostile, sql).rows]

    (pair,) = list_confused_pairs(hostile, run, "val")
    assert clips(clips_of_pair(run, "val", pair)) == [2, 3, 4]
    assert clips(clips_of(run, "val", gloss="it's")) == [1, 2]
    assert clips(clips_of(run, "val", signer=None)) == [4]
    assert clips(clips_of(run, "test", gloss="it's")) == []


def test_two_runs_are_held_together_by_their_common_clips_alone(hostile):
    a = judged(hostile, "a", ANSWERS)
    b = judged(hostile, "b", {2: ("it's", 1), 3: ("drink", 1), 1: ("it's", 1)})
    found = compare_paired(hostile, a, b, "val")
    counts = found.counts
    assert (counts.both, counts.only_a, counts.only_b, counts.neither) == (1, 0, 2, 0)
    assert (found.n_a, found.n_b, counts.n) == (4, 3, 3)
    turned = compare_paired(hostile, b, a, "val")
    assert turned.counts.difference == -counts.difference
    said = found.as_json()
    assert said["common"] == 3
    assert said["low"] < said["difference"] < said["high"]


def test_runs_without_a_common_clip_are_not_compared(hostile):
    a = judged(hostile, "a", {1: ("it's", 1)})
    b = judged(hostile, "b", {2: ("it's", 1)})
    assert compare_paired(hostile, a, b, "val").counts.n == 0
    assert compare_paired(hostile, a, b, "test").n_a == 0


def test_common_splits_put_test_first(hostile):
    a, b = judged(hostile, "a", ANSWERS), judged(hostile, "b", ANSWERS)
    assert common_splits(hostile, [a, b]) == ["val"]
    record(hostile, a, {1: ("it's", 1)}, "test")
    assert common_splits(hostile, [a, b]) == ["val"]
    record(hostile, b, {1: ("it's", 1)}, "test")
    assert common_splits(hostile, [a, b]) == ["test", "val"]
