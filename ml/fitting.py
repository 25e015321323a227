"""The training loop: epochs, checkpoints, the best epoch, and going on where it was left."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.backend import keras, seed_epoch, values
from ml.callbacks import EarlyStopping, Metrics, make_plan
from ml.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from ml.config import TrainConfig
from ml.dataset import Part, Targets, TrainingData, plain_features
from ml.errors import CheckpointError, DivergedError
from ml.features import Floats
from ml.hierarchy import Classes, neighbours
from ml.metrics import log_loss, true_ranks
from ml.mixup import mix
from ml.models import FINE_OUTPUT, GLOSS_OUTPUT
from ml.resume import LAST, last_checkpoint
from ml.shares import WHOLE, split_epoch
from ml.steps import TOP5, Batch, PlainSteps, SharedSteps, Steps

if TYPE_CHECKING:
    from ml.replicas import Replicas

log = logging.getLogger(__name__)

BEST: Final = "best.npz"
_SUPER_WEIGHT: Final = 0.3
_FINE_WEIGHT: Final = 0.7
_AT_ONCE: Final = 256
_MIXUP: Final = 4
"""A stream of random numbers of its own: see `ml.dataset`."""


@dataclass
class Fitting:
    """One model on its way from the first epoch to the last."""

    model: keras.Model
    config: TrainConfig
    train: Part
    val: Part
    folder: Path
    """Where the checkpoints lie."""
    split_hash: str
    on_epoch: Callable[[int, Metrics], None] = lambda _epoch, _metrics: None
    should_stop: Callable[[], bool] = lambda: False
    teachers: Callable[[Floats], Floats] | None = None
    """Answers that are learned beside the labels: shape=(clips, length, channels) to (clips, glosses)."""
    classes: Classes | None = None
    """The super-class of each gloss, where the default preset has a coarse head."""
    replicas: "Replicas | None" = None
    """The devices that share each batch, where there are several."""
    epoch: int = 0
    """The next epoch."""
    stopping: EarlyStopping = field(init=False)

    def __post_init__(self) -> None:
        compile_model(self.model, self.config)
        self.plan = make_plan(self.config)
        ties = self.config.preset != "notebook"
        self.stopping = EarlyStopping(self.config.patience, ties_by_loss=ties)
        self.model.optimizer.build(self.model.trainable_variables)
        if self.replicas is not None:
            self.replicas.prepare(self.model, self.config, len(self.train))

    def run(self) -> bool:
        """Train until the last epoch, early stopping or a request.

        Returns:
            Whether it came to its end rather than being stopped.

        Raises:
            DivergedError: the loss is no number any more.
            DiskFullError: a checkpoint could not be written.
            ClusterError: another worker of this training was lost.
        """
        data = TrainingData(self.train, self.config)
        val = plain_features(self.val, self.config.features, self.config.seed)
        with ThreadPoolExecutor(1, "features") as pool:
            coming = pool.submit(data.epoch, self.epoch, self.positions)
            while self.epoch < self.config.epochs and not self.stopping.done:
                started = time.monotonic()
                features, targets = coming.result()
                coming = pool.submit(data.epoch, self.epoch + 1, self.positions)
                if self.replicas is not None:
                    self.replicas.begin_epoch(self.epoch)
                metrics = self.fit_epoch(features, targets)
                if metrics is None:
                    return False
                self._require_number(metrics["loss"])
                with self._averaged():
                    metrics |= self._judge(val)
                    judged = values(self.model.variables)
                metrics["seconds"] = time.monotonic() - started
                self._keep(metrics, judged)
        return True

    def resume(self) -> None:
        """Go back to the last checkpoint.

        Raises:
            CheckpointError: there is none, or it belongs to other data or another model.
        """
        checkpoint = last_checkpoint(self.folder, self.split_hash)
        assign(self.model.variables, checkpoint.model)
        assign(self.model.optimizer.variables, checkpoint.optimizer)
        self.plan.restore(checkpoint.state["plan"])
        self.stopping.restore(checkpoint.state["stopping"])
        self.epoch = checkpoint.epoch + 1

    def take_best(self) -> None:
        """Give the model the weights of its best epoch. Raises CheckpointError."""
        assign(self.model.variables, read_checkpoint(self.folder / BEST).model)

    @property
    def positions(self) -> NDArray[np.int64] | None:
        """The places in an epoch of the clips that this process prepares; None: all.

        Mixed clips come from anywhere in a batch, so then each process prepares all.
        """
        share = self.replicas.share if self.replicas is not None else WHOLE
        if share.is_whole or self.config.mixup:
            return None
        return share.positions(split_epoch(len(self.train), self.config.batch_size))

    def fit_epoch(self, features: Floats, targets: Targets) -> Metrics | None:
        """Train on an epoch, as `TrainingData` gives it for `positions`; None where it was stopped.

        Raises:
            ClusterError: another worker of this training was lost.
        """
        seed_epoch(self.model, self.config.seed, self.epoch)
        steps: Steps = (
            PlainSteps(self.model, self._head)
            if self.replicas is None
            else SharedSteps(self.replicas.step)
        )
        share = self.replicas.share if self.positions is not None and self.replicas else WHOLE
        batches = split_epoch(len(self.train), self.config.batch_size)
        at = 0
        for step, batch in enumerate(batches):
            clips = batch.stop - batch.start
            rows = share.rows(clips)
            mine = slice(at, at + rows.stop - rows.start)
            at = mine.stop
            given, wanted = self._batch(features[mine], targets[mine], step)
            rate = self.plan.rate(self.epoch, step / len(batches))
            outputs = wanted if isinstance(wanted, list) else [wanted]
            if not steps.step(Batch(given, outputs, clips, rate, self.should_stop())):
                return None
        return {**steps.metrics(), "learning_rate": self.plan.rate(self.epoch, 0.0)}

    def _require_number(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"The loss is {loss} in epoch {self.epoch + 1}.",
                hint="Try a smaller learning rate.",
            )

    @property
    def _head(self) -> str:
        return FINE_OUTPUT if self.config.preset == "notebook" else GLOSS_OUTPUT

    def _batch(self, features: Floats, targets: Targets, step: int) -> tuple[Floats, Any]:
        """A batch and what is wanted of it, as the model's losses take it."""
        if self.config.preset == "notebook":
            return features, [super_targets(targets, *self._sizes()), targets]
        wanted = [one_hot(targets, self.model.output_shape, -1)]
        if self.teachers is not None:
            wanted = [taught(wanted[0], self.teachers(features), self.config)]
        if self.classes is not None:
            wanted.insert(0, one_hot(self.classes[targets], self.model.output_shape, 0))
        if self.config.mixup:
            rng = np.random.default_rng([self.config.seed, _MIXUP, self.epoch, step])
            features, wanted = mix(features, wanted, self.config.mixup, rng)
        return features, wanted if len(wanted) > 1 else wanted[0]

    def _sizes(self) -> tuple[int, int]:
        coarse, fine = self.model.output_shape
        return coarse[-1], fine[-1]

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """The model with its average weights, where there are any, and its own again afterwards."""
        if not self.config.ema:
            yield
            return
        weights = self.model.trainable_variables
        own = values(weights)
        self.model.optimizer.finalize_variable_values(weights)
        try:
            yield
        finally:
            assign(weights, own)

    def _judge(self, val: Floats) -> Metrics:
        scores = predict(self.model, val)
        ranks = true_ranks(scores, self.val.targets)
        return {
            "val_loss": log_loss(scores, self.val.targets),
            "val_top1": float((ranks == 1).mean()),
            "val_top5": float((ranks <= 5).mean()),  # noqa: PLR2004
        }

    def _keep(self, metrics: Metrics, judged: tuple[NDArray[Any], ...]) -> None:
        """Write what a resumed run needs. The best goes first: the last one refers to it.

        Args:
            metrics: of the epoch.
            judged: the weights that val was judged with.
        """
        self.plan.observe(metrics)
        best = self.stopping.observe(self.epoch, metrics)
        state = {
            "plan": self.plan.state(),
            "stopping": self.stopping.state(),
            "split": self.split_hash,
        }
        model, optimizer = values(self.model.variables), values(self.model.optimizer.variables)
        if best:
            write_checkpoint(self.folder / BEST, Checkpoint(self.epoch, judged, (), state))
        write_checkpoint(self.folder / LAST, Checkpoint(self.epoch, model, optimizer, state))
        self.on_epoch(self.epoch, metrics)
        self.epoch += 1


def compile_model(model: keras.Model, config: TrainConfig) -> None:
    """Give the model its losses, metrics and optimiser."""
    top5 = keras.metrics.SparseTopKCategoricalAccuracy(5, name=TOP5)
    if config.preset == "notebook":
        model.compile(
            optimizer=keras.optimizers.Adam(config.learning_rate),
            loss=["sparse_categorical_crossentropy", "sparse_categorical_crossentropy"],
            loss_weights=[_SUPER_WEIGHT, _FINE_WEIGHT],
            metrics=[["accuracy"], ["accuracy", top5]],
        )
        return
    averaging = {"use_ema": True, "ema_momentum": config.ema} if config.ema else {}
    optimizer = keras.optimizers.AdamW(
        config.learning_rate, weight_decay=config.weight_decay, clipnorm=1.0, **averaging
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "table"])
    # Where there are teachers, labels are smoothed before their answers are added.
    smoothing = 0.0 if config.teachers else config.label_smoothing
    loss: Any = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    metrics: Any = ["accuracy", keras.metrics.TopKCategoricalAccuracy(5, name=TOP5)]
    weights = None
    if isinstance(model.output_shape, list):
        coarse = config.model.hierarchy_weight
        loss, metrics, weights = [loss, loss], [["accuracy"], metrics], [coarse, 1 - coarse]
    model.compile(
        optimizer=optimizer,
        loss=loss,
        loss_weights=weights,
        metrics=metrics,
        # Measured on two cores: XLA trains 3.5 times slower and compiles 10 s longer.
        jit_compile=False,
    )


def taught(wanted: Floats, answers: Floats, config: TrainConfig) -> Floats:
    """Smoothed labels and the teachers' answers, mixed. All shape=(clips, glosses)."""
    labels = wanted * (1 - config.label_smoothing) + config.label_smoothing / wanted.shape[1]
    return np.asarray((1 - config.distill) * labels + config.distill * answers, np.float32)


def super_targets(targets: Targets, n_super: int, n_fine: int) -> Targets:
    """The notebook's coarse classes: as many neighbouring glosses to each."""
    return neighbours(n_fine, n_super)[targets]


def one_hot(targets: Targets, shapes: Any, output: int) -> Floats:
    """1 at the target, shape=(clips, classes of that output of a model)."""
    shape = shapes[output] if isinstance(shapes, list) else shapes
    return np.asarray(keras.utils.to_categorical(targets, shape[-1]), np.float32)


def predict(model: keras.Model, features: Floats) -> Floats:
    """Scores of the glosses. shape=(clips, length, channels) to (clips, glosses)."""
    parts = []
    for start in range(0, len(features), _AT_ONCE):
        out = model.predict_on_batch(features[start : start + _AT_ONCE])
        parts.append(np.asarray(out[-1] if isinstance(out, list) else out, np.float32))
    return np.concatenate(parts)


def assign(variables: list[Any], arrays: tuple[NDArray[Any], ...]) -> None:
    """Set variables to arrays.

    Raises:
        CheckpointError: they do not fit.
    """
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise CheckpointError(
            "The checkpoint belongs to another model.", hint="Start a new run without --resume."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
