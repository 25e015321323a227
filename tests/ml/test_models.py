"""The models: right sizes, masks that hold, weights that survive saving, and a batch learned."""

import numpy as np
import pytest

from ml.config import PRESETS
from ml.features import channels
from tests.ml.conftest import tiny, tiny_notebook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    from ml.backend import make_repeatable
    from ml.models import build_model

    make_repeatable(1)
    return build_model(tiny(), 5)


def batch(config, n: int = 6) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (n, config.features.length, channels(config.features))
    features = rng.normal(0, 1, shape).astype(np.float32)
    features[..., -2:] = 1
    return features


@pytest.mark.parametrize("preset", ["default", "notebook"])
def test_sizes(preset):
    from ml.models import build_model

    built = build_model(PRESETS[preset], 100)
    wanted = {"default": 1_119_426, "notebook": 828_758}
    assert built.count_params() == wanted[preset] < 2_000_000


def test_the_notebooks_model_has_the_notebooks_layers():
    from ml.models import build_model

    built = build_model(tiny_notebook(), 120)
    names = [layer.__class__.__name__ for layer in built.layers]
    assert names.count("Conv1D") == 3
    assert names.count("BatchNormalization") == 8
    assert [tuple(shape) for shape in built.output_shape] == [(None, 50), (None, 120)]
    assert built.output_names == ["super_output", "fine_output"]


def test_super_classes_are_the_notebooks():
    """Against a transcription of `create_hierarchical_labels`."""
    from ml.fitting import super_targets

    for n_fine in (50, 99, 100, 2000):
        each = n_fine // 50
        wanted = [min(fine // each, 49) for fine in range(n_fine)]
        assert super_targets(np.arange(n_fine), 50, n_fine).tolist() == wanted


def test_frames_without_hands_change_nothing_by_attention_or_pooling():
    from ml.backend import keras
    from ml.layers import MaskedAttention, MaskedPool

    rng = np.random.default_rng(0)
    x, mask = rng.normal(0, 1, (2, 8, 16)).astype(np.float32), np.ones((2, 8, 1), np.float32)
    mask[:, 5:] = 0
    other = x.copy()
    other[:, 5:] = 99
    attention = MaskedAttention(2)
    first, second = (keras.ops.convert_to_numpy(attention([v, mask])) for v in (x, other))
    np.testing.assert_allclose(first[:, :5], second[:, :5], atol=1e-5)
    pool = MaskedPool()
    first, second = (keras.ops.convert_to_numpy(pool([v, mask])) for v in (x, other))
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_a_clip_without_hands_is_no_danger(model):
    config = tiny()
    from ml.fitting import predict

    scores = predict(model, np.zeros_like(batch(config)))
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)


def test_a_saved_model_says_the_same(model, tmp_path):
    from ml.backend import keras
    from ml.fitting import predict

    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True, compile=False)
    features = batch(tiny())
    np.testing.assert_array_equal(predict(loaded, features), predict(model, features))


def test_layers_come_back_from_their_config():
    from ml.layers import ChannelAttention, MaskedAttention

    for layer in (ChannelAttention(7), MaskedAttention(3, 0.25)):
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config


@pytest.mark.parametrize("config", [tiny(), tiny_notebook()], ids=lambda c: c.preset)
def test_one_batch_is_learned_by_heart(config):
    from dataclasses import replace

    from ml.backend import keras, make_repeatable
    from ml.fitting import compile_model, predict, super_targets
    from ml.models import build_model

    make_repeatable(2)
    config = replace(config, label_smoothing=0.0, learning_rate=3e-3, weight_decay=0.0)
    built = build_model(config, 6)
    compile_model(built, config)
    features, targets = batch(config), np.arange(6)
    wanted = keras.utils.to_categorical(targets, 6)
    if config.preset == "notebook":
        wanted = [super_targets(targets, 6, 6), targets]
    losses = [
        float(built.train_on_batch(features, wanted, return_dict=True)["loss"]) for _ in range(80)
    ]
    assert losses[-1] < 0.35 * losses[0]
    assert (predict(built, features).argmax(axis=1) == targets).all()
