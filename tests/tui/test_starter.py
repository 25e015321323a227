"""The model that comes with signtui, from the command line and on the live screen."""

import json

import pytest
from textual.widgets import Select

from ml.bundle import INDEX
from store.jobs import list_jobs
from store.words import JobKind
from tests.tui.conftest import add_run, newest_job, settle, until
from tests.tui.test_live_screen import clip, open_live, start

__all__ = ["clip"]


@pytest.fixture
def starter(monkeypatch, tmp_path):
    """A place with something in it; whoever reads it would find that it is no bundle."""
    folder = tmp_path / "starter"
    folder.mkdir()
    (folder / INDEX).write_text("{}", encoding="utf-8")
    monkeypatch.setattr("ml.references.STARTER_FOLDER", folder)
    return folder


def live_events(monkeypatch, seen):
    """Events of a live job that is not started; what it would be told is kept."""

    def events(library, source, model, **given):
        seen.append((library.root, source, model, given))
        yield {"event": "start", "source": source, "run": model, "fps": 25}

    monkeypatch.setattr("tui.commands.live.iter_live", events)


def test_without_a_run_live_takes_the_starter_and_says_so(signtui, library, starter, monkeypatch):
    seen = []
    live_events(monkeypatch, seen)
    code, out, err = signtui("live", "--source", "a.mp4", "--json")
    assert (code, seen[0][2]) == (0, "starter")
    assert json.loads(out)["run"] == "starter"
    assert "No run has a model yet: this is the starter model" in err
    add_run(library, "mine")
    assert signtui("live", "--source", "a.mp4")[0] == 0
    assert seen[1][2] == "latest"
    assert signtui("live", "--source", "a.mp4", "--model", "starter")[0] == 0
    assert seen[2][2] == "starter"


def test_without_a_library_live_needs_none(command_line, starter, monkeypatch, tmp_path):
    seen = []
    live_events(monkeypatch, seen)
    monkeypatch.chdir(tmp_path)
    code, _, err = command_line("live", "--source", "a.mp4")
    assert code == 0, err
    assert "There is no library yet: nothing of this is kept." in err
    root = seen[0][0]
    assert not root.exists()
    assert not list(tmp_path.glob("signtui-library*"))
    code, _, err = command_line("--library", tmp_path / "named", "live", "--source", "a.mp4")
    assert (code, "There is no library in" in err) == (1, True)


def test_without_a_starter_live_needs_a_run_and_a_library(
    signtui, command_line, tmp_path, monkeypatch
):
    assert "There is no run latest." in signtui("live", "--source", "a.mp4")[2]
    monkeypatch.chdir(tmp_path)
    assert command_line("live", "--source", "a.mp4")[0] == 1


def test_a_starter_that_is_no_bundle_ends_in_one_sentence(signtui, library, starter):
    code, _, err = signtui("train", "--from", "starter")
    assert (code, "is no index of a bundle" in err) == (1, True)


async def test_the_live_screen_offers_it_until_there_is_a_run(
    app, library, real_child, clip, starter
):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await start(pilot, screen)
        await until(pilot, lambda: newest_job(library).kind == JobKind.LIVE)
        assert newest_job(library).config["run"] == "starter"
        await pilot.press("x")
        await until(pilot, lambda: screen.child is None)
        run = add_run(library, "mine")
        await pilot.press("3")
        await settle(pilot)
        await pilot.press("4")
        await until(pilot, lambda: screen.query_one("#run", Select).value == run)
    assert len(list_jobs(library)) == 1
