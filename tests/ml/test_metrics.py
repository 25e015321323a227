"""Accuracy with its n and interval."""

import numpy as np
import pytest

from ml.figures import count_glosses, count_instances
from ml.metrics import accuracy, log_loss, true_ranks
from store.intervals import wilson


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


def test_each_clip_counts_once_with_wilsons_interval():
    found = count_instances(np.array([1, 1, 3, 8]))
    assert [found[f"top{top}"]["value"] for top in (1, 5, 10)] == [0.5, 0.75, 1.0]
    assert (found["top1"]["low"], found["top1"]["high"]) == wilson(2, 4)


def test_each_gloss_counts_once_with_an_interval_of_drawn_clips():
    """A gloss with 30 right clips and one with 10, of which one is right."""
    targets = np.array([3] * 30 + [1] * 10)
    ranks = np.array([1] * 30 + [1] + [6] * 9)
    mixed = np.random.default_rng(4).permutation(40)
    found = count_glosses(ranks[mixed], targets[mixed])
    assert found["top1"]["value"] == pytest.approx(0.55)
    assert found["top5"]["value"] == pytest.approx(0.55)
    assert found["top10"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    # The right gloss never changes; of the other one nearly all of 10 clips are drawn.
    half = 0.5 * 1.96 * np.sqrt(0.1 * 0.9 / 10)
    assert found["top1"]["high"] == pytest.approx(0.55 + half, abs=0.04)
    assert found["top1"]["low"] == pytest.approx(0.5, abs=0.01)
    assert found == count_glosses(ranks[mixed], targets[mixed]), "the same digits again"


def test_a_gloss_with_one_clip_is_absent_where_it_is_not_drawn():
    found = count_glosses(np.array([1, 7]), np.array([0, 1]))
    assert found["top1"] == {"value": 0.5, "low": 0.0, "high": 1.0}
