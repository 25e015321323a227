"""Which clips of an epoch make a batch, and which of a batch go to which device."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def split_epoch(n: int, size: int) -> list[slice]:
    """Slices of nearly equal size: a last batch of one clip would upset normalisation."""
    return _cut(n, -(-n // size))


def _cut(n: int, parts: int) -> list[slice]:
    edges = np.linspace(0, n, parts + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(edges)]


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every batch that this process works on: that of its own devices."""

    devices: int = 1
    """Of all processes; each batch is cut into so many parts."""
    first: int = 0
    """The number of this process's first device among all."""
    own: int = 1
    """This process's devices, one after another."""

    @property
    def is_whole(self) -> bool:
        return self.own == self.devices

    def of_device(self, n: int, device: int) -> slice:
        """The rows of a batch of n that one device works on."""
        return _cut(n, self.devices)[device]

    def rows(self, n: int) -> slice:
        """The rows of a batch of n that this process works on."""
        parts = _cut(n, self.devices)[self.first : self.first + self.own]
        return slice(parts[0].start, parts[-1].stop)

    def positions(self, batches: list[slice]) -> NDArray[np.int64]:
        """This process's rows of all batches, as places in the epoch."""
        own = (self.rows(batch.stop - batch.start) for batch in batches)
        return np.concatenate(
            [
                np.arange(batch.start + rows.start, batch.start + rows.stop)
                for batch, rows in zip(batches, own, strict=True)
            ]
        )


WHOLE = Share()
"""One process alone."""
