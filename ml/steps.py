"""One step of the optimiser on a batch."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from ml.backend import keras
from ml.callbacks import Metrics
from ml.features import Floats

TOP5: Final = "top5"
"""Name of the metric."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step works on."""

    features: Floats
    """shape=(clips, length, channels); only this process's clips, where there are others."""
    wanted: list[Any]
    """For each output of the model its targets, shape=(clips,) or (clips, classes)."""
    total: int
    """Clips of the whole batch."""
    rate: float
    """The learning rate."""
    stop: bool = False
    """A stop was asked for: this step counts no more."""


class Steps(Protocol):
    def step(self, batch: Batch) -> Metrics | None:
        """Train on a batch; loss, top1 and top5 of it, or None where that was the end."""


@dataclass(frozen=True, slots=True)
class PlainSteps:
    """Keras' own, on one device."""

    model: keras.Model
    head: str
    """Name of the output whose hits count, where there are several."""

    def step(self, batch: Batch) -> Metrics | None:
        if batch.stop:
            return None
        self.model.optimizer.learning_rate.assign(batch.rate)
        several = len(batch.wanted) > 1
        wanted = batch.wanted if several else batch.wanted[0]
        logs = self.model.train_on_batch(batch.features, wanted, return_dict=True)
        prefix = f"{self.head}_" if several else ""
        names = {"loss": "loss", "top1": f"{prefix}accuracy", "top5": f"{prefix}{TOP5}"}
        return {name: float(logs[told]) for name, told in names.items()}
