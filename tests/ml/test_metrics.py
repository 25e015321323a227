"""Accuracy with its n and interval."""

import numpy as np
import pytest

from ml.metrics import accuracy, log_loss, true_ranks


def test_no_clips_say_nothing():
    empty = accuracy(np.array([], np.int64), np.array([], np.int64))
    assert (empty.n, empty.low, empty.high) == (0, 0.0, 1.0)


def test_equal_scores_help_nobody():
    scores = np.full((2, 4), 0.25, np.float32)
    assert true_ranks(scores, np.array([0, 3])).tolist() == [1, 4]


def test_glosses_count_once_each_beside_clips():
    found = accuracy(np.array([1, 1, 1, 7]), np.array([0, 0, 0, 1]))
    assert (found.n, found.n_glosses) == (4, 2)
    assert (found.top1, found.top5, found.top10) == (0.75, 0.75, 1.0)
    assert found.top1_per_gloss == 0.5
    assert found.low < 0.75 < found.high


def test_log_loss_is_finite_where_the_model_is_sure_and_wrong():
    assert log_loss(np.array([[0.0, 1.0]], np.float32), np.array([0])) == pytest.approx(16.1, 0.01)
