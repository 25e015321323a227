"""What the chief of a training tells the other workers, over TensorFlow's own collectives.

A message is a JSON object and arrays. Every worker adds to a sum: the chief what it has to say, the
others zeros. Numbers of four bytes carry any bytes unchanged.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import ml.backend  # noqa: F401 - what it sets in the environment comes before TensorFlow

# isort: split
import tensorflow as tf

from ml.errors import ClusterError

Arrays = list[NDArray[Any]]
_CHUNK: Final = 2**22
_WORD: Final = 4


@dataclass(eq=False)
class Broadcast:
    strategy: Any
    """tf.distribute.MultiWorkerMirroredStrategy."""
    process: int
    """The number of this worker; 0 is the chief."""
    _add: Any = field(init=False)

    def __post_init__(self) -> None:
        self._add = tf.function(self._sum, reduce_retracing=True)

    def tell(self, head: dict[str, Any], arrays: Arrays) -> None:
        """Send a message to all others, who must `hear`. Raises ClusterError."""
        arrays = [np.asarray(array, order="C") for array in arrays]
        forms = [[array.dtype.str, list(array.shape)] for array in arrays]
        text = json.dumps({"head": head, "arrays": forms}).encode()
        self._send(np.array([len(text)], np.int32))
        self._send(_words(np.frombuffer(text, np.uint8)))
        for array in arrays:
            self._send(_words(array.reshape(-1).view(np.uint8)))

    def hear(self) -> tuple[dict[str, Any], Arrays]:
        """What the chief tells. Raises ClusterError."""
        length = int(self._receive(1)[0])
        text = self._receive(-(-length // _WORD)).tobytes()[:length]
        said = json.loads(text)
        arrays = []
        for form, shape in said["arrays"]:
            kind = np.dtype(form)
            size = kind.itemsize * int(np.prod(shape, dtype=np.int64))
            words = self._receive(-(-size // _WORD))
            arrays.append(words.view(np.uint8)[:size].view(kind).reshape(shape))
        return said["head"], arrays

    def _send(self, words: NDArray[np.int32]) -> None:
        for start in range(0, len(words), _CHUNK):
            self._exchange(words[start : start + _CHUNK])

    def _receive(self, length: int) -> NDArray[np.int32]:
        words = np.zeros(length, np.int32)
        for start in range(0, length, _CHUNK):
            part = words[start : start + _CHUNK]
            part[:] = self._exchange(np.zeros_like(part))
        return words

    def _exchange(self, words: NDArray[np.int32]) -> NDArray[np.int32]:
        def of_device(context: Any) -> Any:
            # Only the first of the chief's devices speaks.
            own = context.replica_id_in_sync_group == 0
            return tf.constant(words if own else np.zeros_like(words))

        with lost_worker():
            parts = self.strategy.experimental_distribute_values_from_function(of_device)
            return np.asarray(self._add(parts))

    def _sum(self, words: Any) -> Any:
        def on_device(part: Any) -> Any:
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, part)

        return self.strategy.experimental_local_results(
            self.strategy.run(on_device, args=(words,))
        )[0]


def _words(data: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Bytes as numbers of four, filled up with zeros."""
    filled = np.zeros(-(-len(data) // _WORD) * _WORD, np.uint8)
    filled[: len(data)] = data
    return filled.view(np.int32)


@contextmanager
def lost_worker() -> Iterator[None]:
    """Raises ClusterError where TensorFlow says that another worker is gone."""
    try:
        yield
    except tf.errors.OpError as error:
        if not isinstance(error, _GONE):
            raise
        raise ClusterError(
            f"A worker of this training was lost: {_first_line(error)}",
            hint="Start all workers again with --resume, or go on alone: --resume RUN --strategy one",
        ) from error


_GONE: Final = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def _first_line(error: Any) -> str:
    lines = [line.strip() for line in str(error.message).splitlines()]
    said = [line for line in lines if "task:" in line or "reset" in line or "heartbeat" in line]
    return (said or lines or [""])[0][:300]
