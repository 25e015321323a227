"""`signtui record`: takes that are kept, and what is left when it does not go well."""

import json
import os

import pytest

from store.jobs import list_jobs
from store.query import run_query
from store.takes import TAKE, note_path, note_take, recordings_dir
from store.words import Status
from tui.cli import main
from tui.commands import record as command


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a clip.mp4"
    path.write_bytes(b"x")
    return path


def record(library, source, *more):
    arguments = ["--library", str(library.root), "record", "hello", "--signer", "me"]
    return main([*arguments, "--source", str(source), "--seconds", "0.2", *more])


def takes(library):
    return list(recordings_dir(library).glob(f"*{TAKE}"))


def test_takes_of_a_camera_are_kept_after_a_countdown(library, real_child, capsys):
    assert record(library, "0", "--countdown", "1", "--count", "2", "--json") == 0
    said = capsys.readouterr()
    assert [one["video_id"] for one in json.loads(said.out)] == ["recorded-00001", "recorded-00002"]
    assert said.err.count("1 …") == 2
    assert said.err.count("● recording hello") == 2
    sql = "SELECT gloss, signer, split, extraction FROM instances WHERE source = 'recorded'"
    assert {tuple(row) for row in run_query(library, sql).rows} == {
        ("hello", "me", "train", "pending")
    }
    assert list_jobs(library)[0].status == Status.CANCELLED
    assert not takes(library)


def test_an_interrupt_discards_the_running_take(library, real_child, clip, monkeypatch):
    def interrupt(words):
        if words.startswith("●"):
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "narrate", interrupt)
    assert record(library, clip, "--seconds", "60") == 130
    assert recordings_dir(library).is_dir(), "it did not record"
    assert not list(recordings_dir(library).iterdir())
    assert list_jobs(library)[0].status == Status.CANCELLED


def test_what_cannot_be_recorded(library, clip, capsys):
    assert record(library, clip.parent) == 1
    assert "folder" in capsys.readouterr().err
    assert main(["--library", str(library.root), "record", " ", "--signer", "me"]) == 1
    assert "is no name" in capsys.readouterr().err


# Takes that wait


@pytest.fixture
def waiting(library):
    """Takes that a killed process left, by their names."""
    recordings_dir(library).mkdir(parents=True)
    for name in ("one", "two", "three"):
        path = recordings_dir(library) / f"{name}{TAKE}"
        path.write_bytes(name.encode())
        said = {"gloss": f"[b]{name}", "signer": "me", "owner": None}
        assert note_take(path, said, frames=50, fps=25.0, width=32, height=24)
        os.utime(note_path(path), (1000.0 + len(name), 1000.0 + len(name)))


def asked(library, *words):
    return main(["--library", str(library.root), "takes", *words])


def test_takes_are_listed_kept_and_discarded(library, waiting, capsys):
    assert asked(library) == 0
    said = capsys.readouterr()
    assert [said.out.count(f"[b]{name}") for name in ("one", "two", "three")] == [1, 1, 1]
    assert "--keep NAME" in said.err
    assert asked(library, "--keep", "two", "--discard", "one", "--json") == 0
    lists = json.loads(capsys.readouterr().out)
    assert [one["video_id"] for one in lists["kept"]] == ["recorded-00001"]
    assert [one["gloss"] for one in lists["discarded"]] == ["[b]one"]
    assert [one["gloss"] for one in lists["waiting"]] == ["[b]three"]
    sql = "SELECT gloss, signer, clip_frames FROM instances WHERE source = 'recorded'"
    assert [tuple(row) for row in run_query(library, sql).rows] == [("[b]two", "me", 50)]
    assert [path.name for path in takes(library)] == [f"three{TAKE}"]
    assert asked(library, "--keep", "all") == 0
    assert "recorded-00002" in capsys.readouterr().out
    assert asked(library) == 0
    assert "No take waits" in capsys.readouterr().err


def test_a_take_that_does_not_wait(library, waiting, capsys):
    assert asked(library, "--keep", "four") == 1
    assert "'four'" in capsys.readouterr().err
    assert asked(library, "--keep", "one", "--discard", "all") == 2
    assert len(takes(library)) == 3


def test_recording_says_what_waits(library, waiting, real_child, clip, capsys):
    assert record(library, clip, "--seconds", "0.2") == 0
    assert "3 takes recorded before wait" in capsys.readouterr().err
    assert len(takes(library)) == 3
