"""Live: predictions of a child, line by line, and its end."""

import psutil
import pytest
from textual.widgets import Input, Select, Static

from store.words import JobKind, Status
from tests.tui.conftest import add_run, newest_job, settle, until
from tui.screens.dialogs import ErrorDialog
from tui.widgets.prediction_bars import PredictionBars
from tui.widgets.table import RowTable


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a clip.mp4"
    path.write_bytes(b"x")
    return path


async def open_live(pilot, clip):
    await settle(pilot)
    await pilot.press("4")
    await settle(pilot)
    pilot.app.screen.query_one("#clip", Input).value = str(clip)


async def test_predictions_latency_and_history(app, library, real_child, clip):
    run = add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        await pilot.press("s")
        screen = app.screen
        await until(pilot, lambda: len(screen.events) == 3)
        job = newest_job(library)
        assert (job.kind, job.config) == (JobKind.LIVE, {"run": run, "source": str(clip)})
        assert screen.query_one(PredictionBars).top == (("book", 0.8), ("drink", 0.1))
        assert "26 ms" in screen.query_one("#latency").border_subtitle
        assert "landmarks" in screen.query_one("#stages", Static).render().plain
        history = screen.query_one("#history", RowTable)
        shown = [[str(cell) for cell in history.get_row_at(row)[:2]] for row in range(3)]
        assert shown == [["whole", "book"], ["0.10 s", "unknown (book?)"], ["0.10 s", "book"]]
        assert "signing" in screen.query_one("#now").border_subtitle
        await pilot.press("x")
        await until(pilot, lambda: screen.child is None)
        assert newest_job(library).status == Status.CANCELLED


async def test_the_child_goes_with_the_dashboard(app, library, real_child, clip):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: app.screen.events)
        pid = app.screen.child.process.pid
    assert not psutil.pid_exists(pid)
    assert newest_job(library).status == Status.CANCELLED


async def test_a_missing_clip_and_a_missing_run_are_dialogs(app, library, clip):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "No run has a model" in app.screen.error.message
        await pilot.press("escape")
        add_run(library, "whole")
        app.screen._read_choices()
        await settle(pilot)
        app.screen.query_one("#clip", Input).value = "/nowhere.mp4"
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "not there" in app.screen.error.message


async def test_a_child_that_fails_is_a_dialog(app, library, real_child, clip, monkeypatch):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        start = app.start_job

        async def failing(kind, config, *, stdout=False):
            return await start(kind, {**config, "steps": 1, "fail": True}, stdout=stdout)

        monkeypatch.setattr(app, "start_job", failing)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert app.screen.error.message == "It failed as it was told to."
        assert app.screen.error.hint == "Do not tell it to."


async def test_clips_of_the_catalog_are_offered_in_turn(app, library):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        first = app.screen.query_one("#clip", Input).value
        assert first == "/clips/00004.mp4", "the first clip of the test split"
        await pilot.press("n")
        assert app.screen.query_one("#clip", Input).value != first
        await pilot.press("p")
        assert app.screen.query_one("#clip", Input).value == first
        await pilot.press("m")
        assert app.screen.query_one("#run", Select).has_focus
