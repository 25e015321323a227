"""Jobs: the list, one job's log, stop, pause, start again."""

from sqlalchemy import insert
from textual.widgets import Input, Static

from store.jobs import create_job
from store.schema import JobLine
from store.words import JobKind, Request, Status
from tests.tui.conftest import NOW, add_job, add_line, newest_job, settle, until
from tui.children import SHOWN_JOBS
from tui.reading.job_log import Level
from tui.screens.job_log import JobLogScreen
from tui.widgets.facts import FactList
from tui.widgets.row_view import RowView
from tui.widgets.table import RowTable


async def open_jobs(pilot):
    await settle(pilot)
    await pilot.press("6")
    await until(pilot, lambda: pilot.app.screen.query_one("#jobs", RowTable).row_count)


async def test_all_jobs_with_state_and_error(app, library):
    add_job(library, JobKind.SCAN, Status.FINISHED, done=300, total=300, unit="clips")
    config = {
        "workers": 2, "limit": None, "hands": {"thorough": False}, "glosses": ["book", "drink"],
    }  # fmt: skip
    add_job(
        library, JobKind.TRAIN, Status.FAILED, error="No [red]clips.", hint="Extract first.",
        config=config,
    )  # fmt: skip
    async with app.run_test(size=(120, 40)) as pilot:
        await open_jobs(pilot)
        table = app.screen.query_one("#jobs", RowTable)
        failed, scanned = ([str(cell) for cell in table.get_row_at(row)] for row in (0, 1))
        assert failed[1:3] == ["train", "failed"]
        assert failed[-1] == "No [red]clips."
        assert scanned[3] == "100 %"
        assert scanned[4] == "2 min ago"
        about = app.screen.query_one(FactList).render().plain
        assert "Extract first." in about
        assert "settings  workers 2 · hands.thorough no · glosses book, drink" in about


def words(app, first=0, count=100):
    return [[cell if isinstance(cell, str) else cell[0] for cell in row.cells]
            for row in app.screen.log_index.read(app.screen.level, first, count)]  # fmt: skip


async def open_log(pilot):
    await open_jobs(pilot)
    await pilot.press("enter")
    await until(pilot, lambda: getattr(pilot.app.screen, "log_index", None))
    await settle(pilot)


async def test_the_log_has_levels_with_their_counts(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    add_line(library, job.id, "info", "began")
    add_line(library, job.id, "warning", "00005: [red]crash")
    (library.job_dir(job.id) / "job.log").write_text(
        "native \x1b[2Jnoise\n2026-01-01 10:00:00,123 WARNING low\n"
        "Traceback (most recent call last):\n  File x\nValueError: it broke\nlast\n",
        encoding="utf-8",
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await open_log(pilot)
        title = app.screen.query_one("#log").border_title
        for part in ("all 8", "info 6", "warnings 5", "errors 3"):
            assert part in title
        texts = [row[2] for row in words(app)]
        assert texts[:3] == ["began", "00005: [red]crash", "native \x1b[2Jnoise"]
        assert "\x1b[2J" not in "".join(
            strip.text
            for y in range(12)
            for strip in [app.screen.query_one(RowView).render_line(y)]
        )
        await pilot.press("v", "v")
        assert words(app)[0][2] == "00005: [red]crash"
        await pilot.press("v")
        assert [row[2].strip() for row in words(app)] == [
            "Traceback (most recent call last):", "File x", "ValueError: it broke",
        ]  # fmt: skip
        await pilot.press("v")
        assert app.screen.level == Level.ALL
        await pilot.press("down", "c")
        await settle(pilot)
        assert app.clipboard == "00005: [red]crash"
        assert app.screen.query_one("#whole", Static).render().plain == "00005: [red]crash"
        await pilot.press("C")
        await settle(pilot)
        assert app.clipboard.splitlines()[-1] == "output last"
        await pilot.press("escape")
        assert not isinstance(app.screen, JobLogScreen)


async def test_the_log_is_searched(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    for line in ("00001: 50% done", "00002: 50 done", "00003: a_b"):
        add_line(library, job.id, "info", line)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_log(pilot)
        for needle, expected in (("50%", ["00001: 50% done"]), ("A_B", ["00003: a_b"])):
            await pilot.press("slash")
            app.screen.query_one("#search", Input).value = needle
            await pilot.press("enter")
            await until(pilot, lambda: app.screen.log_index)
            assert [row[2] for row in words(app)] == expected
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.log_index)
        assert len(words(app)) == 3
        assert isinstance(app.screen, JobLogScreen)


async def test_a_running_log_is_followed_until_one_looks_back(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.RUNNING)
    for number in range(50):
        add_line(library, job.id, "info", f"line {number}")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_log(pilot)
        view = app.screen.query_one(RowView)
        assert (app.screen.following, view.cursor) == (True, 49)
        add_line(library, job.id, "info", "line 50")
        app.screen._read()
        await until(pilot, lambda: view.cursor == 50)
        await pilot.press("up")
        await until(pilot, lambda: not app.screen.following)
        add_line(library, job.id, "info", "line 51")
        app.screen._read()
        await until(pilot, lambda: view.total == 52)
        assert view.cursor == 49
        await pilot.press("f")
        assert (app.screen.following, view.cursor) == (True, 51)


async def test_a_log_of_100_000_lines_is_read_in_pages(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    with library.session() as session:
        session.execute(
            insert(JobLine),
            [
                {"job_id": job.id, "at": NOW, "text": f"{number:06d}: said",
                 "level": "info" if number % 100 else "warning"}
                for number in range(100_000)
            ],
        )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await open_log(pilot)
        view = app.screen.query_one(RowView)
        assert view.total == 100_000
        await pilot.press("end")
        await until(pilot, lambda: view.current)
        assert view.current.cells[2][0] == "099999: said"
        assert sum(len(page) for page in view._pages._read.values()) <= 24 * 200
        await pilot.press("v", "v")
        assert view.total == 1000


async def test_older_jobs_are_there_too(app, library):
    for _ in range(SHOWN_JOBS + 5):
        create_job(library, JobKind.SCAN, {})
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.jobs)
        await open_jobs(pilot)
        table = app.screen.query_one("#jobs", RowTable)
        await until(pilot, lambda: table.row_count == SHOWN_JOBS + 5)


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
