"""The first page: import, another folder, a demo."""

from textual.widgets import Input, Static

from store.library import Library
from store.words import JobKind
from tests.tui.conftest import newest_job, settle, until
from tui.app import SignApp
from tui.demo_road import first_steps, last_step
from tui.screens.dialogs import ErrorDialog


async def opened(pilot):
    await until(pilot, lambda: pilot.app.current_mode == "welcome")
    await settle(pilot)


async def test_a_folder_without_library_offers_to_import(tmp_path, real_child):
    app = SignApp(root=tmp_path / "new")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert str(tmp_path) in app.screen.query_one("#where", Static).render().plain.replace(
            "\n", ""
        )
        await pilot.press("1", "2")
        assert app.current_mode == "welcome", "there is nothing to show yet"
        await pilot.press("i")
        app.screen.query_one("#source", Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: app.library is not None and app.jobs)
        assert app.current_mode == "library"
        assert newest_job(app.library).kind == JobKind.IMPORT
    assert Library.open(tmp_path / "new").catalog_path.is_file()


async def test_another_library_opens_on_fresh_screens(library, tmp_path):
    app = SignApp(root=tmp_path / "new")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("o")
        app.screen.query_one("#folder", Input).value = str(tmp_path / "nowhere")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        await pilot.press("escape")
        app.screen.query_one("#folder", Input).value = str(library.root)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "library" and app.screen.page)
        assert app.screen.page.total == 300


async def test_from_an_open_library_to_another_and_back(app, library, tmp_path):
    other = Library.create(tmp_path / "other")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.switch_mode("welcome")
        await settle(pilot)
        await pilot.press("escape")
        assert app.current_mode == "library"
        await app.switch_mode("welcome")
        await app.open_library(other)
        await settle(pilot)
        assert app.screen.page.total == 0


def test_the_demo_does_what_the_command_line_does(tmp_path):
    steps = [kind for kind, _ in first_steps(tmp_path)]
    assert steps == [JobKind.DEMO, JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT, JobKind.TRAIN]
    (tmp_path / "WLASL_v0.3.json").write_text("[]", encoding="utf-8")
    assert next(first_steps(tmp_path))[0] == JobKind.IMPORT
    assert last_step(3) == (JobKind.EVALUATE, {"run": 3, "split": "test"})
