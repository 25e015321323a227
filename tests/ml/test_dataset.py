"""Clips as arrays, the notebook's copies included."""

import numpy as np
import pytest

from ml.config import FeatureConfig
from ml.dataset import Part, plain_features
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
