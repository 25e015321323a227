"""Recordings enter the catalog like any other clip, whole or not at all."""

import json
import os

import psutil
import pytest
from sqlalchemy import select

from store import recordings
from store.errors import RecordingError, StoreError
from store.jobs import create_job, run_job
from store.query import run_query
from store.recordings import keep_recording, sweep_takes, waiting_takes
from store.schema import Clip
from store.takes import (
    describe_recording,
    discard_take,
    note_path,
    note_take,
    promise,
    recordings_dir,
)
from store.words import JobKind

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


# What waits


@pytest.fixture
def waiting(take):
    """A finished take with its note."""

    def make(name: str = "a.take.mp4", *, gloss: str = "hello", data: bytes = b"clip", **said):
        path = take(name, data)
        assert note_take(path, {**describe_recording(gloss, "me"), **said}, **FACTS)
        return path

    return make


def names(library):
    return sorted(path.name for path in recordings_dir(library).iterdir())


def gone_process():
    """An owner whose process was here and is no more."""
    owner = describe_recording("", "")["owner"]
    return {**owner, "started_at": owner["started_at"] - 1000.0}


def other_process():
    parent = psutil.Process().parent()
    owner = describe_recording("", "")["owner"]
    return {**owner, "pid": parent.pid, "started_at": parent.create_time()}


def test_a_finished_take_waits_until_it_is_kept(library, waiting):
    path = waiting(gloss="grüß dich")
    [found] = waiting_takes(library)
    assert (found.path, found.gloss, found.signer, found.seconds) == (path, "grüß dich", "me", 2.0)
    assert sweep_takes(library) == 0, "a whole take is deleted only when somebody says so"
    kept = keep_recording(library, path, gloss="a", signer="a", **FACTS)
    assert waiting_takes(library) == []
    assert names(library) == [kept.path.name]


def test_a_finished_take_waits_until_it_is_discarded(library, waiting):
    discard_take(library, waiting())
    assert waiting_takes(library) == []
    assert names(library) == []


def test_the_oldest_take_is_asked_about_first(library, waiting):
    for age, name in enumerate(("b", "a", "c")):
        path = waiting(f"{name}.take.mp4", gloss=name)
        os.utime(note_path(path), (1000.0 + age, 1000.0 + age))
    assert [found.gloss for found in waiting_takes(library)] == ["b", "a", "c"]


def test_the_takes_of_a_process_that_lives_are_its_own(library, waiting):
    waiting("theirs.take.mp4", owner=other_process())
    gone = waiting("gone.take.mp4", owner=gone_process())
    nobodys = waiting("nobodys.take.mp4", owner="?")
    assert {found.path for found in waiting_takes(library)} == {gone, nobodys}
    assert sweep_takes(library) == 0
    assert "theirs.take.mp4" in names(library)


@pytest.mark.parametrize(
    "data", [b"", b"no JSON", b"[" * 100_000, b"7", b'{"gloss": "a"}', b"\xff"]
)
def test_a_damaged_note_offers_nothing(library, waiting, data):
    note_path(waiting()).write_bytes(data)
    assert waiting_takes(library) == []


@pytest.mark.parametrize(("name", "value"), [("frames", -1), ("fps", 1e400), ("gloss", None)])
def test_a_note_with_absurd_facts_is_not_written(library, take, name, value):
    path = take()
    said, facts = describe_recording("hello", "me"), dict(FACTS)
    (said if name == "gloss" else facts)[name] = value
    assert not note_take(path, said, **facts)
    assert not note_path(path).exists()


def test_a_kill_between_the_new_name_and_its_row_makes_it_wait_again(library, waiting):
    path = waiting(gloss="mine")
    number = recordings_dir(library) / "recorded-00001.mp4"
    promise(path, number.name)
    path.rename(number)
    [found] = waiting_takes(library)
    assert (found.path, found.gloss) == (path, "mine")
    assert path.read_bytes() == b"clip"
    assert not number.exists()


def test_a_kill_after_the_row_leaves_only_a_note_to_forget(library, waiting):
    path = waiting()
    kept = keep_recording(library, path, gloss="a", signer="a", **FACTS)
    note_path(path).write_text(json.dumps({"kept_as": kept.path.name}), encoding="utf-8")
    assert waiting_takes(library) == []
    assert names(library) == [kept.path.name]


@pytest.mark.parametrize("name", ["mine.mp4", "recorded-00001.mp4"])
def test_a_note_cannot_name_a_file_elsewhere(library, waiting, name):
    path = waiting()
    other = library.clips_dir / name
    other.write_bytes(b"mine")
    path.unlink()
    note_path(path).write_text(json.dumps({"kept_as": f"../{name}"}), encoding="utf-8")
    assert waiting_takes(library) == []
    assert other.read_bytes() == b"mine"


def test_what_a_killed_process_was_writing_is_swept_once_no_live_runs(library, take, waiting):
    whole = waiting("whole.take.mp4")
    take("half.take.mp4")
    (recordings_dir(library) / "half.take.json.0123.partial").write_bytes(b"{")
    kept = keep_recording(library, take("c.take.mp4"), gloss="a", signer="a", **FACTS)
    job_id = create_job(library, JobKind.LIVE, {})
    with run_job(library, job_id):
        assert sweep_takes(library) == 0
    assert sweep_takes(library) == 1
    assert names(library) == sorted([kept.path.name, whole.name, note_path(whole).name])
