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
from store.landmarks import (
    Sequence,
    _layout,
    read_sequence,
    read_sequences,
    read_video_ids,
    write_sequences,
)
from store.seal import check_seal
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


@settings(max_examples=40, deadline=None)
@given(st.lists(arrays, min_size=2, max_size=5), st.booleans())
def test_one_sequence_of_many_is_bit_exact_without_hdf5(tmp_path_factory, landmarks, with_body):
    path = tmp_path_factory.mktemp("h5") / "a.h5"
    items = [
        (f"{i}", Sequence(
            array, fps=i, aspect=0.5, score=np.full((len(array), 2), i, np.float32),
            body=np.full((len(array), 51, 3), i, np.float32) if with_body else None,
        ))
        for i, array in enumerate(landmarks)
    ]  # fmt: skip
    write_sequences(path, items)
    assert _layout(path, check_seal(path)) is not None
    for at, (_, wrote) in enumerate(items):
        got = read_sequence(path, at)
        assert (got.fps, got.aspect, got.sha256()) == (wrote.fps, wrote.aspect, wrote.sha256())
        assert got.landmarks.shape == wrote.landmarks.shape
        np.testing.assert_array_equal(got.score, wrote.score)
        assert got.landmarks.flags.writeable


@pytest.mark.parametrize(
    "how", [{"chunks": (2, 2, 21, 3)}, {"compression": "gzip"}, {"dtype": "<f8"}, {"dtype": ">f4"}]
)
def test_arrays_that_lie_otherwise_are_read_all_the_same(tmp_path, how):
    items = [(str(i), make_sequence(i + 3, seed=i)) for i in range(4)]
    write_sequences(tmp_path / "a.h5", items)
    with h5py.File(tmp_path / "a.h5") as ours, h5py.File(tmp_path / "b.h5", "w") as other:
        for name in ("score", "offsets", "video_id", "fps", "aspect"):
            ours.copy(name, other)
        other.create_dataset("landmarks", data=ours["landmarks"][()], **how)
    for at, (_, wrote) in enumerate(items):
        got = read_sequence(tmp_path / "b.h5", at)
        assert got.sha256() == wrote.sha256()


@pytest.mark.parametrize("at", [2, 3, -1, 10**9])
def test_a_place_that_a_file_has_not_is_damage(tmp_path, at):
    write_sequences(tmp_path / "a.h5", [("1", make_sequence(2)), ("2", make_sequence(3))])
    with pytest.raises(DamagedFileError):
        read_sequence(tmp_path / "a.h5", at)


def test_offsets_that_lie_beyond_the_arrays_are_damage(tmp_path):
    write_sequences(tmp_path / "a.h5", [(str(i), make_sequence(2)) for i in range(4)])
    with h5py.File(tmp_path / "a.h5") as ours, h5py.File(tmp_path / "b.h5", "w") as other:
        for name in ("landmarks", "score", "video_id", "fps", "aspect"):
            ours.copy(name, other)
        other["offsets"] = np.array([0, 2, 4, 6, 10**12])
    assert len(read_sequence(tmp_path / "b.h5", 0)) == 2
    with pytest.raises(DamagedFileError, match="shorter"):
        read_sequence(tmp_path / "b.h5", 3)


def test_a_file_that_is_replaced_is_read_anew(tmp_path):
    path = tmp_path / "a.h5"
    for seed in (1, 2):
        items = [(str(i), make_sequence(3 + i * seed, seed=seed)) for i in range(3)]
        write_sequences(path, items)
        assert read_sequence(path, 2).sha256() == items[2][1].sha256()


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
