"""HDF5 files: bit-exact, whole or not there, and honest about damage."""

import errno
import os

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store import files
from store.errors import DamagedFileError, DiskFullError, StoreError
from store.landmarks import Sequence, read_sequence, read_sequences, read_video_ids, write_sequences
from store.skeleton import mirror
from tests.support.library import make_sequence

arrays = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 7), st.just(2), st.just(21), st.just(3)),
    elements=st.floats(width=32, allow_nan=True),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(arrays, min_size=1, max_size=5))
def test_a_round_trip_is_bit_exact(tmp_path_factory, landmarks):
    path = tmp_path_factory.mktemp("h5") / "a.h5"
    items = [(f"{i}", Sequence(array, fps=i, aspect=0.5)) for i, array in enumerate(landmarks)]
    write_sequences(path, items)
    read = read_sequences(path, range(len(items)))
    for (_, wrote), got in zip(items, read, strict=True):
        assert wrote.landmarks.tobytes() == got.landmarks.tobytes()
        assert (got.fps, got.aspect) == (wrote.fps, wrote.aspect)
    assert read_video_ids(path) == [video_id for video_id, _ in items]


def test_some_sequences_in_any_order(tmp_path):
    items = [(str(i), make_sequence(i + 1, seed=i)) for i in range(10)]
    write_sequences(tmp_path / "a.h5", items)
    for wanted in ([7, 0], [3], list(range(9, -1, -1))):
        read = read_sequences(tmp_path / "a.h5", wanted)
        assert [s.sha256() for s in read] == [items[i][1].sha256() for i in wanted]


def test_absent_hands_are_masked(tmp_path):
    landmarks = np.zeros((3, 2, 21, 3), np.float32)
    landmarks[1, 0] = np.nan
    assert Sequence(landmarks).present.tolist() == [[True, True], [False, True], [True, True]]


def test_scores_are_kept_and_unknown_where_not_given(tmp_path):
    score = np.array([[0.5, np.nan]], np.float32)
    scored = Sequence(np.zeros((1, 2, 21, 3), np.float32), score=score)
    write_sequences(tmp_path / "a.h5", [("1", scored), ("2", make_sequence(2))])
    first, second = read_sequences(tmp_path / "a.h5", [0, 1])
    np.testing.assert_array_equal(first.score, score)
    assert np.isnan(second.score).all()


@pytest.mark.parametrize(
    "array", [np.zeros((2, 21, 3), np.float32), np.zeros((4, 2, 21, 3)), np.zeros((1, 2, 20, 3))]
)
def test_other_shapes_and_types_are_refused(tmp_path, array):
    with pytest.raises(ValueError, match="no sequence"):
        write_sequences(tmp_path / "a.h5", [("1", Sequence(array))])
    assert list(tmp_path.iterdir()) == []


def test_mirroring_twice_gives_back_the_sequence():
    landmarks = make_sequence(5).landmarks
    np.testing.assert_allclose(mirror(mirror(landmarks)), landmarks, atol=1e-6)


@pytest.mark.parametrize("keep", [0, 10, 2_000])
def test_a_truncated_file_is_damaged(tmp_path, keep):
    path = tmp_path / "a.h5"
    write_sequences(path, [("1", make_sequence(20))])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedFileError, match=r"a\.h5"):
        read_sequence(path)


def test_a_flipped_bit_in_the_landmarks_is_noticed(tmp_path):
    path = tmp_path / "a.h5"
    sequence = make_sequence(20, absent=0)
    write_sequences(path, [("1", sequence)])
    raw = bytearray(path.read_bytes())
    place = raw.index(sequence.landmarks[3].tobytes()) + 5
    raw[place] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedFileError):
        read_sequence(path)


def test_a_missing_file_is_damaged_and_a_foreign_one_too(tmp_path):
    with pytest.raises(DamagedFileError, match="not there"):
        read_sequence(tmp_path / "none.h5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(DamagedFileError):
        read_sequence(tmp_path / "foreign.h5")


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def torn() -> None:
        with files.write_aside(path) as aside:
            aside.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        torn()
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failing_sync_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    def fail(_handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        files.write_text(tmp_path / "a.txt", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(full_disk):
    disk = full_disk(1)
    write_sequences(disk / "first.h5", [("1", make_sequence(100))])
    with pytest.raises(DiskFullError, match="full"):
        write_sequences(disk / "second.h5", [("2", make_sequence(5_000))])
    assert [p.name for p in disk.iterdir()] == ["first.h5"]
    assert len(read_sequence(disk / "first.h5")) == 100
