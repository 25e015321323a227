"""What a model has seen: marks of the recordings that it, and those it began with, learnt from.

A mark is a hash of what a recording is known by (`store.duplicates`), so that a bundle tells which
clips it was trained on to whoever has the same ones, and names none of them to anybody else.
"""

import hashlib
import json
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ml.bundle import SEEN
from ml.errors import CheckpointError
from store.catalog import SequenceRow
from store.duplicates import Key, group_identical, identities

Marks = NDArray[np.uint64]


def marks_of(rows: Iterable[SequenceRow]) -> Marks:
    """The marks of recordings, in rising order. shape=(marks,)."""
    return np.array(sorted({_mark(key) for row in rows for key in _telling(row)}), np.uint64)


def _telling(row: SequenceRow) -> list[Key]:
    """Other libraries give other ids: they tell only where nothing else is known."""
    keys = list(identities(row))
    return [key for key in keys if key[0] != "id"] or keys


def _mark(key: Key) -> int:
    text = json.dumps(key, ensure_ascii=True)
    return int.from_bytes(hashlib.blake2b(text.encode("ascii"), digest_size=8).digest(), "little")


def count_seen(held: set[int], rows: Iterable[SequenceRow], seen: Marks) -> int:
    """How many instances a model has seen, themselves or as an identical recording.

    Args:
        held: ids of the instances.
        rows: all recordings that may be identical to them, theirs among these.
        seen: the model's marks.
    """
    known = set(seen.tolist())
    total = 0
    for group in group_identical(rows):
        own = sum(row.instance_id in held for row in group)
        if own and any(_mark(key) in known for row in group for key in _telling(row)):
            total += own
    return total


def join(one: Marks, other: Marks) -> Marks:
    """The marks of both, in rising order."""
    return np.union1d(one, other)


def pack_marks(seen: Marks) -> bytes:
    """Marks as they lie in a file: eight bytes each, the lowest first."""
    return seen.astype("<u8").tobytes()


def unpack_marks(data: bytes) -> Marks:
    """The marks of a file, whoever wrote it. Raises CheckpointError."""
    if len(data) % 8:
        raise CheckpointError(
            f"{SEEN} does not say which clips the model was trained on.",
            hint="Copy the whole bundle folder once more.",
        )
    return np.frombuffer(data, "<u8").astype(np.uint64)
