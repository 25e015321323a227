"""Training steps on several devices at once: each takes its part of the batch, and gradients add up.

The scheme is that of TensorFlow's guide to custom training with `tf.distribute`: `Strategy.run` on
each device's part, losses divided by the size of the whole batch, gradients added up among all
devices. Two things go beyond it, so that the loss is that of one device but for rounding: batch
normalisation takes its statistics among all devices, and dropout draws for the whole batch.

Weights and optimiser are those of the plain Keras model, and the sum of the gradients is applied
once in each process. Keras would clip gradients before they are added up, which is another
training; and so checkpoints, averages and export stay what they are.
"""

from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from ml.backend import keras

# isort: split
# What ml.backend sets in the environment comes before TensorFlow.
import tensorflow as tf
from numpy.typing import NDArray

from ml.backend import values
from ml.broadcast import Broadcast, lost_worker
from ml.callbacks import Metrics
from ml.config import TrainConfig
from ml.errors import ClusterError, ConfigError
from ml.models import build_model
from ml.shares import Share, split_epoch
from ml.steps import Batch
from ml.task import Task, pack_task
from store.words import Status

END: Final = "end"
"""In a message: that the training has ended, and how."""
_TOP5: Final = 5
_TOLD: Final = 2
"""What the chief tells in a step: the learning rate, and whether to stop."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of a batch the device at work has, as tensors."""

    device: Any
    """Its number among all."""
    rows: Any
    """How many each device has. shape=(devices,)."""

    @property
    def first(self) -> Any:
        return tf.reduce_sum(self.rows[: self.device])

    @property
    def total(self) -> Any:
        return tf.reduce_sum(self.rows)


_part: ContextVar[_Part] = ContextVar("part")


@dataclass(eq=False)
class Replicas:
    """The devices of one training, in this process and in others."""

    strategy: Any
    """tf.distribute.MirroredStrategy or MultiWorkerMirroredStrategy."""
    broadcast: Broadcast | None = None
    """The way to the other processes, where there are any."""
    model: Any = field(default=None, init=False)
    _ended: bool = field(default=False, init=False)

    @property
    def share(self) -> Share:
        """This process's devices among all."""
        own = len(self.strategy.extended.worker_devices)
        process = self.broadcast.process if self.broadcast is not None else 0
        return Share(self.strategy.num_replicas_in_sync, process * own, own)

    def begin_epoch(self, epoch: int) -> None:
        """Tell the other processes which epoch comes, and where weights and optimiser are.

        Raises:
            ClusterError: another process was lost.
        """
        if self.broadcast is not None:
            state = values([*self.model.variables, *self.model.optimizer.variables])
            self.broadcast.tell({"epoch": epoch}, list(state))

    def tell_task(self, task: Task) -> None:
        """Tell the other processes what is trained. Raises ClusterError."""
        if self.broadcast is not None:
            self.broadcast.tell(*pack_task(task))

    def hear(self) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        """What the chief tells this process. Raises ClusterError."""
        assert self.broadcast is not None, "only a worker of several hears"  # noqa: S101
        return self.broadcast.hear()

    def end(self, status: Status, reason: str = "") -> None:
        """Let the other processes go, once; where one is lost the others know."""
        if self._ended or self.broadcast is None:
            return
        self._ended = True
        with suppress(ClusterError):
            self.broadcast.tell({END: status, "reason": reason}, [])

    def prepare(self, model: keras.Model, config: TrainConfig, clips: int) -> None:
        """Get ready to train a compiled model.

        Args:
            model: whose weights and optimiser are used and changed.
            config: it was built of.
            clips: in train.

        Raises:
            ConfigError: the smallest batch has less than a clip for each device.
        """
        least = min(part.stop - part.start for part in split_epoch(clips, config.batch_size))
        devices = self.share.devices
        if least < devices:
            raise ConfigError(
                f"A batch of {least} clips cannot be shared among {devices} devices.",
                hint="Take a larger --batch-size, or fewer devices.",
            )
        self.model = model
        self._twin = _sharing(build_model(config, model.outputs[-1].shape[-1]))
        self._sizes = [int(tf.size(variable.value)) for variable in model.trainable_variables]
        self._function = tf.function(self._step, reduce_retracing=True)

    def step(self, batch: Batch) -> Metrics | None:
        """One step of the optimiser, together with all other processes.

        Args:
            batch: this process's rows of it; or all of them, where it has those of others.

        Returns:
            Loss and hits of the whole batch; None where the chief was told to stop.

        Raises:
            ClusterError: another process was lost.
        """
        share, total = self.share, batch.total
        own = share.rows(total)
        given = [batch.features, *batch.wanted]
        if len(batch.features) == total:
            given = [rows[own] for rows in given]

        parts = [share.of_device(total, device) for device in range(share.devices)]
        counts = [part.stop - part.start for part in parts]

        def of_device(context: Any) -> Any:
            device = context.replica_id_in_sync_group
            rows = parts[device]
            here = slice(rows.start - own.start, rows.stop - own.start)
            told = [batch.rate, float(batch.stop)] if device == 0 else [0.0] * _TOLD
            features, *wanted = (tf.constant(part[here]) for part in given)
            place = tf.constant(device), tf.constant(counts)
            return features, wanted, place, tf.constant(told, tf.float32)

        with lost_worker():
            inputs = self.strategy.experimental_distribute_values_from_function(of_device)
            loss, top1, top5, stop = (float(number) for number in self._function(inputs))
        if stop:
            return None
        return {"loss": loss, "top1": top1, "top5": top5}

    def _step(self, parts: Any) -> Any:
        sums, state = self.strategy.run(self._of_device, args=parts)
        sums = self.strategy.experimental_local_results(sums)[0]
        state = [self.strategy.experimental_local_results(value)[0] for value in state]
        *gradients, numbers = tf.split(sums, [*self._sizes, 3 + _TOLD])
        loss, top1, top5, rate, stop = tf.unstack(numbers)
        optimizer, variables = self.model.optimizer, self.model.trainable_variables
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients(
            (tf.reshape(gradient, variable.shape), variable)
            for gradient, variable in zip(gradients, variables, strict=True)
        )
        for variable, value in zip(self.model.non_trainable_variables, state, strict=True):
            variable.assign(value)
        return loss, top1, top5, stop

    def _of_device(self, features: Any, wanted: list[Any], place: Any, told: Any) -> Any:
        """Sums among all devices, flat: gradients, loss, hits, what the chief tells."""
        at = _Part(*place)
        token = _part.set(at)
        try:
            part = tf.cast(tf.shape(features)[0], tf.float32) / tf.cast(at.total, tf.float32)
            weights = [tf.convert_to_tensor(item) for item in self.model.trainable_variables]
            others = [tf.convert_to_tensor(item) for item in self.model.non_trainable_variables]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(weights)
                scores, state = self._twin.stateless_call(weights, others, features, training=True)
                loss = self._loss(wanted, scores) * part
            gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
        finally:
            _part.reset(token)
        top = scores[-1] if isinstance(scores, list) else scores
        numbers = [loss, *(hits * part for hits in _hits(wanted[-1], top))]
        flat = [*(tf.reshape(item, [-1]) for item in gradients), tf.stack(numbers), told]
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.concat(flat, 0)), state

    def _loss(self, wanted: list[Any], scores: Any) -> Any:
        """The mean of this device's rows."""
        y = wanted if isinstance(scores, list) else wanted[0]
        # Keras divides by the number of devices, as if all had as many rows.
        return self.model.compute_loss(y=y, y_pred=scores) * self.strategy.num_replicas_in_sync


def _sharing(model: keras.Model) -> keras.Model:
    """Let a model's normalisation and dropout work on the whole batch."""
    for layer in model._flatten_layers(include_self=False):  # noqa: SLF001 - nested ones as well
        if isinstance(layer, keras.layers.BatchNormalization):
            layer._moments = partial(_shared_moments, layer)  # noqa: SLF001
        elif type(layer) is keras.layers.Dropout:
            layer.call = partial(_drop_shared, layer)
    return model


def _shared_moments(layer: Any, inputs: Any, mask: Any) -> tuple[Any, Any]:
    """Mean and variance of the whole batch, of those of each device.

    Keras' own `synchronized=True` subtracts large numbers of nearly the same size. Source: Chan,
    Golub & LeVeque, Updating formulae and a pairwise algorithm for computing sample variances (1979).
    """
    assert mask is None, "no layer of ours gives normalisation a mask"  # noqa: S101
    axes = layer._reduction_axes  # noqa: SLF001
    at = _part.get()
    own = tf.one_hot(at.device, at.rows.shape[0])[:, None, None] * tf.stack(
        tf.nn.moments(inputs, axes)
    )
    context = tf.distribute.get_replica_context()
    means, variances = tf.unstack(context.all_reduce(tf.distribute.ReduceOp.SUM, own), axis=1)
    weights = (tf.cast(at.rows, inputs.dtype) / tf.cast(at.total, inputs.dtype))[:, None]
    mean = tf.reduce_sum(weights * means, 0)
    return mean, tf.reduce_sum(weights * (variances + tf.square(means - mean)), 0)


def _drop_shared(layer: Any, inputs: Any, training: bool = False) -> Any:
    """Dropout that draws for the whole batch, and takes this device's rows of what it drew."""
    if not training or layer.rate == 0:
        return inputs
    at = _part.get()
    whole = tf.ones(tf.concat([[at.total], tf.shape(inputs)[1:]], 0), inputs.dtype)
    drawn = keras.random.dropout(whole, layer.rate, layer.noise_shape, layer.seed_generator)
    return inputs * drawn[at.first : at.first + tf.shape(inputs)[0]]


def _hits(wanted: Any, scores: Any) -> tuple[Any, Any]:
    """The parts of rows whose best, and whose five best, hold what is wanted."""
    if len(wanted.shape) == len(scores.shape):
        wanted = tf.argmax(wanted, -1)
    wanted = tf.cast(wanted, tf.int32)
    top1 = keras.metrics.sparse_categorical_accuracy(wanted, scores)
    top5 = keras.metrics.sparse_top_k_categorical_accuracy(wanted, scores, _TOP5)
    return tf.reduce_mean(top1), tf.reduce_mean(tf.cast(top5, tf.float32))
