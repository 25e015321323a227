"""The weights of one model in another: all layers but the heads, and the glosses that both know."""

import contextlib
import io
from typing import Any, Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from ml.archives import read_arrays
from ml.backend import keras
from ml.bundle import MAX_MODEL, WEIGHTS, read_further
from ml.errors import CheckpointError
from ml.export import load_keras_model
from ml.models import FINE_OUTPUT, GLOSS_OUTPUT, SUPER_OUTPUT
from ml.warm import Source

_HEADS: Final = frozenset({GLOSS_OUTPUT, FINE_OUTPUT, SUPER_OUTPUT})
_KERNEL: Final = "kernel"
_BIAS: Final = "bias"
_NEAR: Final = 1e-3
"""Half precision keeps weights to within this part of the largest."""
Arrays = list[NDArray[Any]]


def take_weights(model: keras.Model, labels: list[str], source: Source) -> int:
    """Give a model the weights of another of the same features and sizes.

    Args:
        model: what to change.
        labels: its glosses.
        source: where the weights come from.

    Returns:
        How many glosses have their weights in the head from it.

    Raises:
        CheckpointError: the weights do not fit, whatever the source's settings say.
    """
    body, kernel, bias = read_weights(source)
    own = body_of(model)
    if [tuple(variable.shape) for variable in own] != [array.shape for array in body]:
        raise CheckpointError(
            f"The weights of the model {source.name} are not those of its settings.",
            hint="Begin with another model.",
        )
    for variable, array in zip(own, body, strict=True):
        variable.assign(array.astype(variable.dtype))
    place = {gloss: number for number, gloss in enumerate(source.bundle.labels)}
    both = [(here, place[gloss]) for here, gloss in enumerate(labels) if gloss in place]
    head = head_of(model)
    mixed = np.array(head.kernel), np.array(head.bias)
    for here, there in both:
        mixed[0][:, here], mixed[1][here] = kernel[:, there], bias[there]
    head.kernel.assign(mixed[0])
    head.bias.assign(mixed[1])
    return len(both)


def read_weights(source: Source) -> tuple[Arrays, NDArray[Any], NDArray[Any]]:
    """Weights below the heads, in the order of the layers, then kernel and bias of the glosses' head.

    Raises:
        CheckpointError: they are not those of the source's settings.
    """
    compact = read_further(source.bundle.folder, WEIGHTS)
    if compact is not None:
        return _unpack(compact, source.bundle.model, source.config.model.neck)
    model = load_keras_model(source.bundle.folder, source.config, len(source.bundle.labels))
    head = head_of(model)
    return (
        [np.array(weight) for weight in body_of(model)],
        np.array(head.kernel),
        np.array(head.bias),
    )


def body_of(model: keras.Model) -> list[Any]:
    """The weights of all layers but the heads, and not what dropout draws from."""
    return [
        weight for layer in model.layers if layer.name not in _HEADS for weight in layer.weights
    ]


def head_of(model: keras.Model) -> Any:
    """The layer that names glosses."""
    return next(layer for layer in model.layers if layer.name in {GLOSS_OUTPUT, FINE_OUTPUT})


def pack_weights(model: keras.Model, litert: bytes) -> bytes:
    """A model's weights in half precision, as a NumPy archive without pickled objects.

    The kernel of the glosses' head, the largest part by far, is left out where it can be read from
    the LiteRT model beside it.
    """
    head = head_of(model)
    kernel = np.array(head.kernel)
    arrays = {str(place): np.array(weight) for place, weight in enumerate(body_of(model))}
    arrays[_BIAS] = np.array(head.bias)
    found = _lite_kernel(litert, kernel.shape)
    if found is None or np.abs(found - kernel).max() > _NEAR * np.abs(kernel).max():
        arrays[_KERNEL] = kernel
    stream = io.BytesIO()
    np.savez_compressed(stream, **{name: each.astype(np.float16) for name, each in arrays.items()})
    return stream.getvalue()


def _unpack(data: bytes, litert: bytes, neck: int) -> tuple[Arrays, NDArray[Any], NDArray[Any]]:
    """As `read_weights`. Raises CheckpointError where it is no such archive."""
    try:
        found = read_arrays(data, most_bytes=MAX_MODEL)
        arrays = {name: array.astype(np.float32) for name, array in found.items()}
        bias, kernel = arrays.pop(_BIAS), arrays.pop(_KERNEL, None)
        body = [arrays[str(place)] for place in range(len(arrays))]
    except (ValueError, TypeError, KeyError) as error:
        raise _bad() from error
    shape = (neck or 2 * _inputs(body), bias.size)
    if kernel is None:
        kernel = _lite_kernel(litert, shape)
    if kernel is None or bias.ndim != 1 or kernel.shape != shape:
        raise _bad()
    return body, kernel, bias


def _bad() -> CheckpointError:
    return CheckpointError(
        f"{WEIGHTS} of the bundle does not hold its weights.",
        hint="Copy the whole bundle folder once more.",
    )


def _inputs(body: Arrays) -> int:
    """How many values the layer below pooling gives, which doubles them: its bias is the last."""
    return len(body[-1]) if body and body[-1].ndim == 1 else 0


def _lite_kernel(litert: bytes, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """The kernel of a dense layer, shape=(inputs, outputs), where a LiteRT model has one like it.

    LiteRT keeps it as it is, transposed.
    """
    try:
        interpreter = Interpreter(model_content=litert, num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError):
        return None
    found = []
    for detail in interpreter.get_tensor_details():
        if tuple(detail["shape"]) != shape[::-1]:
            continue
        with contextlib.suppress(ValueError):  # what is computed has no data yet
            found.append(interpreter.get_tensor(detail["index"]).T.astype(np.float32))
    return found[0] if len(found) == 1 else None
