"""What scores are worth: right as often as they say, and silent below the threshold."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.calibrate import Calibration, calibrated, calibration_error, fit_calibration

GLOSSES = 20


def drawn_scores(n: int, heat: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose true temperature is known: targets are drawn from them before they are heated."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 4.0, (n, GLOSSES))
    honest = np.exp(logits - logits.max(axis=1, keepdims=True))
    honest /= honest.sum(axis=1, keepdims=True)
    targets = np.array([random.choice(GLOSSES, p=row) for row in honest])
    return calibrated(honest.astype(np.float32), 1 / heat), targets.astype(np.int64)


@pytest.mark.parametrize("heat", [0.5, 1.0, 2.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(heat):
    scores, targets = drawn_scores(4000, heat)
    found = fit_calibration(scores, targets)
    assert found.temperature == pytest.approx(heat, rel=0.08)
    assert found.error is not None
    assert found.error < 0.03
    if heat != 1.0:
        assert found.error < (found.error_before or 0) / 2


def test_what_lies_above_the_threshold_is_right_as_often_as_wanted():
    scores, targets = drawn_scores(4000, 2.0)
    fitted = fit_calibration(scores, targets, wanted=0.9)
    fresh, truth = drawn_scores(4000, 2.0, seed=1)
    worth = fitted.scores(fresh)
    said = worth.max(axis=1) >= fitted.threshold
    assert (worth.argmax(axis=1) == truth)[said].mean() == pytest.approx(0.9, abs=0.03)
    assert fitted.precision == pytest.approx(0.9, abs=0.03)
    assert fitted.coverage == pytest.approx(said.mean(), abs=0.03)


def test_clips_that_are_all_right_do_not_freeze_the_scores():
    scores = np.full((24, 4), 0.1, np.float32)
    targets = np.arange(24) % 4
    scores[np.arange(24), targets] = 0.7
    fitted = fit_calibration(scores, targets)
    assert 0.3 < fitted.temperature < 1.0
    assert fitted.threshold <= 0.5
    assert fitted.coverage == 1.0


def test_a_model_that_is_never_right_says_nothing_it_need_not():
    scores, targets = drawn_scores(400, 1.0)
    wrong = (scores.argmax(axis=1) + 1) % GLOSSES
    fitted = fit_calibration(scores, wrong)
    said = fitted.scores(scores).max(axis=1) >= fitted.threshold
    assert said.sum() <= 1
    assert targets.shape == wrong.shape


def test_too_few_clips_fit_nothing():
    scores, targets = drawn_scores(9, 2.0)
    assert fit_calibration(scores, targets) == Calibration()


@given(
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=30).filter(lambda row: sum(row) > 0.01),
    st.floats(0.1, 10.0),
)
@settings(max_examples=200, deadline=None)
def test_the_order_stays_and_the_sum_is_one(row, temperature):
    plain = np.array([row], np.float32) / np.float32(sum(row))
    worth = calibrated(plain, temperature)
    assert worth.sum() == pytest.approx(1.0, abs=1e-4)
    best = worth[0].argmax()
    assert plain[0][best] == pytest.approx(plain[0].max(), rel=1e-3, abs=1e-6)


def test_the_error_of_a_known_case():
    score = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 9 + [False] + [True] * 3 + [False] * 7)
    assert calibration_error(score, right) == pytest.approx((0.05 + 0.25) / 2)


def test_it_is_the_same_after_json():
    fitted = fit_calibration(*drawn_scores(100, 2.0))
    assert Calibration.from_json(json.loads(json.dumps(fitted.as_json()))) == fitted


@pytest.mark.parametrize(
    "said",
    [None, [], "x", {}, {"temperature": 0, "threshold": 0.5, "n": 3}, {"temperature": "hot"},
     {"temperature": math.nan, "threshold": 0.5, "n": 3},
     {"temperature": 1.5, "threshold": 7, "n": 3}, {"temperature": 1.5, "threshold": 0.5}],
)  # fmt: skip
def test_what_is_not_believable_counts_as_not_fitted(said):
    assert Calibration.from_json(said) == Calibration()
