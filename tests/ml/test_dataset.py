"""Clips as arrays, the notebook's copies included."""

import numpy as np
import pytest

from ml.config import FeatureConfig, TrainConfig
from ml.dataset import Part, plain_features
from ml.prepare import prepare_data
from store.splits import Sample
from tests.ml.clips import clip

COPIES = ("original", "slow", "fast", "noise")


@pytest.mark.parametrize("kind", ["slots", "notebook"])
def test_copies_have_the_features_of_any_clip(kind):
    config = FeatureConfig(kind=kind, length=20)
    part = Part((clip("wave", 1, 24),) * 4, COPIES, np.zeros(4, np.int64))
    features = plain_features(part, config, seed=3)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    original, *others = features
    for copy in others:
        assert copy.shape == original.shape
        assert not np.array_equal(copy, original)
    again = plain_features(part, config, seed=3)
    assert np.array_equal(features, again), "the same in training and in evaluation"
    assert not np.array_equal(features[3], plain_features(part, config, seed=4)[3])


def test_copies_are_no_further_clips_to_rest_on(shared_library):
    from ml.judge import one_of_each

    rows = prepare_data(shared_library, TrainConfig(glosses=None)).rows[:2]
    samples = [(rows[0], "noise"), (rows[1], "original"), (rows[0], "slow"), (rows[0], "original")]
    assert one_of_each(tuple(Sample(*sample) for sample in samples)).tolist() == [0, 1]
