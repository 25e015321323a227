"""Steps are Keras' own, without what it does between two of them; what an epoch was is told at its end."""

import numpy as np
import pytest

from ml.config import PRESETS
from ml.steps import Batch, SharedSteps


def batches_of(glosses, clips=23, length=12, channels=5, size=8):
    """The last batch is smaller than the others."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(clips, length, channels)).astype(np.float32)
    targets = rng.integers(0, glosses, clips)
    for start in range(0, clips, size):
        rows = slice(start, start + size)
        yield features[rows], targets[rows]


def models(preset):
    """Two compiled models with the same weights, and what each wants of targets."""
    from ml.backend import keras, make_repeatable
    from ml.fitting import compile_model

    def made():
        make_repeatable(5)
        entry = keras.Input((12, 5))
        flat = keras.layers.Dropout(0.3)(keras.layers.Flatten()(entry))
        if preset == "notebook":
            outputs = [
                keras.layers.Dense(2, "softmax", name="super_output")(flat),
                keras.layers.Dense(4, "softmax", name="fine_output")(flat),
            ]
        else:
            outputs = keras.layers.Dense(4, "softmax", name="gloss_output")(flat)
        model = keras.Model(entry, outputs)
        compile_model(model, PRESETS[preset])
        return model

    def wanted(targets):
        if preset == "notebook":
            return [targets // 2, targets]
        return [np.eye(4, dtype=np.float32)[targets]]

    return made(), made(), wanted


@pytest.mark.parametrize("preset", ["default", "notebook"])
def test_an_epoch_is_that_of_keras_step_by_step(preset):
    from ml.backend import seed_epoch, values
    from ml.steps import PlainSteps

    ours, theirs, wanted = models(preset)
    head = "fine_output" if preset == "notebook" else "gloss_output"
    for epoch in range(3):
        told = []
        seed_epoch(ours, 1, epoch)
        seed_epoch(theirs, 1, epoch)
        steps = PlainSteps(ours, head)
        for features, targets in batches_of(4):
            outputs = wanted(targets)
            assert steps.step(Batch(features, outputs, len(targets), 0.01))
            theirs.optimizer.learning_rate.assign(0.01)
            logs = theirs.train_on_batch(
                features, outputs if len(outputs) > 1 else outputs[0], return_dict=True
            )
            told.append((len(targets), logs))
        for own, other in zip(values(ours.variables), values(theirs.variables), strict=True):
            np.testing.assert_array_equal(own, other)
        prefix = "fine_output_" if preset == "notebook" else ""
        for name, named in (
            ("loss", "loss"),
            ("top1", f"{prefix}accuracy"),
            ("top5", f"{prefix}top5"),
        ):
            mean = sum(clips * logs[named] for clips, logs in told) / 23
            assert steps.metrics()[name] == pytest.approx(mean, rel=1e-5)


def test_a_step_after_a_stop_changes_nothing():
    from ml.backend import values
    from ml.steps import PlainSteps

    model, _, wanted = models("default")
    before = values(model.variables)
    [(features, targets), *_] = batches_of(4)
    steps = PlainSteps(model, "gloss_output")
    assert not steps.step(Batch(features, wanted(targets), len(targets), 0.01, stop=True))
    for now, then in zip(values(model.variables), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_shared_steps_weigh_batches_by_their_clips():
    told = iter([
        {"loss": 3.0, "top1": 1.0, "top5": 1.0}, {"loss": 1.0, "top1": 0.0, "top5": 1.0}, None,
    ])  # fmt: skip
    steps = SharedSteps(lambda _batch: next(told))
    empty = np.zeros((1, 1, 1), np.float32)
    assert steps.step(Batch(empty, [], 3, 0.1))
    assert steps.step(Batch(empty, [], 1, 0.1))
    assert not steps.step(Batch(empty, [], 4, 0.1))
    assert steps.metrics() == {"loss": 2.5, "top1": 0.75, "top5": 1.0}
