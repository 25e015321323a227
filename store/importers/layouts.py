"""The layouts in which landmarks come from elsewhere.

- An HDF5 file with `landmarks` int16 (rows, 2, 21, 3), divided by 16384 for image units, -32768
  where a hand is absent (or float, NaN or -1 where absent), `offsets` (clips + 1,) and `video_id`
  (clips,).
- A folder of `<video_id>.npy`, float (frames, 2, 21, 3), NaN or -1 where a hand is absent.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from store.errors import ImportSourceError
from store.importers.rehearsal import rehearse
from store.importers.wlasl import check_video_id
from store.skeleton import SEQUENCE_SHAPE

_INT16_SCALE: Final = 16384.0
_INT16_ABSENT: Final = -32768
_MAX_FRAMES: Final = 100_000
_MAX_UNITS: Final = 100.0
"""Coordinates are in image units; MediaPipe's seldom leave -1 to 2."""


class LandmarkSource(Protocol):
    """Landmarks by video id, in the order of detection."""

    key: str
    origin: str
    video_ids: list[str]
    by_content: bool
    """The key is a hash of the content: what is stored under it cannot have changed."""

    def read(self, index: int) -> NDArray[np.float32]: ...


@contextmanager
def open_landmarks(path: Path) -> Iterator[LandmarkSource]:
    """Open a file or folder of landmarks and check its layout. Raises ImportSourceError."""
    if path.is_dir():
        yield _NpyFolder(path)
        return
    if not path.is_file():
        raise ImportSourceError(
            f"The landmarks {path} are not there.",
            hint="Give an HDF5 file or a folder of <video_id>.npy.",
        )
    rehearse(path)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ImportSourceError(
            f"{path.name} is not a readable HDF5 file: {error}.",
            hint="Give an HDF5 file with landmarks, offsets and video_id, or a folder of .npy.",
        ) from error
    with file:
        yield _Hdf5File(path, file)


class _Hdf5File:
    """`landmarks`, `offsets` and `video_id` of an HDF5 file, checked before use."""

    by_content = True

    def __init__(self, path: Path, file: Any) -> None:
        self._path, self._file = path, file
        try:
            for name in ("video_id", "offsets", "landmarks"):
                _require_own(file, name)
            self.video_ids = [check_video_id(str(v)) for v in file["video_id"].asstr()[()]]
            self._offsets = np.asarray(file["offsets"][()], np.int64)
            shape = file["landmarks"].shape
            self._check(shape, file["landmarks"].dtype)
        except (
            KeyError,
            TypeError,
            AttributeError,
            ValueError,
            OSError,
            RuntimeError,
            MemoryError,
        ) as error:
            raise _bad_layout(path, str(error)[:120]) from error
        with path.open("rb") as raw:
            self.key = hashlib.file_digest(raw, "sha256").hexdigest()
        self.origin = path.name

    def _check(self, shape: tuple[int, ...], dtype: Any) -> None:
        lengths = np.diff(self._offsets)
        if shape[1:] != SEQUENCE_SHAPE:
            raise ValueError(f"landmarks has the shape {shape}, not (rows, 2, 21, 3)")
        if dtype != np.int16 and dtype.kind != "f":
            raise ValueError(f"landmarks has the type {dtype}, not int16 or float")
        if len(self._offsets) != len(self.video_ids) + 1 or self._offsets[0] != 0:
            raise ValueError("offsets does not fit video_id")
        if self._offsets[-1] != shape[0] or (lengths < 0).any() or (lengths > _MAX_FRAMES).any():
            raise ValueError("offsets does not fit landmarks")
        if len(set(self.video_ids)) != len(self.video_ids):
            raise ValueError("a video id occurs twice")

    def read(self, index: int) -> NDArray[np.float32]:
        start, end = self._offsets[index], self._offsets[index + 1]
        try:
            raw = self._file["landmarks"][start:end]
        except (OSError, RuntimeError) as error:
            raise ImportSourceError(f"{self._path.name} is damaged: {error}.") from error
        if raw.dtype == np.int16:
            landmarks = raw.astype(np.float32) / np.float32(_INT16_SCALE)
            landmarks[raw == _INT16_ABSENT] = np.nan
            return _one_absence(landmarks)
        return _from_float(raw, self.video_ids[index])


def _require_own(file: Any, name: str) -> None:
    """A dataset of a file may be a view of any other file of the machine. Raises ValueError."""
    linked = not isinstance(file.get(name, getlink=True), h5py.HardLink)
    dataset = None if linked else file[name]
    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        message = f"{name} does not lie in the file itself"
        raise ValueError(message)


class _NpyFolder:
    """`<video_id>.npy` files of a folder."""

    by_content = False

    def __init__(self, folder: Path) -> None:
        # A pipe among them would be waited for for ever.
        self._paths = sorted(path for path in folder.glob("*.npy") if path.is_file())
        if not self._paths:
            raise ImportSourceError(
                f"There are no .npy files in {folder}.", hint="Expected: <video_id>.npy"
            )
        try:
            self.video_ids = [check_video_id(path.stem) for path in self._paths]
        except ValueError as error:
            raise _bad_layout(folder, str(error)) from error
        self.key = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()
        self.origin = folder.name

    def read(self, index: int) -> NDArray[np.float32]:
        path = self._paths[index]
        try:
            raw = np.load(path, allow_pickle=False, mmap_mode="r")
        except Exception as error:
            # NumPy reads the header with Python's own parser, which fails in many ways.
            raise _bad_layout(path, str(error)[:120]) from error
        if raw.shape[1:] != SEQUENCE_SHAPE or raw.dtype.kind != "f" or len(raw) > _MAX_FRAMES:
            raise _bad_layout(path, f"shape {raw.shape}, type {raw.dtype}")
        return _from_float(raw, path.name)


def _from_float(raw: NDArray[Any], name: str) -> NDArray[np.float32]:
    landmarks = np.array(raw, np.float32)
    absent = (landmarks == -1).all(axis=(2, 3))
    landmarks[absent] = np.nan
    if np.isinf(landmarks).any() or (np.abs(landmarks) > _MAX_UNITS).any():
        raise ImportSourceError(
            f"The landmarks of {name} are not in image units (0 to 1).",
            hint="Divide x by the width and y by the height of the image.",
        )
    return _one_absence(landmarks)


def _one_absence(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """A hand with any coordinate missing is absent as a whole."""
    landmarks[np.isnan(landmarks).any(axis=(2, 3))] = np.nan
    return landmarks


def _bad_layout(path: Path, why: str) -> ImportSourceError:
    return ImportSourceError(
        f"{path.name} does not hold landmarks as signtui reads them: {why}.",
        hint="The layouts are described in docs/data-format.md.",
    )
