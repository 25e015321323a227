"""The landmark store against raw NumPy files: the same sequences, the same disk, in turns.

Rivals: one `.npy` array of all frames, which is the least that reading can cost, and one HDF5 file
for each clip, which is what is simplest.
"""

import argparse
import hashlib
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import h5py
import numpy as np
from sqlalchemy import Engine, event, select, update

from benchmarks.measuring import NOTHING, goal, load, real_data, report, time_s
from store.catalog import (
    SequenceRow,
    get_or_add_extractor,
    list_sequences,
    load_sequences,
)
from store.extractions import Work, list_work, mark, queue_instances, record_done
from store.importers.dataset import read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from store.landmarks import Sequence, write_sequences
from store.library import Library
from store.schema import Clip, Extraction
from store.tally import freshen
from store.words import ExtractionStatus

CLIPS_APART: Final = 1000
ONES: Final = 200
WORKER_S: Final = 0.6
"""About as long as a worker needs for a clip of WLASL."""


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
    seconds = in_turns(works, rounds)
    n = f"{rounds} rounds, {len(rows)} sequences, {whole.nbytes / 1e6:.0f} MB"
    goal("landmarks: read all", "`np.load` of one array",
         f"{ratio(seconds, 'read all: np.load of one array', 'read all: signtui'):.2f} of its rate",
         "0.7", n)  # fmt: skip
    apart_name = f"read {CLIPS_APART}: one HDF5 file a clip"
    goal(f"landmarks: read {CLIPS_APART}", "one HDF5 file a clip",
         f"{ratio(seconds, apart_name, f'read {CLIPS_APART}: signtui'):.1f} times its rate",
         NOTHING, f"{rounds} rounds")  # fmt: skip
    ones = statistics.median(seconds[f"read {ONES}, one at a time: signtui"]) / ONES
    goal("landmarks: read one clip", NOTHING, f"{1000 * ones:.2f} ms", "1 ms",
         f"{rounds} rounds of {ONES}")  # fmt: skip
    goal("landmarks: write all", "`np.save` of one array",
         f"{ratio(seconds, 'write all: np.save of one array', 'write all: signtui, 256 a file'):.2f} "
         "of its rate", NOTHING, n)  # fmt: skip
    settling(folder, rows, sequences)


def ratio(seconds: dict[str, list[float]], rival: str, ours: str) -> float:
    """How many times the rival's rate ours is: the median over the rounds."""
    return statistics.median(
        theirs / mine for theirs, mine in zip(seconds[rival], seconds[ours], strict=True)
    )


def settling(folder: Path, rows: list[SequenceRow], sequences: list[Sequence]) -> None:
    """What the coordinator of an extraction does for each clip: mark, write, commit."""
    library = Library.open(folder / "library")
    with library.session() as session:
        extractor_id = get_or_add_extractor(
            session, key="bench", landmark_set="hands", origin="bench", settings={}
        )
        chosen = {row.instance_id: sequence for row, sequence in zip(rows, sequences, strict=True)}
        session.execute(update(Clip).values(availability="available", frames=100))
        queue_instances(session, extractor_id)
        work = list_work(session, extractor_id, limit=ONES)
        instances = dict(session.execute(select(Extraction.id, Extraction.instance_id)).all())
    freshen(library)
    trips = Counter[str]()

    def count_trip(*_: object) -> None:
        trips["commits"] += 1

    event.listen(Engine, "commit", count_trip)
    some = sequences[0]

    def settle(item: Work) -> None:
        with library.session() as session:
            mark(session, [item.extraction_id], ExtractionStatus.RUNNING)
        sequence = chosen.get(instances[item.extraction_id], some)
        path = library.landmarks_dir / f"clip-{item.extraction_id}-bench.h5"
        write_sequences(path, [(item.video_id, sequence)])
        with library.session() as session:
            record_done(session, item, sequence, file=path, seconds=1.0)

    seconds = [time_s(partial(settle, item), runs=1)[0] for item in work]
    event.remove(Engine, "commit", count_trip)
    middle = statistics.median(seconds)
    report("a clip settled: mark, write, commit", seconds)
    goal("extraction: a clip marked, written and committed", NOTHING,
         f"{1000 * middle:.1f} ms, {trips['commits'] / len(work):.0f} transactions",
         f"on paper {WORKER_S / middle:.0f} workers of {WORKER_S:g} s a clip",
         str(len(work)))  # fmt: skip
    library.close()


def in_turns(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time everything once, then everything again: a busy minute falls on all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name] += time_s(work, runs=1)
    for name, times in seconds.items():
        report(name, times)
    return seconds


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
