"""What happens between epochs: learning-rate plans and early stopping, with state that is kept.

Keras' own callbacks lose their state when a training is interrupted (keras#19389); these hand it
out as JSON and take it back, so that a resumed run does what an unbroken one would have done.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ml.config import TrainConfig

Metrics = dict[str, float]

_PLATEAU_PATIENCE: Final = 10
_PLATEAU_FACTOR: Final = 0.3
_PLATEAU_LEAST: Final = 1e-6
_PLATEAU_DELTA: Final = 1e-4 / 0.7
"""The notebook watched the loss after its weight of 0.7."""


class RatePlan(Protocol):
    """How large the steps of the optimiser are."""

    def rate(self, epoch: int, progress: float) -> float:
        """Learning rate of a step; `progress` is the part of the epoch that is done."""

    def observe(self, metrics: Metrics) -> None:
        """Hear how an epoch went."""

    def state(self) -> dict[str, Any]: ...

    def restore(self, state: dict[str, Any]) -> None: ...


@dataclass
class CosinePlan:
    """Up in a straight line, down as a cosine to zero. A function of the step alone.

    Source: Loshchilov & Hutter, SGDR (ICLR 2017).
    """

    peak: float
    epochs: int
    warmup_epochs: int

    def rate(self, epoch: int, progress: float) -> float:
        warmup = min(self.warmup_epochs, self.epochs // 2)
        at = epoch + progress
        if at < warmup:
            return self.peak * max(at, 0.02) / warmup
        part = (at - warmup) / max(self.epochs - warmup, 1)
        return self.peak * 0.5 * (1.0 + math.cos(math.pi * min(part, 1.0)))

    def observe(self, metrics: Metrics) -> None:
        """The plan is fixed: nothing changes it."""

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """There is no state."""


@dataclass
class PlateauPlan:
    """The notebook's: the rate times 0.3 after 10 epochs without a lower val loss, at least 1e-6.

    As Keras' ReduceLROnPlateau does it, which the notebook used.
    """

    current: float
    best: float = math.inf
    waited: int = 0

    def rate(self, epoch: int, progress: float) -> float:  # noqa: ARG002 - the protocol's
        return self.current

    def observe(self, metrics: Metrics) -> None:
        if metrics["val_loss"] < self.best - _PLATEAU_DELTA:
            self.best, self.waited = metrics["val_loss"], 0
            return
        self.waited += 1
        if self.waited >= _PLATEAU_PATIENCE and self.current > _PLATEAU_LEAST:
            self.current = max(self.current * _PLATEAU_FACTOR, _PLATEAU_LEAST)
            self.waited = 0

    def state(self) -> dict[str, Any]:
        best = None if math.isinf(self.best) else self.best
        return {"current": self.current, "best": best, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        self.current, self.waited = float(state["current"]), int(state["waited"])
        self.best = math.inf if state["best"] is None else float(state["best"])


@dataclass
class EarlyStopping:
    """Remembers the best epoch, and says when waiting for a better one has lasted long enough.

    Best is the highest top-1 on val; among equals the lowest val loss, where `ties_by_loss`.
    """

    patience: int
    ties_by_loss: bool = True
    best_epoch: int = -1
    best_top1: float = -1.0
    best_loss: float = math.inf
    waited: int = 0

    @property
    def done(self) -> bool:
        return self.waited >= self.patience

    def observe(self, epoch: int, metrics: Metrics) -> bool:
        """Hear how an epoch went, and say whether it is the best so far."""
        top1, loss = metrics["val_top1"], metrics["val_loss"]
        tie = self.ties_by_loss and top1 == self.best_top1 and loss < self.best_loss
        if not (top1 > self.best_top1 or tie):
            self.waited += 1
            return False
        self.best_epoch, self.best_top1, self.best_loss, self.waited = epoch, top1, loss, 0
        return True

    def state(self) -> dict[str, Any]:
        loss = None if math.isinf(self.best_loss) else self.best_loss
        return {
            "best_epoch": self.best_epoch,
            "best_top1": self.best_top1,
            "best_loss": loss,
            "waited": self.waited,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.best_epoch, self.waited = int(state["best_epoch"]), int(state["waited"])
        self.best_top1 = float(state["best_top1"])
        self.best_loss = math.inf if state["best_loss"] is None else float(state["best_loss"])


def make_plan(config: TrainConfig) -> RatePlan:
    """The learning-rate plan of a config."""
    if config.preset == "notebook":
        return PlateauPlan(config.learning_rate)
    return CosinePlan(config.learning_rate, config.epochs, config.warmup_epochs)
