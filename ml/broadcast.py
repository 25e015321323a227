"""What the chief of a training tells the other workers, over TensorFlow's own collectives.

A message is a JSON object and arrays. Every worker adds to a sum: the chief what it has to say, the
others zeros. Numbers of four bytes carry any bytes unchanged.
"""

import json
import math
import re
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
"""Numbers that are sent at once."""
_WORD: Final = 4
_ALIGNED: Final = 8


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
        forms = [[array.dtype.str, list(array.shape)] for array in arrays]
        text = np.frombuffer(json.dumps({"head": head, "arrays": forms}).encode(), np.uint8)
        self._exchange(np.array([len(text)], np.int32))
        for chunk in _chunks([text]):
            self._exchange(chunk)
        for chunk in _chunks([np.asarray(array, order="C") for array in arrays]):
            self._exchange(chunk)

    def hear(self) -> tuple[dict[str, Any], Arrays]:
        """What the chief tells. Raises ClusterError."""
        length = int(self._exchange(np.zeros(1, np.int32))[0])
        said = json.loads(self._receive(length)[:length].tobytes())
        kinds = [(np.dtype(form), shape) for form, shape in said["arrays"]]
        sizes = [kind.itemsize * math.prod(shape) for kind, shape in kinds]
        places = np.cumsum([0, *map(_filled, sizes)])
        data = self._receive(int(places[-1]))
        arrays = [
            data[start : start + size].view(kind).reshape(shape)
            for start, size, (kind, shape) in zip(places, sizes, kinds, strict=False)
        ]
        return said["head"], arrays

    def _receive(self, length: int) -> NDArray[np.uint8]:
        data = np.zeros(_filled(length), np.uint8)
        words = data.view(np.int32)
        for start in range(0, len(words), _CHUNK):
            part = words[start : start + _CHUNK]
            part[:] = self._exchange(np.zeros_like(part))
        return data

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
            # An argument has no device yet, and the sum must know where to go.
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))

        return self.strategy.experimental_local_results(
            self.strategy.run(on_device, args=(words,))
        )[0]


def _filled(size: int) -> int:
    """So many bytes, filled up so that any type of number may begin after them."""
    return -(-size // _ALIGNED) * _ALIGNED


def _chunks(arrays: Arrays) -> Iterator[NDArray[np.int32]]:
    """The bytes of arrays, one filled-up array after another, as numbers in pieces of one size."""
    chunk, at = np.zeros(_CHUNK * _WORD, np.uint8), 0
    for array in arrays:
        data, done = array.reshape(-1).view(np.uint8), 0
        while done < len(data):
            part = data[done : done + len(chunk) - at]
            chunk[at : at + len(part)] = part
            at, done = at + len(part), done + len(part)
            if at == len(chunk):
                yield chunk.view(np.int32)
                chunk, at = np.zeros_like(chunk), 0
        at = _filled(at)
    if at:
        yield chunk[:at].view(np.int32)


@contextmanager
def lost_worker() -> Iterator[None]:
    """Raises ClusterError where TensorFlow says that another worker is gone."""
    try:
        yield
    except tf.errors.OpError as error:
        if not isinstance(error, _GONE):
            raise
        found = _TASK.search(str(error.message))
        who = f"The {found[1]} {found[2]}" if found else "A worker"
        raise ClusterError(
            f"{who} of this training was lost.",
            hint="Go on with --resume RUN: on all workers again, or with --strategy one on this.",
        ) from error


_GONE: Final = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)

_TASK: Final = re.compile(
    r"(?:remote target|unhealthy[^/]*)\s*/job:(\w+)/replica:\d+/task:(\d+)", re.DOTALL
)
"""Whom TensorFlow's words name as the lost one."""
