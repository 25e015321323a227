"""Jobs: the list, one job's log, stop, pause, start again."""

from textual.widgets import Static

from store.words import JobKind, Request, Status
from tests.tui.conftest import add_job, add_line, newest_job, settle, until
from tui.screens.job_log import JobLogScreen
from tui.widgets.table import RowTable


async def open_jobs(pilot):
    await settle(pilot)
    await pilot.press("6")
    await until(pilot, lambda: pilot.app.screen.query_one("#jobs", RowTable).row_count)


async def test_all_jobs_with_state_and_error(app, library):
    add_job(library, JobKind.SCAN, Status.FINISHED, done=300, total=300, unit="clips")
    add_job(library, JobKind.TRAIN, Status.FAILED, error="No [red]clips.", hint="Extract first.")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_jobs(pilot)
        table = app.screen.query_one("#jobs", RowTable)
        failed, scanned = ([str(cell) for cell in table.get_row_at(row)] for row in (0, 1))
        assert failed[1:3] == ["train", "failed"]
        assert failed[-1] == "No [red]clips."
        assert scanned[3] == "100 %"
        assert scanned[4] == "2 min ago"
        about = app.screen.query_one("#about", Static).render().plain
        assert "Extract first." in about


async def test_the_log_shows_lines_and_the_tail_and_only_warnings_on_demand(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    add_line(library, job.id, "info", "began")
    add_line(library, job.id, "warning", "00005: crash")
    (library.job_dir(job.id) / "job.log").write_text("native \x1b[2Jnoise\n", encoding="utf-8")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_jobs(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, JobLogScreen)
        lines = app.screen.query_one("#lines", Static).render().plain
        assert "began" in lines
        assert "native [2Jnoise" in lines
        await pilot.press("w")
        await settle(pilot)
        lines = app.screen.query_one("#lines", Static).render().plain
        assert "00005: crash" in lines
        assert "began" not in lines
        assert "noise" not in lines
        await pilot.press("escape")
        assert not isinstance(app.screen, JobLogScreen)


async def test_stop_and_pause_reach_the_job_under_the_cursor(app, library):
    add_job(library, JobKind.EXTRACT, Status.RUNNING)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_jobs(pilot)
        await pilot.press("space")
        await until(pilot, lambda: newest_job(library).request == Request.PAUSE)
        await until(pilot, lambda: app.jobs[0].request == Request.PAUSE)
        await pilot.press("space")
        await until(pilot, lambda: newest_job(library).request is None)
        await pilot.press("x")
        await until(pilot, lambda: newest_job(library).request == Request.STOP)


async def test_an_ended_job_starts_again_with_its_settings(app, library, real_child):
    add_job(library, JobKind.SCAN, Status.INTERRUPTED, config={"full": True})
    async with app.run_test(size=(80, 24)) as pilot:
        await open_jobs(pilot)
        await pilot.press("u")
        await until(pilot, lambda: newest_job(library).id > 1)
        assert newest_job(library).config == {"full": True}
