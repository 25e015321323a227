"""The landmark store against raw NumPy files: the same sequences, the same disk, in turns.

Rivals: one `.npy` array of all frames, which is the least that reading can cost, and one HDF5 file
for each clip, which is what is simplest.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from benchmarks.measuring import load, real_data, report, time_s
from store.catalog import SequenceRow, list_sequences, load_sequences
from store.importers.dataset import read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from store.landmarks import Sequence, write_sequences
from store.library import Library

CLIPS_APART: Final = 1000
ONES: Final = 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.landmarks")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    data = real_data()
    if data is None:
        print("no WLASL landmarks here; set SIGNTUI_TEST_DATA to the folder that has them")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="signtui-bench-"))
    try:
        measure(folder, data, options.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(folder: Path, data: Path, rounds: int) -> None:
    library, rows = prepare(folder, data)
    sequences = load_sequences(library, rows)
    whole = np.concatenate([sequence.landmarks for sequence in sequences])
    print(f"{len(rows)} sequences, {len(whole)} frames, {whole.nbytes / 1e6:.0f} MB; {load()}")
    array = folder / "all.npy"
    np.save(array, whole)
    apart = write_apart(folder / "apart", sequences[:CLIPS_APART])
    names = [row.video_id for row in rows]

    files = sorted({library.landmarks_dir / row.file for row in rows})
    works: dict[str, Callable[[], object]] = {
        "read all: np.load of one array": lambda: np.load(array),
        "read all: signtui": lambda: load_sequences(library, rows),
        "read all: hash of the files, once a process": lambda: [hash_file(path) for path in files],
        f"read {CLIPS_APART}: one HDF5 file a clip": lambda: [read_apart(path) for path in apart],
        f"read {CLIPS_APART}: signtui": lambda: load_sequences(library, rows[:CLIPS_APART]),
        f"read {ONES}, one at a time: signtui": lambda: [
            load_sequences(library, [row]) for row in rows[:: max(1, len(rows) // ONES)][:ONES]
        ],
        "write all: np.save of one array": lambda: np.save(folder / "again.npy", whole),
        "write all: signtui, 256 a file": lambda: write_all(folder / "ours", names, sequences),
    }
    in_turns(works, rounds)


def in_turns(works: dict[str, Callable[[], object]], rounds: int) -> None:
    """Time everything once, then everything again: a busy minute falls on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name] += time_s(work, runs=1)
    for name, times in seconds.items():
        report(name, times)


def prepare(folder: Path, data: Path) -> tuple[Library, list[SequenceRow]]:
    """A library with the real index and landmarks, and its finished sequences."""
    library = Library.create(folder / "library")
    store_dataset(library, read_dataset(find_dataset(data, unpack_to=library.clips_dir)))
    import_landmarks(library, data / "wlasl_hands_trainval.h5")
    with library.reading() as session:
        return library, list_sequences(session, extractor_id=1)


def hash_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def write_apart(folder: Path, sequences: list[Sequence]) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"{number}.h5" for number in range(len(sequences))]
    for path, sequence in zip(paths, sequences, strict=True):
        with h5py.File(path, "w") as file:
            file["landmarks"] = sequence.landmarks
    return paths


def read_apart(path: Path) -> object:
    with h5py.File(path, "r") as file:
        return file["landmarks"][()]


def write_all(folder: Path, names: list[str], sequences: list[Sequence]) -> None:
    folder.mkdir(exist_ok=True)
    pairs = list(zip(names, sequences, strict=True))
    for start in range(0, len(pairs), 256):
        write_sequences(folder / f"{start}.h5", pairs[start : start + 256])


if __name__ == "__main__":
    sys.exit(main())
