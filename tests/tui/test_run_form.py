"""The form of a training: its job is the command line's, and what stands in its way is shown."""

from dataclasses import replace

from sqlalchemy import delete
from textual.widgets import Button, Input, Label, Select, Static

from ml.config import PRESETS, ModelConfig, ModelName, TrainConfig, from_json
from ml.readiness import check_training
from store.schema import Extraction
from store.words import JobKind
from tests.tui.conftest import add_run, newest_job, settle, until
from tui.screens.run_form import RunForm


async def open_form(pilot):
    await settle(pilot)
    await pilot.press("3")
    await settle(pilot)
    await pilot.press("n")
    await settle(pilot)
    assert isinstance(pilot.app.screen, RunForm)
    return pilot.app.screen


def found(form):
    return form.query_one("#found", Static).render().plain


async def test_the_form_makes_the_job_of_the_command_line(app, library, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        assert form.query_one("#glosses", Select).value == "100"
        form.query_one("#preset", Select).value = "notebook"
        form.query_one("#split", Select).value = "notebook"
        await settle(pilot)
        assert form.query_one("#learning_rate", Input).value == "0.001"
        assert "This split leaks" in found(form)
        for name, text in (("epochs", "3"), ("batch_size", "16"), ("seed", "11"), ("name", "mine")):
            form.query_one(f"#{name}", Input).value = text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.jobs)
        job = newest_job(library)
        config = from_json(TrainConfig, job.config["train"])
        assert (job.kind, job.config["resume"]) == (JobKind.TRAIN, None)
        assert (config.preset, config.split, config.glosses) == ("notebook", "notebook", "100")
        assert (config.epochs, config.batch_size, config.seed) == (3, 16, 11)
        assert (config.learning_rate, config.name) == (0.001, "mine")


async def test_the_form_shows_what_the_check_finds(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        wanted = check_training(library, PRESETS["default"])
        assert form.found == wanted
        for finding in wanted.findings:
            assert finding.message in found(form)
        plan = form.query_one("#plan", Static).render().plain
        assert f"{wanted.plan.train} train, {wanted.plan.val} val" in plan
        assert not form.query_one("#start", Button).disabled


async def test_holistic_landmarks_are_asked_for_where_there_are_none(app):
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        form.query_one("#landmarks", Select).value = "holistic"
        await settle(pilot)
        assert form.config().features.kind == "holistic"
        assert "There are no holistic landmarks" in found(form)
        assert "signtui extract --landmarks holistic" in found(form)
        assert form.query_one("#start", Button).disabled
        form.query_one("#preset", Select).value = "notebook"
        await settle(pilot)
        assert "reads hands alone" in form.query_one("#problem", Label).render().plain
        form.query_one("#landmarks", Select).value = "slots"
        await settle(pilot)
        assert form.config() == PRESETS["notebook"]


async def test_an_error_blocks_the_start_until_it_is_gone(app, library):
    with library.session() as session:
        session.execute(delete(Extraction))
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        assert "There are no landmarks for these glosses yet" in found(form)
        assert form.query_one("#start", Button).disabled
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert app.screen is form
        assert not app.jobs


WRONG = [
    ("epochs", "", "epochs must be a whole number"),
    ("epochs", "0", "epochs is 0"),
    ("learning_rate", "nan", "learning_rate is nan"),
    ("learning_rate", "quick", "learning rate must be a number"),
    ("batch_size", "2.5", "batch size must be a whole number"),
    ("seed", "-1", "seed is -1"),
]


async def test_the_form_says_what_cannot_be(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        problem = form.query_one("#problem", Label)
        for field, text, words in WRONG:
            form.query_one(f"#{field}", Input).value = text
            await pilot.press("ctrl+s")
            await pilot.pause()
            assert problem.display
            assert words in problem.render().plain
            form.query_one(f"#{field}", Input).value = f"{getattr(PRESETS['default'], field):g}"
            await pilot.pause()
            assert not problem.display
        await settle(pilot)
        assert found(form)
        await pilot.press("escape")
        await settle(pilot)
    assert not app.jobs


async def test_everything_of_the_form_is_seen_at_80_by_24(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        for widget in form.query("Input, Select, Button"):
            assert form.region.contains_region(widget.region), widget
            assert widget.region.height == 1


async def test_a_run_or_the_starter_is_begun_with_and_gives_its_sizes(
    app, library, real_child, monkeypatch, tmp_path
):
    run = add_run(library, "before")
    (tmp_path / "bundle.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("ml.references.STARTER_FOLDER", tmp_path)
    wide = replace(PRESETS["default"], model=ModelConfig(width=64), start=ModelName("before", "ab"))
    monkeypatch.setattr("ml.readiness.read_source", lambda _, reference: reference)
    monkeypatch.setattr("ml.readiness.adopt", lambda *_: wide)
    monkeypatch.setattr("ml.readiness.read_sources", lambda *_: None)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        choice = form.query_one("#begin_with", Select)
        assert [value for _, value in choice._options] == ["nothing", str(run), "starter"]
        assert form.asked().start is None
        choice.value = str(run)
        await settle(pilot)
        assert form.checked == form.asked()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.jobs)
        job = newest_job(library).config
        assert (job["from"], job["train"]["model"]["width"]) == (str(run), 64)


async def test_a_model_that_cannot_be_begun_with_blocks_the_start(app, library):
    add_run(library, "before")
    async with app.run_test(size=(80, 24)) as pilot:
        form = await open_form(pilot)
        choice = form.query_one("#begin_with", Select)
        choice.value = choice._options[1][1]
        await settle(pilot)
        assert "bundle" in found(form)
        assert form.query_one("#start", Button).disabled
