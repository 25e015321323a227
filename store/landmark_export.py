"""Landmarks for other programs: sequences laid end to end in one .npz or .h5 file.

landmarks    float32 (rows, 2, 21, 3)   left and right hand; NaN where a hand is absent
score        float32 (rows, 2)          handedness score of the detector, NaN where unknown
offsets      int64   (sequences + 1,)   sequence i is rows offsets[i]:offsets[i + 1]
instance_id  int64   (sequences,)
video_id, gloss, signer, split          text (sequences,), empty where unknown
fps, aspect  float64 (sequences,)       0 where unknown
body         float32 (rows, 51, 3)      `holistic` alone: pose and lips; NaN where absent
"""

import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from store.catalog import (
    ExtractorRow,
    SequenceRow,
    list_extractors,
    list_sequences,
    load_sequences,
)
from store.errors import DamagedFileError, DiskFullError, NotInCatalogError, StoreError
from store.export import check_target
from store.files import write_aside
from store.landmarks import FORMAT, Sequence
from store.library import Library
from store.paths import user_path
from store.query import run_query
from store.skeleton import BODY_SHAPE, N_SLOTS, SEQUENCE_SHAPE

SUFFIXES: Final = (".npz", ".h5", ".hdf5")
_npy: Final[Any] = np.lib.format
_Read = Callable[[], Iterator[Sequence]]
"""Reads all sequences, from the first one on; as often as it is called."""
_AT_ONCE: Final = 256
"""Sequences in memory at a time: about 8 MB."""
_MOST: Final = 10_000_000
_ROOM: Final = 2**20


@dataclass(frozen=True, slots=True)
class LandmarkReport:
    """What was written."""

    path: str
    extractor: int
    origin: str
    sequences: int
    frames: int
    glosses: int
    bytes: int


def export_landmarks(
    library: Library,
    path: Path,
    *,
    where: str = "",
    extractor: int | None = None,
    force: bool = False,
) -> LandmarkReport:
    """Write the sequences of one extractor to a file; excluded instances are left out.

    Args:
        library: where they lie.
        path: a file that ends with .npz or .h5.
        where: an SQL condition on the view `instances`.
        extractor: whose; None takes the one with the most sequences of those asked for.
        force: replace an existing file.

    Raises:
        StoreError: the name does not say the format, or the file cannot be written.
        QueryError: the condition is wrong.
        NotInCatalogError: there are no landmarks for it.
        DiskFullError: there is no room.
        DamagedFileError: landmarks cannot be read.
    """
    path = user_path(path).absolute()
    if path.suffix.lower() not in SUFFIXES:
        raise StoreError(
            f"The name {path.name} does not say the format.", hint="End it with .npz or .h5"
        )
    check_target(path, force=force)
    chosen, rows = _choose(library, where, extractor)
    lengths = np.array([row.frames for row in rows], np.int64)
    frames = int(lengths.sum())
    body = chosen.landmark_set == "holistic"
    _check_room(path, frames, body=body)
    tables = _tables(rows, lengths)
    with write_aside(path) as aside:
        write = _write_npz if path.suffix.lower() == ".npz" else _write_h5
        write(aside, tables, lambda: _read(library, rows), frames, body=body)
    glosses = len({row.gloss for row in rows})
    size = path.stat().st_size
    return LandmarkReport(str(path), chosen.id, chosen.origin, len(rows), frames, glosses, size)


def _choose(
    library: Library, where: str, extractor: int | None
) -> tuple[ExtractorRow, list[SequenceRow]]:
    wanted: set[int] | None = None
    if where.strip():
        sql = f"SELECT instance_id FROM instances WHERE ({where}\n)"  # noqa: S608 - read-only
        wanted = {row[0] for row in run_query(library, sql, row_limit=_MOST).rows}
    found: dict[int, list[SequenceRow]] = {}
    with library.reading() as session:
        known = {row.id: row for row in list_extractors(session)}
        for extractor_id in known:
            if extractor in {None, extractor_id}:
                rows = list_sequences(session, extractor_id=extractor_id)
                found[extractor_id] = [r for r in rows if wanted is None or r.instance_id in wanted]
    counts = Counter({extractor_id: len(rows) for extractor_id, rows in found.items()})
    if not counts.total():
        raise NotInCatalogError(
            "There are no landmarks for this.",
            hint="See what there is: signtui sql 'SELECT * FROM extraction_status'",
        )
    # Arrays of different extractors never mix.
    chosen = counts.most_common(1)[0][0]
    return known[chosen], found[chosen]


def _tables(rows: list[SequenceRow], lengths: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {
        "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "instance_id": np.array([row.instance_id for row in rows], np.int64),
        "video_id": np.array([row.video_id for row in rows], np.str_),
        "gloss": np.array([row.gloss for row in rows], np.str_),
        "signer": np.array([row.signer or "" for row in rows], np.str_),
        "split": np.array([row.split or "" for row in rows], np.str_),
    }


def _read(library: Library, rows: list[SequenceRow]) -> Iterator[Sequence]:
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        for row, sequence in zip(part, load_sequences(library, part), strict=True):
            if len(sequence) != row.frames:
                raise DamagedFileError(
                    f"The landmarks of {row.video_id} have {len(sequence)} frames, "
                    f"the catalog says {row.frames}.",
                    hint="Run: signtui check --repair",
                )
            yield sequence


def _scores(sequence: Sequence) -> NDArray[np.float32]:
    absent = np.full((len(sequence), N_SLOTS), np.nan, np.float32)
    return absent if sequence.score is None else sequence.score


def _bodies(parts: Iterator[Sequence]) -> Iterator[NDArray[np.float32]]:
    for sequence in parts:
        if sequence.body is None:
            raise DamagedFileError(
                "Some holistic landmarks have no body.", hint="Run: signtui check --repair"
            )
        yield sequence.body


def _check_room(path: Path, frames: int, *, body: bool) -> None:
    """HDF5 does not survive a full disk, so that one is not begun."""
    values = int(np.prod(SEQUENCE_SHAPE)) + N_SLOTS + body * int(np.prod(BODY_SHAPE))
    needed = frames * 4 * values + _ROOM
    if shutil.disk_usage(path.parent).free < needed:
        raise DiskFullError(
            f"The disk that holds {path.parent} has no room for {needed / 2**20:,.0f} MiB.",
            hint="Free some space, or narrow it down with --where.",
        )


def _write_npz(
    path: Path, tables: dict[str, NDArray[Any]], read: _Read, frames: int, *, body: bool
) -> None:
    scores, fps, aspect = [], [], []
    with zipfile.ZipFile(path, "w") as archive:
        with _npy_entry(archive, "landmarks", (frames, *SEQUENCE_SHAPE)) as file:
            for sequence in read():
                file.write(np.ascontiguousarray(sequence.landmarks, "<f4").tobytes())
                scores.append(_scores(sequence))
                fps.append(sequence.fps)
                aspect.append(sequence.aspect)
        if body:
            # An archive takes one array at a time: this one is read for by itself.
            with _npy_entry(archive, "body", (frames, *BODY_SHAPE)) as file:
                for array in _bodies(read()):
                    file.write(np.ascontiguousarray(array, "<f4").tobytes())
        facts = {"score": np.concatenate(scores), "fps": np.array(fps), "aspect": np.array(aspect)}
        for name, array in (tables | facts).items():
            with archive.open(f"{name}.npy", "w") as file:
                _npy.write_array(file, array, allow_pickle=False)


@contextmanager
def _npy_entry(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> Iterator[IO[bytes]]:
    """A float32 array of the archive that is written piece by piece."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        _npy.write_array_header_1_0(file, header)
        yield file


def _write_h5(
    path: Path, tables: dict[str, NDArray[Any]], read: _Read, frames: int, *, body: bool
) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["signtui_format"] = FORMAT
        for name, array in tables.items():
            text = array.dtype.kind == "U"
            kind = h5py.string_dtype("utf-8") if text else array.dtype
            file.create_dataset(name, data=array.astype(object) if text else array, dtype=kind)
        landmarks = file.create_dataset("landmarks", (frames, *SEQUENCE_SHAPE), np.float32)
        score = file.create_dataset("score", (frames, N_SLOTS), np.float32)
        fps, aspect, row = [], [], 0
        for sequence in read():
            landmarks[row : row + len(sequence)] = sequence.landmarks
            score[row : row + len(sequence)] = _scores(sequence)
            row += len(sequence)
            fps.append(sequence.fps)
            aspect.append(sequence.aspect)
        if body:
            bodies, row = file.create_dataset("body", (frames, *BODY_SHAPE), np.float32), 0
            for part in _bodies(read()):
                bodies[row : row + len(part)] = part
                row += len(part)
        file["fps"], file["aspect"] = np.array(fps, np.float64), np.array(aspect, np.float64)
