"""What a training may do beyond the default: off it leaves everything alone, on it can be resumed."""

from dataclasses import replace

import numpy as np
import pytest

from ml.augment import augment
from ml.config import AugmentConfig, TrainConfig
from ml.mixup import mix
from store.library import Library
from store.skeleton import WRIST
from tests.ml.clips import clip
from tests.ml.conftest import tiny

STILL = AugmentConfig(**dict.fromkeys(
    ("mirror", "rotate_deg", "scale", "shear", "shift", "tilt_deg", "hand_scale", "place", "noise",
     "warp", "crop", "drop_frames", "drop_span"), 0.0,
))  # fmt: skip


def test_off_is_what_was_before_there_were_masks(monkeypatch):
    """To the last number drawn."""

    def vary() -> tuple[np.ndarray, object]:
        rng = np.random.default_rng(3)
        varied, _ = augment(clip("wave", 1), AugmentConfig(), rng)
        return varied.landmarks, rng.bit_generator.state

    now, state = vary()
    monkeypatch.setattr("ml.augment._hide", lambda landmarks, *_: landmarks)
    before, state_before = vary()
    np.testing.assert_array_equal(now, before)
    assert state == state_before
    config = TrainConfig()
    assert (config.mixup, config.ema, config.model.hierarchy) == (0.0, 0.0, "none")


@pytest.mark.slow
def test_off_trains_with_one_head_nothing_mixed_and_no_averages(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("ml.fitting.mix", None)
    library, _ = trained
    fitting = fitting_of(library, tiny(epochs=1), tmp_path)
    assert fitting.run()
    assert not fitting.model.optimizer.use_ema
    _, wanted = fitting._batch(np.zeros((2, 12, 3), np.float32), np.array([3, 0]), 0)
    np.testing.assert_array_equal(wanted, np.eye(4, dtype=np.float32)[[3, 0]])


def test_a_stretch_of_frames_is_lost():
    sequence = clip("wave", 1, frames=60)
    masked, _ = augment(sequence, replace(STILL, frame_mask=1.0), np.random.default_rng(5))
    lost = np.flatnonzero(
        np.isnan(masked.landmarks).all(axis=(1, 2, 3))
        & ~np.isnan(sequence.landmarks).all(axis=(1, 2, 3))
    )
    assert 3 * 0.8 <= len(lost) <= 15
    assert lost[-1] - lost[0] < 20, "one stretch, but for frames that had no hand before"


def test_hidden_fingers_lie_at_the_wrist_and_their_knuckles_stay():
    sequence = clip("wave", 1)
    masked, _ = augment(sequence, replace(STILL, finger_mask=1.0), np.random.default_rng(5))
    same = np.isclose(masked.landmarks, sequence.landmarks, atol=1e-6, equal_nan=True)
    assert same[:, :, [WRIST, 1, 5, 9, 13, 17]].all()
    tips = masked.landmarks[:, :, [4, 8, 12, 16, 20]]
    at_wrist = np.isclose(tips, masked.landmarks[:, :, WRIST : WRIST + 1]).all(axis=-1)
    assert at_wrist.any(axis=0).all(), "each finger for a while"
    assert np.isnan(masked.landmarks).sum() == np.isnan(sequence.landmarks).sum()


def test_mixed_clips_are_between_two_and_seen_where_either_is():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(16, 6, 9)).astype(np.float32)
    features[..., -2:] = rng.random((16, 6, 2)) < 0.5
    wanted = np.eye(16, dtype=np.float32)
    clips, [targets] = mix(features, [wanted], 0.4, np.random.default_rng(2))
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-5)
    for row, target in zip(clips, targets, strict=True):
        parts = np.flatnonzero(target)
        assert 1 <= len(parts) <= 2
        expected = sum(target[part] * features[part] for part in parts)
        np.testing.assert_allclose(row[..., :-2], expected[..., :-2], atol=1e-5)
        either = features[parts][..., -2:].max(axis=0)
        np.testing.assert_array_equal(row[..., -2:], either)
    again, _ = mix(features, [wanted], 0.4, np.random.default_rng(2))
    np.testing.assert_array_equal(clips, again)


@pytest.mark.slow
def test_all_at_once_and_resumed_equals_unbroken(trained, tmp_path):
    """Averages, mixed clips and masks: bit by bit, and what is kept are the averages."""
    config = tiny(
        mixup=0.4, ema=0.8, augment=AugmentConfig(frame_mask=0.5, finger_mask=0.3), epochs=3
    )
    library, _ = trained
    whole = fitting_of(library, config, tmp_path / "whole")
    assert whole.run()
    broken = fitting_of(library, config, tmp_path / "broken")
    broken.on_epoch = lambda _epoch, _metrics: setattr(broken, "should_stop", lambda: True)
    assert not broken.run()
    resumed = fitting_of(library, config, tmp_path / "broken")
    resumed.resume()
    assert resumed.run()
    from ml.checkpoint import read_checkpoint

    for name in ("last.npz", "best.npz"):
        one, other = (read_checkpoint(tmp_path / part / name) for part in ("whole", "broken"))
        assert one.state == other.state
        for left, right in zip(
            one.model + one.optimizer, other.model + other.optimizer, strict=True
        ):
            np.testing.assert_array_equal(left, right)


@pytest.mark.slow
def test_what_is_judged_are_the_averages_and_training_goes_on_with_its_own(trained, tmp_path):
    from ml.backend import values

    library, _ = trained
    fitting = fitting_of(library, tiny(ema=0.5, epochs=1), tmp_path)
    seen = []
    judge = fitting._judge

    def watched(val):
        seen.append(values(fitting.model.trainable_variables))
        return judge(val)

    fitting._judge = watched
    fitting.run()
    own = values(fitting.model.trainable_variables)
    assert any((one != other).any() for one, other in zip(own, seen[0], strict=True))
    fitting.take_best()
    for kept, judged in zip(values(fitting.model.trainable_variables), seen[0], strict=True):
        np.testing.assert_array_equal(kept, judged)


def fitting_of(library: Library, config: TrainConfig, folder):
    from ml.backend import make_repeatable
    from ml.dataset import load_part
    from ml.fitting import Fitting
    from ml.models import build_model
    from ml.prepare import prepare_data

    data = prepare_data(library, config)
    train, val = (
        load_part(library, part, data.labels) for part in (data.split.train, data.split.val)
    )
    make_repeatable(config.seed)
    folder.mkdir(exist_ok=True)
    return Fitting(build_model(config, 4), config, train, val, folder, "x")
