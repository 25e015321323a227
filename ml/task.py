"""What a worker must know of a training: its config and its clips. Workers need no library."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.config import TrainConfig, from_json, to_json
from ml.dataset import Part
from ml.hierarchy import Classes
from store.landmarks import Sequence

Arrays = list[NDArray[Any]]
_OPTIONAL: Final = ("score", "body")


@dataclass(frozen=True, slots=True)
class Task:
    config: TrainConfig
    glosses: int
    """How many the model tells apart."""
    train: Part
    classes: Classes | None = None
    """The super-class of each gloss, where there is a coarse head to learn them."""


def pack_task(task: Task) -> tuple[dict[str, Any], Arrays]:
    """A task as JSON and arrays; `unpack_task` gives it back, to the last bit."""
    sequences = task.train.sequences
    head: dict[str, Any] = {
        "config": to_json(task.config),
        "glosses": task.glosses,
        "frames": [len(sequence) for sequence in sequences],
        "fps": [sequence.fps for sequence in sequences],
        "aspect": [sequence.aspect for sequence in sequences],
        "copies": list(task.train.copies),
        "classes": None if task.classes is None else np.asarray(task.classes).tolist(),
    }
    arrays: Arrays = [task.train.targets, _joined([sequence.landmarks for sequence in sequences])]
    for name in _OPTIONAL:
        there: list[Any] = [getattr(sequence, name) for sequence in sequences]
        head[name] = [array is not None for array in there]
        arrays.append(_joined([array for array in there if array is not None]))
    return head, arrays


def _joined(arrays: Arrays) -> NDArray[np.float32]:
    return np.concatenate(arrays) if arrays else np.empty(0, np.float32)


def unpack_task(head: dict[str, Any], arrays: Arrays) -> Task:
    """The task that was packed. Raises ConfigError."""
    targets, landmarks, *optional = arrays
    frames = head["frames"]
    parts: dict[str, list[Any]] = {"landmarks": _cut(landmarks, frames)}
    for name, joined in zip(_OPTIONAL, optional, strict=True):
        there = head[name]
        cut = iter(_cut(joined, [n for n, has in zip(frames, there, strict=True) if has]))
        parts[name] = [next(cut) if has else None for has in there]
    sequences = tuple(
        Sequence(fps=fps, aspect=aspect, **{name: part[index] for name, part in parts.items()})
        for index, (fps, aspect) in enumerate(zip(head["fps"], head["aspect"], strict=True))
    )
    classes = None if head["classes"] is None else np.array(head["classes"], np.int64)
    train = Part(sequences, tuple(head["copies"]), targets)
    return Task(from_json(TrainConfig, head["config"]), head["glosses"], train, classes)


def _cut(joined: NDArray[Any], lengths: list[int]) -> Arrays:
    edges = np.cumsum([0, *lengths])
    return [joined[start:stop] for start, stop in pairwise(edges)]
