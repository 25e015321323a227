"""Recordings enter the catalog like any other clip, whole or not at all."""

import pytest
from sqlalchemy import select

from store import recordings
from store.errors import RecordingError, StoreError
from store.query import run_query
from store.recordings import discard_takes, keep_recording, recordings_dir
from store.schema import Clip

FACTS = {"frames": 50, "fps": 25.0, "width": 640, "height": 480}


@pytest.fixture
def take(library):
    folder = recordings_dir(library)
    folder.mkdir(parents=True)

    def make(name: str = "a.take.mp4", data: bytes = b"clip"):
        path = folder / name
        path.write_bytes(data)
        return path

    return make


def test_a_new_word_and_a_new_signer(library, take):
    path = take()
    kept = keep_recording(library, path, gloss=" hello  there ", signer="anna", **FACTS)
    assert not path.exists()
    assert kept.path.read_bytes() == b"clip"
    columns = "gloss, signer, split, source, availability, clip_frames, fps, path, extraction"
    [row] = run_query(library, f"SELECT {columns} FROM instances").rows
    assert row == (
        "hello there", "anna", "train", "recorded", "available", 50, 25.0, str(kept.path), "pending"
    )  # fmt: skip
    assert run_query(library, "SELECT path FROM video_root").rows == [(str(kept.path.parent),)]


def test_every_fourth_of_a_word_is_for_val(library, take):
    splits = [
        keep_recording(library, take(data=bytes([n])), gloss="wave", signer="a", **FACTS).split
        for n in range(9)
    ]
    assert splits == ["train", "train", "train", "val"] * 2 + ["train"]
    assert keep_recording(library, take(), gloss="other", signer="a", **FACTS).split == "train"


def test_numbers_are_never_used_twice(library, take):
    first = keep_recording(library, take(), gloss="a", signer="a", **FACTS)
    (recordings_dir(library) / "recorded-00007.mp4").write_bytes(b"left by a kill")
    second = keep_recording(library, take(data=b"2"), gloss="a", signer="a", **FACTS)
    assert (first.video_id, second.video_id) == ("recorded-00001", "recorded-00008")


@pytest.mark.parametrize(
    ("gloss", "signer"), [("", "a"), ("a", " "), ("a\x00", "a"), ("x" * 101, "a")]
)
def test_names_that_are_none_change_nothing(library, take, gloss, signer):
    path = take()
    with pytest.raises(RecordingError):
        keep_recording(library, path, gloss=gloss, signer=signer, **FACTS)
    assert path.exists()
    assert run_query(library, "SELECT COUNT(*) FROM clip").rows == [(0,)]


def test_a_take_that_is_gone_changes_nothing(library, take):
    path = take()
    path.unlink()
    with pytest.raises(StoreError):
        keep_recording(library, path, gloss="a", signer="a", **FACTS)
    with library.reading() as session:
        assert session.scalars(select(Clip)).all() == []


def test_a_kill_before_the_commit_leaves_the_catalog_as_it_was(library, take, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(recordings, "add_video_root", kill)
    with pytest.raises(Killed):
        keep_recording(library, take(), gloss="a", signer="a", **FACTS)
    assert run_query(library, "SELECT COUNT(*) FROM clip").rows == [(0,)]
    monkeypatch.undo()
    kept = keep_recording(library, take(data=b"2"), gloss="a", signer="a", **FACTS)
    assert kept.video_id == "recorded-00002"


def test_takes_that_nobody_kept_can_be_swept(library, take):
    take("a.take.mp4")
    take("b.take.mp4")
    kept = keep_recording(library, take("c.take.mp4"), gloss="a", signer="a", **FACTS)
    assert discard_takes(library) == 2
    assert [path.name for path in recordings_dir(library).iterdir()] == [kept.path.name]
