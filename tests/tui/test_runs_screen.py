"""Runs: the table, curves, the form, resume, stop, evaluate."""

from textual.widgets import Input, Static

from ml.checkpoint import Checkpoint, write_checkpoint
from ml.config import TrainConfig
from ml.prepare import prepare_data
from ml.resume import LAST
from store.runs import list_runs
from store.words import JobKind, Request, Status
from tests.tui.conftest import add_job, add_run, newest_job, settle, until
from tui.screens.compare import CompareScreen
from tui.screens.dialogs import ErrorDialog
from tui.screens.evaluate_form import EvaluateForm
from tui.screens.run import RunScreen
from tui.screens.run_dialogs import DeleteRunDialog
from tui.widgets.curves import CurvePlot
from tui.widgets.footer import KeyLine
from tui.widgets.table import RowTable


def rows(app):
    table = app.screen.query_one("#runs", RowTable)
    return [[str(cell) for cell in table.get_row_at(row)][1:] for row in range(table.row_count)]


def marks(app):
    table = app.screen.query_one("#runs", RowTable)
    return [str(table.get_row_at(row)[0]) for row in range(table.row_count)]


async def open_runs(pilot):
    await settle(pilot)
    await pilot.press("3")
    await settle(pilot)


async def test_an_accuracy_has_its_n_and_interval_and_a_leak_its_name(app, library):
    add_run(library, "plain")
    add_run(library, "leaky", split="notebook")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        leaky, plain = rows(app)
        assert leaky[:2] == ["leaky", "notebook leaks"]
        assert plain[1] == "official"
        assert plain[3] == "val 70.0 % [55–82] n=40"  # noqa: RUF001
        about = app.screen.query_one("#about", Static).render().plain
        assert "Leaks: copies of the same clips" in about
        assert "n=40 of 5 glosses" in about


async def test_curves_show_every_epoch_and_the_best(app, library):
    add_run(library, "plain", epochs=30)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_runs(pilot)
        loss = app.screen.query_one("#loss", CurvePlot)
        assert loss._epochs == tuple(range(30))
        assert loss._best == 26
        accuracy = app.screen.query_one("#accuracy", CurvePlot)
        assert len(accuracy._curves) == 3
        assert max(accuracy._curves[0].values) > 80, "shown in percent"
        drawn = "".join(loss.render_line(y).text for y in range(loss.size.height))
        assert any("\u2800" < mark <= "\u28ff" for mark in drawn)


async def test_runs_with_hardly_any_epochs_are_shown(app, library):
    for epochs in (0, 1):
        add_run(library, f"young-{epochs}", epochs=epochs, status=Status.RUNNING)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert [row[0] for row in rows(app)] == ["young-1", "young-0"]


async def test_an_interrupted_run_resumes_and_a_finished_one_does_not(app, library, real_child):
    broken = add_run(library, "broken", status=Status.INTERRUPTED)
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert not app.jobs
        await pilot.press("down", "u")
        await settle(pilot)
        assert isinstance(app.screen, ErrorDialog)
        assert "no checkpoint" in app.screen.error.message
        split = prepare_data(library, TrainConfig()).split.hash
        left = Checkpoint(3, (), (), {"split": split})
        write_checkpoint(library.run_dir(broken) / LAST, left)
        await pilot.press("escape", "u")
        await until(pilot, lambda: app.jobs)
        assert newest_job(library).config["resume"] == broken


async def test_stop_asks_the_job_of_the_run(app, library):
    job = add_job(library, JobKind.TRAIN, Status.RUNNING, done=3, total=30, unit="epochs")
    add_run(library, "now", status=Status.RUNNING, job_id=job.id)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await until(pilot, lambda: app.screen.job)
        assert app.screen.query_one("#bar").display
        await pilot.press("x")
        await until(pilot, lambda: newest_job(library).request == Request.STOP)


async def test_evaluate_asks_for_the_split(app, library, real_child):
    run = add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("e")
        assert isinstance(app.screen, EvaluateForm)
        await pilot.press("t")
        await until(pilot, lambda: app.jobs)
        job = newest_job(library)
        assert (job.kind, job.config) == (JobKind.EVALUATE, {"run": run, "split": "test"})


async def test_a_new_run_takes_the_cursor(app, library):
    add_run(library, "old")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        add_run(library, "new")
        app.screen._read_runs()
        await settle(pilot)
        assert app.screen.chosen.run.name == "new"


async def test_a_training_tells_of_its_newest_and_its_best_epoch(app, library):
    add_run(library, "now", status=Status.RUNNING, epochs=12)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        said = app.screen.query_one("#about", Static).render().plain
        assert "Epoch 12 of" in said
        assert "val top-1 48.0 %" in said
        assert "best 48.0 % in epoch 12" in said
        assert app.screen.query_one("#loss", CurvePlot)._best == 11


async def test_marked_runs_are_compared_in_the_order_of_their_marks(app, library):
    ids = [add_run(library, f"run-{number}") for number in range(5)]
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("c")
        assert not isinstance(app.screen, CompareScreen), "one run cannot be compared"
        await pilot.press("down", "space", "up", "space")
        assert marks(app) == ["●", "●", "", "", ""]
        await pilot.press("space")
        assert marks(app) == ["", "●", "", "", ""]
        await pilot.press("space", "down", "down", "space", "down", "space", "down", "space")
        assert marks(app).count("●") == 4, "four at most"
        await pilot.press("c")
        await settle(pilot)
        assert isinstance(app.screen, CompareScreen)
        assert app.screen.run_ids == [ids[3], ids[4], ids[2], ids[1]]
        await pilot.press("escape")
        await settle(pilot)
        assert marks(app).count("●") == 4


async def test_one_mark_is_held_against_the_run_under_the_cursor(app, library):
    old, new = add_run(library, "old"), add_run(library, "new")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("down", "space", "up", "c")
        await settle(pilot)
        assert app.screen.run_ids == [old, new]


async def test_enter_opens_a_run(app, library):
    run = add_run(library, "plain")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RunScreen)
        assert app.screen.run_id == run


async def test_every_key_of_the_footer_is_seen_at_80_cells(app, library):
    add_run(library, "plain")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        for keys in ((), ("enter",), ("2",), ("escape", "space", "c")):
            await pilot.press(*keys)
            await settle(pilot)
            footer = app.screen.query_one(KeyLine)
            assert 0 < footer.content.cell_length <= 80, footer.content


async def test_a_run_is_renamed_and_deleted_after_a_question(app, library):
    old, new = add_run(library, "old"), add_run(library, "new")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await pilot.press("f2")
        app.screen.query_one(Input).value = "old"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ErrorDialog), "the name is taken"
        await pilot.press("escape", "f2")
        app.screen.query_one(Input).value = "newer"
        await pilot.press("enter")
        await settle(pilot)
        assert [row[0] for row in rows(app)] == ["newer", "old"]
        await pilot.press("d", "enter")
        await settle(pilot)
        assert len(rows(app)) == 2, "the answer that costs nothing has the focus"
        await pilot.press("d", "y")
        await settle(pilot)
        assert [row[0] for row in rows(app)] == ["old"]
        assert [run.id for run in list_runs(library)] == [old]
        assert not library.run_dir(new).exists()


async def test_a_run_that_trains_is_not_deleted(app, library):
    job = add_job(library, JobKind.TRAIN, Status.RUNNING, done=3, total=30, unit="epochs")
    add_run(library, "now", status=Status.RUNNING, job_id=job.id)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_runs(pilot)
        await until(pilot, lambda: app.screen.job)
        await pilot.press("d")
        await settle(pilot)
        assert not isinstance(app.screen, DeleteRunDialog)
        assert list_runs(library)
