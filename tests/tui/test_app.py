"""What holds on all screens: keys, help, palette, quit, errors, room at 80x24, imports."""

import gc
import subprocess
import sys

import psutil
import pytest
from textual.events import Key
from textual.widgets import Input

from store.errors import LibraryBusyError, StoreError
from store.words import JobKind, Status
from tests.tui.conftest import ROOT, add_job, add_run, newest_job, settle, until
from tui.app import SignApp, make_screen
from tui.dashboard import run_dashboard
from tui.palette import ENTRIES
from tui.screens.dialogs import ErrorDialog, HelpDialog, QuitDialog
from tui.screens.import_form import ImportForm
from tui.screens.run_form import RunForm
from tui.widgets.nav_bar import SCREENS, NavBar


async def test_number_keys_and_tabs_lead_everywhere(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for number, name in enumerate(SCREENS, start=1):
            await pilot.press("escape", str(number))
            await settle(pilot)
            assert app.current_mode == name
        await pilot.click(NavBar, offset=(2, 0))
        await settle(pilot)
        assert app.current_mode == "library"


async def test_every_binding_of_a_screen_is_reachable_and_has_its_action(app, library):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for name in SCREENS:
            await app.action_show(name)
            await settle(pilot)
            active = app.screen.active_bindings
            for binding in type(app.screen).BINDINGS:
                action = binding.action.split("(")[0]
                assert hasattr(app.screen, f"action_{action}"), action
                if app.screen.check_action(action, ()) is False:
                    continue
                # Enter may be the table's own, which tells the screen of the chosen row.
                for key in set(binding.key.split(",")) - {"enter"}:
                    assert active[key].node is app.screen, f"{key}: {active[key].node}"


async def test_help_is_made_from_the_bindings(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "question_mark")
        await settle(pilot)
        assert isinstance(app.screen, HelpDialog)
        groups = app.screen._groups
        assert ("space", "Pause or go on") in groups["This screen"]
        assert ("q", "Quit") in groups["Everywhere"]
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpDialog)


async def test_the_palette_has_every_command_and_runs_it(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {entry.title for entry in ENTRIES} <= commands.keys()
        await commands["train"].callback()
        await settle(pilot)
        assert app.current_mode == "runs"
        assert isinstance(app.screen, RunForm)
        await pilot.press("escape")
        await commands["import"].callback()
        await settle(pilot)
        assert isinstance(app.screen, ImportForm)
        await pilot.press("escape", "ctrl+p")
        await pilot.pause()
        assert app.screen.query(Input)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_every_entry_names_a_screen_and_an_action(entry):
    screen = make_screen(entry.screen)
    assert not entry.action or hasattr(screen, f"action_{entry.action}")


async def test_quit_without_jobs_does_not_ask(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


@pytest.mark.parametrize(("key", "status"), [("s", Status.CANCELLED), ("l", Status.RUNNING)])
async def test_quit_asks_what_becomes_of_a_job(app, library, real_child, key, status):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "s")
        await until(pilot, lambda: app.jobs and app.jobs[0].done > 1)
        await pilot.press("q")
        assert isinstance(app.screen, QuitDialog)
        await pilot.press("escape")
        assert not isinstance(app.screen, QuitDialog)
        await pilot.press("q", key)
        await until(pilot, lambda: app._exit)
    job = newest_job(library)
    try:
        assert job.status == status
        assert psutil.pid_exists(job.pid) == (key == "l")
    finally:
        if key == "l":
            left = app.children_started._running[job.id].process
            left.kill()
            left.wait()


async def test_children_end_when_the_app_ends_in_any_other_way(app, library, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "s")
        await until(pilot, lambda: newest_job(library).done > 1)
    job = newest_job(library)
    assert job.status == Status.CANCELLED
    assert not psutil.pid_exists(job.pid)


async def test_a_job_that_another_process_runs_does_not_hold_the_quit(app, library):
    add_job(library, JobKind.TRAIN, Status.RUNNING)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.jobs)
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
    assert newest_job(library).request is None


async def test_the_end_of_a_job_is_told(app, library, real_child):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await app.start_job(JobKind.SCAN, {"steps": 3, "fail": True})
        await until(pilot, lambda: len(app._notifications))
        told = next(iter(app._notifications))
        assert (told.title, told.severity) == ("scan 1 failed", "error")
        assert told.message == "It failed as it was told to."


async def test_an_error_is_a_dialog_and_a_repeated_one_a_single_toast(app):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        with app.complaints():
            raise StoreError("It is [broken].", hint="Mend it.")
        await pilot.pause()
        assert isinstance(app.screen, ErrorDialog)
        await pilot.press("escape")
        for _ in range(3):
            with app.complaints(quietly=True):
                raise LibraryBusyError("Busy.", hint="Wait.")
        await pilot.pause()
        assert [note.title for note in app._notifications] == ["Busy."]


async def test_the_theme_turns(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for name in ("signtui-light", "signtui-contrast", "signtui-dark"):
            await pilot.press("ctrl+t")
            assert app.theme == name


async def test_a_library_that_cannot_be_opened_ends_the_app_with_its_error(tmp_path):
    (tmp_path / "catalog.sqlite").write_bytes(b"this is no SQLite file" * 100)
    app = SignApp(root=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.opening_error)
    assert app.opening_error.message


def test_without_a_terminal_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "__stdin__", None)
    with pytest.raises(Exception, match="needs a terminal"):
        run_dashboard(tmp_path)


def test_the_dashboard_never_imports_what_is_heavy():
    code = (
        "import sys, importlib, tui.app\n"
        "early = {'sqlalchemy', 'h5py', 'numpy', 'plotext'} & set(sys.modules)\n"
        "from tui.widgets.nav_bar import SCREENS\n"
        "for name in ('welcome', *SCREENS): importlib.import_module(f'tui.screens.{name}')\n"
        "late = {'tensorflow', 'keras', 'mediapipe', 'cv2', 'ai_edge_litert'} & set(sys.modules)\n"
        "print(sorted(early), sorted(late))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] []"


async def test_what_screens_are_made_of_is_collected_only_when_they_go(app, monkeypatch):
    monkeypatch.setattr("tui.screens.page._STANDS_AFTER_S", 0.01)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await until(pilot, lambda: gc.get_freeze_count() > 10_000)
    assert gc.get_freeze_count() == 0


async def test_what_is_typed_behind_the_last_key_opens_nothing(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in "q5":
            app.post_message(Key(key, key))
        await until(pilot, lambda: app._exit)
    assert app.return_code == 0
    assert app.current_mode == "library"
