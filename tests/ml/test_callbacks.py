"""Plans and early stopping, and that their state survives JSON at any epoch."""

import json

import numpy as np
import pytest

from ml.callbacks import CosinePlan, EarlyStopping, PlateauPlan, make_plan
from ml.config import PRESETS


def history(seed: int, n: int = 60) -> list[dict[str, float]]:
    rng = np.random.default_rng(seed)
    top1 = np.round(np.minimum(np.linspace(0, 0.6, n) + rng.normal(0, 0.05, n), 0.5), 2)
    return [
        {"val_top1": float(a), "val_loss": float(b)}
        for a, b in zip(top1, 3 - 4 * top1 + rng.normal(0, 0.1, n), strict=True)
    ]


def test_the_cosine_rises_to_its_peak_and_falls_to_nothing():
    plan = CosinePlan(1.0, epochs=50, warmup_epochs=5)
    rates = [plan.rate(epoch, 0.0) for epoch in range(50)]
    assert rates.index(max(rates)) == 5
    assert max(rates) == 1.0
    assert 0 < rates[0] < 0.1
    assert rates[-1] < 0.01
    assert plan.rate(49, 1.0) == pytest.approx(0)


def test_the_plateau_plan_is_keras_own():
    """Against Keras' documented rule: 10 epochs without a val loss lower by the least change."""
    plan = PlateauPlan(1e-3)
    plan.observe({"val_loss": 1.0})
    for _ in range(9):
        plan.observe({"val_loss": 1.0})
    assert plan.rate(0, 0.0) == 1e-3
    plan.observe({"val_loss": 1.0})
    assert plan.rate(0, 0.0) == pytest.approx(3e-4)
    for _ in range(200):
        plan.observe({"val_loss": 1.0})
    assert plan.rate(0, 0.0) == 1e-6


def test_early_stopping_keeps_the_best_and_ends():
    stopping = EarlyStopping(patience=2)
    assert stopping.observe(0, {"val_top1": 0.5, "val_loss": 1.0})
    assert not stopping.observe(1, {"val_top1": 0.4, "val_loss": 0.5})
    assert stopping.observe(2, {"val_top1": 0.5, "val_loss": 0.9})
    assert not stopping.observe(3, {"val_top1": 0.5, "val_loss": 0.9})
    assert not stopping.done
    stopping.observe(4, {"val_top1": 0.1, "val_loss": 0.1})
    assert stopping.done
    assert stopping.best_epoch == 2


@pytest.mark.parametrize("cut", [0, 1, 17, 40])
@pytest.mark.parametrize("preset", ["default", "notebook"])
def test_state_goes_through_json_without_a_trace(preset, cut):
    metrics = history(cut)

    def run(broken: bool) -> list[object]:
        plan, stopping = make_plan(PRESETS[preset]), EarlyStopping(8)
        said: list[object] = []
        for epoch, each in enumerate(metrics):
            if broken and epoch == cut:
                kept = json.loads(json.dumps([plan.state(), stopping.state()]))
                plan, stopping = make_plan(PRESETS[preset]), EarlyStopping(8)
                plan.restore(kept[0])
                stopping.restore(kept[1])
            plan.observe(each)
            said.append((stopping.observe(epoch, each), stopping.done, plan.rate(epoch, 0.5)))
        return said

    assert run(broken=True) == run(broken=False)
