"""The page of settings: values, origins, changes; what the dashboard remembers."""

import pytest
from textual.widgets import Input, Static

from store.recent import list_recent
from store.settings import JobEnd, Settings, read_settings, settings_path, write_setting
from store.words import JobKind, Status
from tests.tui.conftest import NOW, add_job, settle, until
from tui.app import SignApp
from tui.screens.dialogs import ErrorDialog
from tui.screens.settings import ChangeDialog, SettingsScreen
from tui.widgets.path_field import complete_path
from tui.widgets.table import RowTable


def rows(app):
    table = app.screen.query_one(RowTable)
    return {
        str(table.get_row_at(row)[0]): [str(cell) for cell in table.get_row_at(row)[1:]]
        for row in range(table.row_count)
    }


async def open_settings(pilot):
    await settle(pilot)
    await pilot.press("comma")
    await until(pilot, lambda: getattr(pilot.app.screen, "settings", ()))
    await settle(pilot)


async def change(pilot, name, value):
    pilot.app.screen.query_one(RowTable).select(name)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChangeDialog))
    pilot.app.screen.query_one(Input).value = value
    await pilot.press("enter")
    await settle(pilot)


async def test_values_origins_and_changes(app, monkeypatch):
    monkeypatch.setenv("SIGNTUI_QUERY_ROWS", "77")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        assert rows(app)["workers"] == ["\N{EN DASH}", "default"]
        assert rows(app)["query_rows"] == ["77", "environment"]
        await change(pilot, "workers", "none")
        problem = app.screen.query_one("#problem", Static).render().plain
        assert "cannot be 'none'" in problem
        app.screen.query_one(Input).value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: rows(app)["workers"] == ["3", "file"])
        assert app.settings.workers == 3
        await change(pilot, "query_rows", "5")
        await until(pilot, lambda: "query_rows = 5" in settings_path().read_text(encoding="utf-8"))
        assert rows(app)["query_rows"] == ["77", "environment"]
        assert "overrules" in app.screen.query_one("#about", Static).render().plain
        app.screen.query_one(RowTable).select("workers")
        await pilot.press("delete")
        await until(pilot, lambda: rows(app)["workers"][1] == "default")
        await pilot.press("escape")
        assert not isinstance(app.screen, SettingsScreen)


async def test_a_theme_is_chosen_by_name_and_shown_at_once(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_settings(pilot)
        await change(pilot, "theme", "nowhere")
        assert (
            "There is no theme nowhere" in app.screen.query_one("#problem", Static).render().plain
        )
        app.screen.query_one(Input).value = "nord"
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "nord")
        await until(pilot, lambda: read_settings({}).theme == "nord")


async def test_a_damaged_file_is_a_dialog(app):
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text("workers =", encoding="utf-8")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("comma")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "TOML" in app.screen.error.hint
        assert settings_path().read_text(encoding="utf-8") == "workers ="


async def test_the_dashboard_remembers_theme_and_library(library):
    app = SignApp(root=library.root, settings=read_settings({}), clock=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.library)
        await until(pilot, lambda: list_recent() == [library.root])
        await pilot.press("ctrl+t")
        await until(pilot, lambda: read_settings({}).theme == "signtui-light")
    again = SignApp(root=library.root, settings=read_settings({}))
    async with again.run_test(size=(80, 24)):
        assert again.theme == "signtui-light"


async def test_an_unknown_theme_is_told(library, monkeypatch):
    told = []
    monkeypatch.setattr(SignApp, "notify", lambda app, message, **how: told.append(message))
    write_setting("theme", "gone")
    app = SignApp(library, settings=read_settings({}))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.theme == "signtui-dark"
        assert told == ["There is no theme gone."]


@pytest.mark.parametrize(
    ("way", "bells", "told"),
    [(JobEnd.NOTE, 0, False), (JobEnd.BELL, 1, False), (JobEnd.DESKTOP, 1, True)],
)
async def test_the_end_of_a_job_is_told_as_it_was_set(library, monkeypatch, way, bells, told):
    rung, written = [], []
    app = SignApp(library, settings=Settings(job_end=way))
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        monkeypatch.setattr(app._driver, "write", written.append)
        job = add_job(library, JobKind.SCAN, Status.FINISHED)
        app._tell_of_end(job)
        assert len(rung) == bells
        assert (f"\x1b]9;signtui: scan {job.id} finished\a" in written) == told


def test_paths_are_completed(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "video.zip").touch()
    (tmp_path / "über").mkdir()
    start = str(tmp_path)
    assert complete_path(f"{start}/vid") == f"{start}/video.zip"
    assert complete_path(f"{start}/vid", folders_only=True).rstrip("/\\") == f"{start}/videos"
    assert complete_path(f"{start}/ü").startswith(f"{start}/über")
    for nothing in (f"{start}/none", f"{start}/", "", f"{start}/vid\0eo", f"{start}/no/such"):
        assert complete_path(nothing) is None
