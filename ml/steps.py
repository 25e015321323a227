"""One step of the optimiser on a batch."""

from collections.abc import Callable, Mapping
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
    """The steps of one epoch."""

    def step(self, batch: Batch) -> bool:
        """Train on a batch; False where that was the end and the batch does not count."""

    def metrics(self) -> Metrics:
        """loss, top1 and top5 of all clips of the epoch so far, each batch as it was before its step."""


class PlainSteps:
    """Keras' own, on one device."""

    def __init__(self, model: keras.Model, head: str) -> None:
        """Begin an epoch; `head` is the output whose hits count, where there are several."""
        self._model, self._head = model, head
        self._logs: Mapping[str, Any] = {}
        model.reset_metrics()

    def step(self, batch: Batch) -> bool:
        if batch.stop:
            return False
        model = self._model
        model.optimizer.learning_rate.assign(batch.rate)
        wanted = batch.wanted if len(batch.wanted) > 1 else batch.wanted[0]
        if model.train_function is None:
            # Builds what the losses and metrics keep.
            self._logs = model.train_on_batch(batch.features, wanted, return_dict=True)
        else:
            # The same without forgetting all metrics before each step: a tenth of the notebook's step.
            self._logs = model.train_function(iter([(batch.features, wanted)]))
        return True

    def metrics(self) -> Metrics:
        prefix = f"{self._head}_" if isinstance(self._model.output_shape, list) else ""
        names = {"loss": "loss", "top1": f"{prefix}accuracy", "top5": f"{prefix}{TOP5}"}
        return {name: float(self._logs[told]) for name, told in names.items()}


class SharedSteps:
    """Steps that several devices share, which tell of each batch by itself."""

    def __init__(self, step: Callable[[Batch], Metrics | None]) -> None:
        """Begin an epoch; `step` tells loss, top1 and top5 of a batch, or None where that was the end."""
        self._step = step
        self._clips = 0
        self._sums = dict.fromkeys(("loss", "top1", "top5"), 0.0)

    def step(self, batch: Batch) -> bool:
        told = self._step(batch)
        if told is None:
            return False
        self._clips += batch.total
        for name, value in told.items():
            self._sums[name] += batch.total * value
        return True

    def metrics(self) -> Metrics:
        return {name: total / self._clips for name, total in self._sums.items()}
