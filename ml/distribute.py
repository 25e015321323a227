"""Begin and end a training on several devices, as `tf.distribute` knows them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ml.broadcast import Broadcast
from ml.cluster import Cluster, Strategy, read_cluster
from ml.errors import ClusterError
from ml.rendezvous import gather, report
from ml.replicas import Replicas
from store.jobs import JobStoppedError
from store.words import Status

# isort: split
# What ml.backend sets in the environment comes before TensorFlow.
import tensorflow as tf

Waiting = Callable[[list[str]], None]


@contextmanager
def open_replicas(strategy: Strategy, on_wait: Waiting) -> Iterator[Replicas]:
    """The devices that share a training, for as long as it takes.

    This must come before anything that TensorFlow computes in this process.

    Args:
        strategy: which, but `one`.
        on_wait: hears which workers are missing; may raise to end the waiting.

    Raises:
        ClusterError: the workers that TF_CONFIG names cannot train together.
    """
    if strategy == "mirrored":
        yield Replicas(_mirrored())
        return
    cluster = read_cluster(os.environ)
    if not cluster.is_chief:
        raise ClusterError(
            "This process is no chief, by its TF_CONFIG.",
            hint="The library and the job are the chief's; other workers need neither.",
        )
    gather(cluster, on_wait=on_wait)
    replicas = _join(cluster)
    try:
        yield replicas
    except BaseException as error:
        stopped = isinstance(error, JobStoppedError | KeyboardInterrupt)
        status = Status.CANCELLED if stopped else Status.FAILED
        if not isinstance(error, ClusterError):
            replicas.end(status, str(error))
        raise
    replicas.end(Status.FINISHED)


def join_chief(cluster: Cluster) -> Replicas:
    """Be a worker of the chief's training. Raises ClusterError."""
    report(cluster)
    return _join(cluster)


def _mirrored() -> Any:
    """All accelerators of this machine, or its processors where it has none."""
    if found := tf.config.list_logical_devices("GPU"):
        return tf.distribute.MirroredStrategy([device.name for device in found])
    names = [device.name for device in tf.config.list_logical_devices("CPU")]
    # The default sends rings of messages, also among devices that share their memory.
    plain = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(names, cross_device_ops=plain)


def _join(cluster: Cluster) -> Replicas:
    try:
        strategy: Any = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"TensorFlow cannot join the workers: {str(error)[:300]}",
            hint=f"The workers: {', '.join(cluster.addresses)}",
        ) from error
    return Replicas(strategy, Broadcast(strategy, cluster.index))
