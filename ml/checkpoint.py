"""A training, half done: weights, optimiser and the state of everything around them, in one file.

The file is a NumPy archive without pickled objects: one array for each variable, and the rest as
JSON. It replaces its predecessor in one rename, so that a kill at any moment leaves a whole one.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.archives import read_arrays
from ml.errors import CheckpointError
from store.files import write_aside

_FORMAT: Final = 1
_STATE: Final = "state"
_MOST_BYTES: Final = 8 * 2**30
_HINT: Final = "Start the training anew, without --resume."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    epoch: int
    """The last epoch that it covers, from 0."""
    model: tuple[NDArray[Any], ...]
    optimizer: tuple[NDArray[Any], ...]
    state: dict[str, Any]
    """JSON: plan, early stopping, split hash."""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint. Raises DiskFullError, StoreError."""
    head = {
        "format": _FORMAT,
        "epoch": checkpoint.epoch,
        "model": len(checkpoint.model),
        "optimizer": len(checkpoint.optimizer),
        "state": checkpoint.state,
    }
    arrays = {
        f"{name}{index}": array
        for name, group in (("model", checkpoint.model), ("optimizer", checkpoint.optimizer))
        for index, array in enumerate(group)
    }
    arrays[_STATE] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    with write_aside(path) as aside, aside.open("wb") as file:
        np.savez(file, **arrays)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: it is not there, damaged, or no checkpoint of ours.
    """
    try:
        arrays = read_arrays(path, most_bytes=_MOST_BYTES)
        head = json.loads(arrays[_STATE].tobytes())
        if head["format"] != _FORMAT:
            raise CheckpointError(f"{path.name} has format {str(head['format'])[:40]}.", hint=_HINT)
        groups = [
            tuple(arrays[f"{name}{index}"] for index in range(int(head[name])))
            for name in ("model", "optimizer")
        ]
        return Checkpoint(int(head["epoch"]), groups[0], groups[1], dict(head["state"]))
    except FileNotFoundError as error:
        raise CheckpointError(
            "This run has no checkpoint: it ended before its first epoch did.", hint=_HINT
        ) from error
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise CheckpointError(
            f"The checkpoint {path} cannot be read: {str(error)[:200]}.", hint=_HINT
        ) from error
