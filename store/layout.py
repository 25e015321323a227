"""Where a landmark file keeps its arrays: one clip is then a short read of each, without HDF5.

To open a file with HDF5 and find its datasets takes longer than to read a clip. Each array lies in one piece
(HDF5's contiguous layout) and files never change, so that what was found once holds while the file is the same.
"""

import io
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

_FLOATS: Final = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Array:
    """A float32 array of a file, row by row."""

    start: int
    """Of its first byte."""
    shape: tuple[int, ...]

    @classmethod
    def of(cls, dataset: Any) -> Self | None:
        """None where it does not lie in one piece, or not as it is in memory."""
        start = dataset.id.get_offset()
        if start is None or dataset.dtype != _FLOATS:
            return None
        return cls(int(start), tuple(map(int, dataset.shape)))

    def read(self, file: io.FileIO, first: int, last: int) -> NDArray[np.float32]:
        """Rows, half-open. Raises ValueError where the file has no such rows, and OSError."""
        if not 0 <= first <= last <= self.shape[0]:
            raise ValueError("it is shorter than its offsets say")
        rows = np.empty((last - first, *self.shape[1:]), _FLOATS)
        if rows.size:
            file.seek(self.start + first * (rows.nbytes // len(rows)))
            if file.readinto(rows.data.cast("B")) != rows.nbytes:
                raise ValueError("it ends before its arrays do")
        return rows


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrays of one file."""

    offsets: NDArray[np.int64]
    fps: NDArray[np.float64]
    aspect: NDArray[np.float64]
    landmarks: Array
    score: Array
    body: Array | None


def find_layout(file: Any) -> Layout | None:
    """The layout of an open HDF5 file; None where its arrays must be read by HDF5.

    Raises:
        LookupError, OSError, RuntimeError, ValueError: what is no landmark file.
    """
    landmarks, score = Array.of(file["landmarks"]), Array.of(file["score"])
    body = Array.of(file["body"]) if "body" in file else None
    if landmarks is None or score is None or (body is None and "body" in file):
        return None
    offsets, fps, aspect = (file[name][()] for name in ("offsets", "fps", "aspect"))
    return Layout(offsets, fps, aspect, landmarks, score, body)
