"""Landmarks from elsewhere: both layouts, real and hostile."""

import os
import shutil
import sys

import h5py
import numpy as np
import pytest
from sqlalchemy import text

from store.catalog import choose_extractor, list_extractors, list_sequences, load_sequences
from store.errors import ImportSourceError
from store.importers.dataset import read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from tests.support.library import make_sequence


def write_h5(path, clips: dict[str, np.ndarray], **changes):
    lengths = [len(clip) for clip in clips.values()]
    landmarks = np.concatenate(list(clips.values()))
    raw = np.where(np.isnan(landmarks), -32768, np.round(landmarks * 16384)).astype(np.int16)
    with h5py.File(path, "w") as file:
        file["landmarks"] = changes.get("landmarks", raw)
        file["offsets"] = changes.get("offsets", np.concatenate([[0], np.cumsum(lengths)]))
        file["video_id"] = changes.get(
            "video_id", np.array([v.encode() for v in clips], dtype="S8")
        )
    return path


def clips(*video_ids: str) -> dict[str, np.ndarray]:
    return {v: make_sequence(6 + i, seed=i).landmarks for i, v in enumerate(video_ids)}


def sequences(library):
    with library.reading() as session:
        rows = list_sequences(session, extractor_id=choose_extractor(session))
    return {r.video_id: s for r, s in zip(rows, load_sequences(library, rows), strict=True)}


def as_set(landmarks: np.ndarray) -> list:
    """Frames with their hands in any order: naming may exchange, but never change them."""
    return [sorted(np.nan_to_num(hand, nan=-9).ravel().tolist() for hand in f) for f in landmarks]


def test_h5_is_imported_hand_by_hand(filled, tmp_path):
    wanted = clips("00001", "00003", "12345")
    summary = import_landmarks(filled, write_h5(tmp_path / "l.h5", wanted))
    assert (summary.new, summary.unknown, summary.frames) == (2, 1, 13)
    for video_id, sequence in sequences(filled).items():
        quantised = np.round(wanted[video_id] * 16384).astype(np.float32) / np.float32(16384)
        assert as_set(sequence.landmarks) == as_set(quantised)
        assert sequence.fps == 25.0


def test_importing_again_changes_nothing(filled, tmp_path):
    path = write_h5(tmp_path / "l.h5", clips("00001", "00003"))
    import_landmarks(filled, path)
    before = sorted(p.name for p in filled.landmarks_dir.iterdir())
    again = import_landmarks(filled, path)
    assert (again.new, again.updated, again.unchanged) == (0, 0, 2)
    assert sorted(p.name for p in filled.landmarks_dir.iterdir()) == before


def test_a_folder_of_npy_with_minus_one_for_absent(filled, tmp_path):
    folder = tmp_path / "npy"
    folder.mkdir()
    landmarks = make_sequence(8, absent=0.4).landmarks
    np.save(folder / "00002.npy", np.where(np.isnan(landmarks), -1, landmarks).astype(np.float64))
    summary = import_landmarks(filled, folder)
    assert (summary.new, summary.no_hands) == (1, 0)
    assert as_set(sequences(filled)["00002"].landmarks) == as_set(landmarks)


def test_a_changed_npy_is_updated(filled, tmp_path):
    np.save(tmp_path / "00001.npy", make_sequence(4, seed=1).landmarks)
    import_landmarks(filled, tmp_path)
    np.save(tmp_path / "00001.npy", make_sequence(5, seed=2).landmarks)
    summary = import_landmarks(filled, tmp_path)
    assert (summary.new, summary.updated) == (0, 1)
    assert len(sequences(filled)["00001"]) == 5


def test_a_clip_without_hands_is_no_sequence_for_training(filled, tmp_path):
    empty = np.full((5, 2, 21, 3), np.nan, np.float32)
    summary = import_landmarks(filled, write_h5(tmp_path / "l.h5", {"00001": empty}))
    assert summary.no_hands == 1
    with filled.reading() as session:
        (extractor,) = list_extractors(session)
        assert list_sequences(session, extractor_id=extractor.id) == []


def test_sources_do_not_mix(filled, tmp_path):
    import_landmarks(filled, write_h5(tmp_path / "a.h5", clips("00001")))
    import_landmarks(filled, write_h5(tmp_path / "b.h5", clips("00001", "00002")))
    with filled.reading() as session:
        assert [x.sequences for x in list_extractors(session)] == [2, 1]
        assert choose_extractor(session, glosses=["book"]) == list_extractors(session)[0].id


BAD = {
    "wrong shape": {"landmarks": np.zeros((13, 21, 3), np.int16)},
    "wrong type": {"landmarks": np.zeros((13, 2, 21, 3), np.complex64)},
    "offsets too short": {"offsets": [0, 13]},
    "offsets fall": {"offsets": [0, 20, 13]},
    "offsets from one": {"offsets": [1, 6, 13]},
    "offsets beyond": {"offsets": [0, 6, 14]},
    "ids with paths": {"video_id": np.array([b"../x", b"00001"])},
    "ids twice": {"video_id": np.array([b"00001", b"00001"])},
    "ids are numbers": {"video_id": np.array([1, 2])},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_and_nothing_is_written(filled, tmp_path, changes):
    path = write_h5(tmp_path / "bad.h5", clips("00001", "00002"), **changes)
    with pytest.raises(ImportSourceError, match=r"bad\.h5") as caught:
        import_landmarks(filled, path)
    assert caught.value.hint
    assert list(filled.landmarks_dir.iterdir()) == []
    with filled.reading() as session:
        assert session.execute(text("SELECT COUNT(*) FROM extractor")).scalar() == 0


def test_a_bad_array_late_in_a_folder_undoes_the_whole_import(filled, tmp_path):
    np.save(tmp_path / "00001.npy", make_sequence(4).landmarks)
    np.save(tmp_path / "00002.npy", make_sequence(4).landmarks * 640)
    with pytest.raises(ImportSourceError, match="not in image units"):
        import_landmarks(filled, tmp_path)
    assert list(filled.landmarks_dir.iterdir()) == []


def test_pickles_are_never_loaded(filled, tmp_path):
    np.save(tmp_path / "00001.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ImportSourceError, match=r"00001\.npy"):
        import_landmarks(filled, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n cut", b"text"])
def test_a_file_that_is_no_hdf5_is_refused(filled, tmp_path, content):
    path = tmp_path / "l.h5"
    path.write_bytes(content)
    with pytest.raises(ImportSourceError, match="not a readable HDF5"):
        import_landmarks(filled, path)


def test_missing_and_empty_sources(filled, tmp_path):
    with pytest.raises(ImportSourceError, match="not there"):
        import_landmarks(filled, tmp_path / "none.h5")
    with pytest.raises(ImportSourceError, match=r"no \.npy"):
        import_landmarks(filled, tmp_path)


def test_real_landmarks_of_some_clips(library, real_data, tmp_path):
    store_dataset(library, read_dataset(find_dataset(real_data, unpack_to=tmp_path)))
    with h5py.File(real_data / "wlasl_hands_trainval.h5") as file:
        offsets, ids = file["offsets"][:41], file["video_id"][:40]
        part = {"landmarks": file["landmarks"][: offsets[-1]], "offsets": offsets, "video_id": ids}
    summary = import_landmarks(library, write_h5(tmp_path / "p.h5", clips("1"), **part))
    assert (summary.new, summary.unknown, summary.frames) == (40, 0, int(offsets[-1]))
    shutil.rmtree(library.landmarks_dir / "none", ignore_errors=True)
    kept = sum(int(s.present.sum()) for s in sequences(library).values())
    assert kept == int((part["landmarks"][:, :, 0, 0] != -32768).sum())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_among_arrays_is_not_waited_for(filled, tmp_path):
    os.mkfifo(tmp_path / "00001.npy")
    np.save(tmp_path / "00002.npy", make_sequence(4).landmarks)
    assert import_landmarks(filled, tmp_path).new == 1


@pytest.mark.parametrize("kind", ["external link", "soft link", "external file", "virtual"])
def test_landmarks_that_lie_in_another_file_are_refused(filled, tmp_path, kind):
    """HDF5 can show any file of the machine as an array: nothing of it may get into a library."""
    other = write_h5(tmp_path / "other.h5", clips("00001", "00002"))
    path = write_h5(tmp_path / "evil.h5", clips("00001", "00002"))
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(range(256)) * 100)
    with h5py.File(path, "r+") as file:
        shape = file["landmarks"].shape
        del file["landmarks"]
        if kind == "external link":
            file["landmarks"] = h5py.ExternalLink(str(other), "/landmarks")
        elif kind == "soft link":
            file["there"] = h5py.ExternalLink(str(other), "/landmarks")
            file["landmarks"] = h5py.SoftLink("/there")
        elif kind == "external file":
            size = int(np.prod(shape)) * 2
            file.create_dataset("landmarks", shape, np.int16, external=[(str(secret), 0, size)])
        else:
            layout = h5py.VirtualLayout(shape, np.int16)
            layout[:] = h5py.VirtualSource(str(other), "landmarks", shape=shape)
            file.create_virtual_dataset("landmarks", layout)
    with pytest.raises(ImportSourceError, match="does not lie in the file itself"):
        import_landmarks(filled, path)
    assert list(filled.landmarks_dir.iterdir()) == []
