"""Narrowing on the command line and on the live screen."""

import json

import pytest
from textual.widgets import Input

from store.jobs import list_jobs
from tests.tui.conftest import add_run, newest_job, settle, until
from tests.tui.test_live_screen import clip, open_live, start
from tui.commands.narrowed import print_narrowed
from tui.screens.dialogs import ErrorDialog
from tui.screens.live_glosses import GlossesDialog

__all__ = ["clip"]

TOPS = {"top1": 0.5, "top5": 1.0, "low": 0.2, "high": 0.8, "n": 8, "n_glosses": 4}
FOUND = {
    **TOPS,
    "run": 3, "name": "mine", "split": "val", "leaking": True, "top1": 0.75,
    "narrowed": {"glosses": 4, "of": 2000}, "whole": TOPS,
    "gain": {"difference": 0.25, "low": -0.1, "high": 0.5, "p_value": 0.5, "only_a": 0, "only_b": 2},
}  # fmt: skip


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("book\n\n drink \n", encoding="utf-8")
    return path


def test_both_are_printed_side_by_side(capsys):
    print_narrowed(FOUND, json=False)
    out = capsys.readouterr().out
    assert "Run 3 mine narrowed to 4 of its 2,000 glosses, val; not kept" in out
    assert "  all glosses: top-1 50.0 %" in out
    assert "  narrowed: top-1 75.0 %" in out
    assert "gain: +25.0 points (-10.0 to +50.0, p = 0.5); 2 more clips right, 0 fewer" in out
    assert "Leaking split" in out
    print_narrowed(FOUND, json=True)
    assert json.loads(capsys.readouterr().out) == FOUND


def test_wrong_lists_are_one_clear_error(signtui, library, tmp_path):
    run = add_run(library, "mine")
    code, _, err = signtui("evaluate", run, "--glosses", tmp_path / "nowhere.txt")
    assert (code, "neither a subset nor a readable file" in err) == (1, True)
    code, _, err = signtui("live", "--glosses", tmp_path / "nowhere.txt")
    assert (code, "neither a subset nor a readable file" in err) == (1, True)
    assert signtui("live", "--model", "none", "--glosses", "100")[0] == 2
    assert list_jobs(library) == [], "nothing was started"


async def test_live_takes_a_list_of_glosses(app, library, real_child, clip, words):
    run = add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        screen.query_one("#history").focus()
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, GlossesDialog))
        app.screen.query_one(Input).value = str(words.with_name("other.txt"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, GlossesDialog))
        app.screen.query_one(Input).value = str(words)
        await pilot.press("enter")
        await settle(pilot)
        assert app.screen is screen
        subtitle = screen.query_one("#source").border_subtitle
        assert subtitle.startswith("glosses: words.txt (g)")
        await start(pilot, screen)
        config = newest_job(library).config
        assert (config["run"], config["glosses"]) == (run, ["book", "drink"])


async def test_all_glosses_are_no_narrowing(app, library, words):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, words)
        screen.glosses = str(words)
        screen.query_one("#history").focus()
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, GlossesDialog))
        app.screen.query_one(Input).value = "all"
        await pilot.press("enter")
        await settle(pilot)
        assert screen.glosses == ""
        assert "glosses" not in screen.query_one("#source").border_subtitle
        assert "glosses" not in screen.live_config("0", realtime=True)
