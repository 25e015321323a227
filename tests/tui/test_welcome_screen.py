"""The first page: import, another folder, a demo."""

from functools import partial

from textual.widgets import Input, OptionList, Static

from store.library import Library
from store.recent import remember
from store.words import JobKind, Status
from tests.tui.conftest import add_job, add_run, newest_job, settle, until
from tui.app import SignApp
from tui.demo_road import road, walk
from tui.screens.dialogs import ErrorDialog
from tui.screens.job_dialog import JobDialog
from tui.widgets.job_bar import JobBar
from tui.widgets.row_view import RowView


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
        await until(pilot, lambda: isinstance(app.screen, JobDialog))
        await until(pilot, lambda: app.screen.query_one(JobBar).job)
        await pilot.press("x")
        await until(pilot, lambda: not isinstance(app.screen, JobDialog))
        assert newest_job(app.library).status == Status.CANCELLED
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
        await until(pilot, lambda: any(view.total == 300 for view in app.screen.query(RowView)))
        assert app.current_mode == "library"


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
        await until(pilot, lambda: app.screen.shown)
        assert app.screen.shown.total == 0


async def test_a_failed_import_says_why_until_it_is_closed(app, library, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        child = await app.start_job(JobKind.IMPORT, {"steps": 3, "fail": True})
        app.push_screen(JobDialog(child.id, "Importing"))
        said = partial(_says, app, "Do not tell it to.")
        await until(pilot, said)
        assert not app.screen.query_one("#stop").display
        await pilot.press("escape")
        assert not isinstance(app.screen, JobDialog)


def _says(app, words):
    return any(words in said.render().plain for said in app.screen.query("#said").results(Static))


async def test_a_library_that_was_open_before_is_offered(library, tmp_path):
    odd = Library.create(tmp_path / "odd [bold]name")
    odd.close()
    remember(odd.root)
    remember(library.root)
    app = SignApp(root=tmp_path / "new")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: app.screen.query_one("#recent", OptionList).option_count == 2)
        recent = app.screen.query_one("#recent", OptionList)
        assert "odd [bold]name" in str(recent.get_option_at_index(1).prompt)
        recent.focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: app.library is not None)
        assert app.library.root == library.root
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.current_mode == "welcome")
        await until(pilot, lambda: app.screen.query_one("#recent", OptionList).option_count == 1)


async def test_the_dashboard_walks_the_demo_and_says_where_it_is(app, library, monkeypatch):
    done = []

    async def finish(kind, config):
        done.append(kind)
        if kind == JobKind.TRAIN:
            add_run(library, "demo")
        return newest_job(library)

    add_job(library, JobKind.SCAN, Status.FINISHED)
    monkeypatch.setattr(app, "finish_job", finish)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await walk(app, library.clips_dir / "demo")
        assert done == [
            JobKind.DEMO, JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT, JobKind.TRAIN,
            JobKind.EVALUATE,
        ]  # fmt: skip
        await until(pilot, lambda: len(app._notifications) == 7)
        told = [note.title for note in app._notifications]
        assert told == [*(f"Demo: step {number} of 7" for number in range(1, 7)), "Demo: trained"]


async def test_the_demo_ends_with_the_job_that_did_not_finish(app, library, monkeypatch):
    done = []

    async def finish(kind, config):
        done.append(kind)

    monkeypatch.setattr(app, "finish_job", finish)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await walk(app, library.clips_dir / "demo")
        assert done == [JobKind.DEMO]


def test_the_demo_has_one_order_and_does_nothing_twice(library, tmp_path):
    dataset = tmp_path / "drawn"
    kinds = [step.kind for step in road(library, dataset, clips=5)]
    assert kinds == [
        JobKind.DEMO, JobKind.IMPORT, JobKind.SCAN, JobKind.EXTRACT, JobKind.TRAIN,
    ]  # fmt: skip
    assert next(road(library, dataset, clips=5)).config == {
        "folder": str(dataset), "clips_per_gloss": 5,
    }  # fmt: skip
    dataset.mkdir()
    (dataset / "WLASL_v0.3.json").write_text("[]", encoding="utf-8")
    steps = road(library, dataset)
    assert next(steps).kind is None
    for _ in range(3):
        next(steps)
    run = add_run(library, "demo")
    assert next(steps).words == "Run demo is trained already"
    last = next(steps)
    assert (last.kind, last.config) == (JobKind.EVALUATE, {"run": run, "split": "test"})
    assert list(steps) == []
