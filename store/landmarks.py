"""Landmark arrays in HDF5: written once, never opened for writing again.

A file holds one or more sequences laid end to end:

    landmarks  float32 (rows, 2, 21, 3)   NaN where a hand is absent
    score      float32 (rows, 2)          handedness score of the detector, NaN where unknown
    offsets    int64   (sequences + 1,)   sequence i is rows offsets[i]:offsets[i + 1]
    video_id   utf-8   (sequences,)
    fps        float64 (sequences,)       0 where unknown
    aspect     float64 (sequences,)       width / height, 0 where unknown
    body       float32 (rows, 51, 3)      `holistic` alone: pose and lips, NaN where absent

HDF5's user block holds a hash of the rest (`store.seal`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Listing
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from store.errors import DamagedFileError, StoreError
from store.files import write_aside
from store.layout import Layout, find_layout
from store.seal import BLOCK, State, check_seal, seal
from store.skeleton import BODY_SHAPE, N_SLOTS, SEQUENCE_SHAPE

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """The landmarks of one instance."""

    landmarks: NDArray[np.float32]
    """shape=(frames, 2, 21, 3): left and right hand; x, y in image widths and heights, NaN = absent."""
    fps: float = 0.0
    aspect: float = 0.0
    """Width / height of the clip; 0 = unknown."""
    score: NDArray[np.float32] | None = None
    """shape=(frames, 2): handedness score of the detector, NaN = unknown."""
    body: NDArray[np.float32] | None = None
    """shape=(frames, 51, 3): pose and lips of a `holistic` sequence; NaN = absent."""

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which hand is there in which frame. shape=(frames, 2)."""
        present: NDArray[np.bool_] = ~np.isnan(self.landmarks[:, :, 0, 0])
        return present

    def __len__(self) -> int:
        return len(self.landmarks)

    def sha256(self) -> str:
        """Hash of landmarks and body alone: equal arrays have equal hashes."""
        digest = hashlib.sha256(np.ascontiguousarray(self.landmarks).tobytes())
        if self.body is not None:
            digest.update(np.ascontiguousarray(self.body).tobytes())
        return digest.hexdigest()


def _checked(sequence: Sequence) -> Sequence:
    shape = sequence.landmarks.shape
    if shape[1:] != SEQUENCE_SHAPE or sequence.landmarks.dtype != np.float32:
        message = f"landmarks of shape {shape} and type {sequence.landmarks.dtype} are no sequence"
        raise ValueError(message)
    body = sequence.body
    if body is not None and (body.shape != (shape[0], *BODY_SHAPE) or body.dtype != np.float32):
        message = f"a body of shape {body.shape} and type {body.dtype} is none of this sequence"
        raise ValueError(message)
    return sequence


def _scores(sequence: Sequence) -> NDArray[np.float32]:
    if sequence.score is not None:
        return sequence.score
    return np.full((len(sequence), N_SLOTS), np.nan, np.float32)


def write_sequences(path: Path, items: Iterable[tuple[str, Sequence]]) -> None:
    """Write sequences to a new file: aside, to disk, and only then under its name.

    Args:
        path: the final name; an existing file is replaced.
        items: pairs of video id and sequence.

    Raises:
        ValueError: a sequence is not float32 of shape (frames, 2, 21, 3), or only some of them
            have a body.
        DiskFullError: there is no space; nothing is left behind.
        StoreError: the folder is gone, or cannot be written to.
    """
    pairs = [(video_id, _checked(sequence)) for video_id, sequence in items]
    if len({sequence.body is None for _, sequence in pairs}) > 1:
        raise ValueError("sequences with and without a body do not lie in one file")
    image = _file_image(pairs)
    if not path.parent.is_dir():
        # Made anew it would be another library's: this one's catalog may have moved with its folder.
        raise StoreError(
            f"The folder {path.parent} is gone.",
            hint="Put the library back where it was; or: signtui check --repair",
        )
    with write_aside(path) as aside:
        aside.write_bytes(seal(image) + image)


def _file_image(pairs: list[tuple[str, Sequence]]) -> bytes:
    """The bytes of the file after its user block, made in memory.

    HDF5 does not survive a full disk: the failed flush of a closing file leaves a handle behind
    that crashes the process later. Plain bytes fail plainly.
    """
    lengths = [len(sequence) for _, sequence in pairs]
    rows = int(sum(lengths))
    h5py = _h5py()
    with h5py.File("image", "w", driver="core", backing_store=False, userblock_size=BLOCK) as file:
        file.attrs["signtui_format"] = FORMAT
        landmarks = file.create_dataset("landmarks", (rows, *SEQUENCE_SHAPE), np.float32)
        score = file.create_dataset("score", (rows, N_SLOTS), np.float32)
        body = _body_dataset(file, pairs, rows)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        for (_, sequence), start in zip(pairs, offsets, strict=False):
            landmarks[start : start + len(sequence)] = sequence.landmarks
            score[start : start + len(sequence)] = _scores(sequence)
            if body is not None:
                body[start : start + len(sequence)] = sequence.body
        file["offsets"] = offsets
        file["video_id"] = np.array([video_id for video_id, _ in pairs], h5py.string_dtype("utf-8"))
        file["fps"] = np.array([sequence.fps for _, sequence in pairs], np.float64)
        file["aspect"] = np.array([sequence.aspect for _, sequence in pairs], np.float64)
        file.flush()
        return bytes(file.id.get_file_image())


def _h5py() -> Any:
    """12 MB that who only counts sequences, as the dashboard does, need not hold."""
    import h5py  # noqa: PLC0415

    return h5py


def _body_dataset(file: Any, pairs: list[tuple[str, Sequence]], rows: int) -> Any:
    """The dataset for bodies; None where the sequences have none."""
    if not pairs or pairs[0][1].body is None:
        return None
    return file.create_dataset("body", (rows, *BODY_SHAPE), np.float32)


def read_sequence(path: Path, position: int = 0) -> Sequence:
    """Read one sequence. Raises DamagedFileError."""
    return read_sequences(path, [position])[0]


def read_sequences(path: Path, positions: Listing[int]) -> list[Sequence]:
    """Read several sequences of one file, in the order asked for.

    Where most of the file is asked for it is read at once, and the arrays are views of one.

    Raises:
        DamagedFileError: it cannot be read.
    """
    with _damage_named(path):
        layout = _layout(path, check_seal(path))
        if layout is None or len(positions) * 2 > len(layout.offsets):
            return _read_whole(path, positions)
        with path.open("rb", buffering=0) as file:
            return [_read_one(file, layout, at) for at in positions]


@lru_cache(maxsize=1024)
def _layout(path: Path, _state: State) -> Layout | None:
    with _h5py().File(path, "r") as file:
        return find_layout(file)


def _read_one(file: FileIO, layout: Layout, at: int) -> Sequence:
    first, last = map(int, layout.offsets[at : at + 2])
    return Sequence(
        layout.landmarks.read(file, first, last),
        float(layout.fps[at]),
        float(layout.aspect[at]),
        layout.score.read(file, first, last),
        None if layout.body is None else layout.body.read(file, first, last),
    )


def _read_whole(path: Path, positions: Listing[int]) -> list[Sequence]:
    with _h5py().File(path, "r") as file:
        offsets, fps, aspect = (file[name][()] for name in ("offsets", "fps", "aspect"))
        names = ("landmarks", "score", "body")
        parts = [file[name][()] if name in file else None for name in names]
    return [
        _cut(parts, slice(*offsets[at : at + 2]), float(fps[at]), float(aspect[at]))
        for at in positions
    ]


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise DamagedFileError(
            f"The landmark file {path.name} is not there.", hint="Run: signtui check --repair"
        ) from error
    except _DAMAGE as error:
        raise DamagedFileError(
            f"The landmark file {path.name} cannot be read: {error}.",
            hint="Run: signtui check --repair",
        ) from error


_DAMAGE: Final = (
    OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, ArithmeticError,
    MemoryError,
)  # fmt: skip
"""What h5py raises for files that were not sealed, depending on where they are damaged."""


def _cut(parts: Listing[Any], rows: slice, fps: float, aspect: float) -> Sequence:
    landmarks, score, body = (
        None if part is None else np.asarray(part[rows], np.float32) for part in parts
    )
    if landmarks is None or score is None or len(landmarks) != rows.stop - rows.start:
        raise ValueError("it is shorter than its offsets say")
    return Sequence(landmarks, fps, aspect, score, body)


def read_video_ids(path: Path) -> list[str]:
    """The video ids of a file, in the order of their positions. Raises DamagedFileError."""
    with _damage_named(path):
        check_seal(path)
        with _h5py().File(path, "r") as file:
            return [str(video_id) for video_id in file["video_id"].asstr()[()]]
