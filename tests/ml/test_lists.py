"""Thresholds of narrowed models: on lists of any length, what is said is right as often as wanted."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.calibrate import LIST_LENGTHS, Calibration, fit_calibration
from ml.narrow import narrow_scores

GLOSSES = 300


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a model that is right in a third of the clips."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, GLOSSES, n)
    logits = rng.normal(0, 1, (n, GLOSSES))
    logits[np.arange(n), targets] += rng.normal(2.2, 1.2, n)
    scores = np.exp(2 * logits)
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32), targets


@pytest.fixture(scope="module")
def fitted() -> Calibration:
    return fit_calibration(*drawn(1500, 1))


def test_each_length_has_a_threshold_of_its_own(fitted):
    lengths, thresholds = zip(*fitted.lists, strict=True)
    assert lengths == (*(length for length in LIST_LENGTHS if length < GLOSSES), GLOSSES)
    assert thresholds[-1] == fitted.threshold
    assert len(set(thresholds)) == len(thresholds)
    assert min(thresholds[:-1]) >= 0.5, "what lies outside a list must have a chance to be unknown"


@pytest.mark.parametrize("length", [15, 100, 250])
def test_what_is_said_of_other_clips_and_lists_is_right_as_often_as_wanted(fitted, length):
    scores, targets = drawn(20_000, 2)
    kept = np.sort(np.random.default_rng(3).choice(GLOSSES, length, replace=False))
    own = np.isin(targets, kept)
    narrowed = fitted.scores(narrow_scores(scores[own], kept))
    right = narrowed.argmax(axis=1) == np.searchsorted(kept, targets[own])
    said = narrowed.max(axis=1) >= fitted.for_list(length).threshold
    assert 0.84 < right[said].mean() < 0.96
    assert said.mean() > 0.05


@given(st.integers(0, 10**6))
def test_a_threshold_is_between_those_that_were_fitted(glosses):
    some = Calibration(0.9, 0.8, n=50, lists=((10, 0.2), (100, 0.6), (1000, 0.8)))
    found = some.for_list(glosses)
    assert 0.2 <= found.threshold <= 0.8
    assert found.temperature == 0.9
    assert some.for_list(100).threshold == pytest.approx(0.6)
    assert some.for_list(1000).threshold == 0.8
    assert Calibration(threshold=0.3).for_list(glosses).threshold == 0.3, "older bundles have none"


def test_lists_come_back_and_what_is_not_believable_does_not(fitted):
    said = json.loads(json.dumps(fitted.as_json()))
    assert Calibration.from_json(said) == fitted
    bad = ([[10]], [[10, 2.0]], [[100, 0.5], [10, 0.5]], [["x", 0.5]], "no", 7, [[0, 0.5]], None,
           [[10, "nan"]], [[float("inf"), 0.5]])  # fmt: skip
    for lists in bad:
        assert Calibration.from_json({**said, "lists": lists}).lists == ()
