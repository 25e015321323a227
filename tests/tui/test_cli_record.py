"""`signtui record`: takes that are kept, and what is left when it does not go well."""

import json

import pytest

from store.jobs import list_jobs
from store.query import run_query
from store.recordings import TAKE, recordings_dir
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
