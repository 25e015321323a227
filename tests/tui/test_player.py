"""The system's player, with an opener of our own in its place."""

import os
import sys
import time

import pytest

from tui.player import NoPlayerError, play

unix = pytest.mark.skipif(sys.platform == "win32", reason="os.startfile is Windows' own")


@pytest.fixture
def opener(tmp_path, monkeypatch):
    """A program named as the system's opener, which notes its arguments and ends as told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def make(*, code=0, sleep=0.0):
        name = "open" if sys.platform == "darwin" else "xdg-open"
        script = (
            f"#!{sys.executable}\nimport sys, time, os\n"
            f"open({str(tmp_path / 'said')!r}, 'w').write(repr((sys.argv[1:], os.isatty(0))))\n"
            f"time.sleep({sleep})\nsys.exit({code})\n"
        )
        (folder / name).write_text(script, encoding="utf-8")
        (folder / name).chmod(0o755)
        return tmp_path / "said"

    return make


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a clip; $(rm).mp4"
    path.write_bytes(b"x")
    return path


@unix
def test_the_path_reaches_the_opener_as_it_is(opener, clip):
    said = opener()
    play(clip)
    assert said.read_text(encoding="utf-8") == repr(([str(clip)], False))


@pytest.mark.parametrize("name", ["a.sh", "a.exe", "a.desktop", "a", "mp4"])
def test_only_clips_are_opened(opener, tmp_path, name):
    """A catalog from someone else may name any file: the system would start a program."""
    said = opener()
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(NoPlayerError, match="is no clip"):
        play(path)
    assert not said.exists()


@unix
def test_a_player_that_stays_does_not_hold_us(opener, clip):
    said = opener(sleep=3)
    play(clip)
    deadline = time.monotonic() + 20
    while not said.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@unix
def test_an_opener_that_finds_nothing_is_a_sentence(opener, clip):
    opener(code=3)
    with pytest.raises(NoPlayerError, match="nothing to play") as raised:
        play(clip)
    assert str(clip) in raised.value.hint


@unix
def test_without_an_opener_there_is_a_sentence(clip, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPlayerError, match="no program"):
        play(clip)


def test_a_clip_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(NoPlayerError, match="not where"):
        play(tmp_path / "gone.mp4")


def test_windows_is_asked_in_its_own_way(clip, monkeypatch):
    started = []
    monkeypatch.setattr("tui.player.sys.platform", "win32")
    monkeypatch.setattr("tui.player.os.startfile", started.append, raising=False)
    play(clip)
    assert started == [str(clip)]

    def refuse(path):
        raise OSError("no association")

    monkeypatch.setattr("tui.player.os.startfile", refuse, raising=False)
    with pytest.raises(NoPlayerError, match="nothing to play"):
        play(clip)
