"""Extract: start, pause, stop, resume; workers, failures, an interrupted job."""

from functools import partial

import pytest
from textual.widgets import Static

from store.words import JobKind, Status
from tests.tui.conftest import add_job, newest_job, settle, until
from tui.app import SignApp
from tui.screens.job_log import JobLogScreen
from tui.widgets.table import RowTable
from tui.wording import state


def advice(app):
    return app.screen.query_one("#advice", Static).render().plain


def _says(app, words):
    return words in advice(app)


def cells(app, table):
    found = app.screen.query_one(table, RowTable)
    return [[str(cell) for cell in found.get_row_at(row)] for row in range(found.row_count)]


async def test_a_job_from_start_through_pause_to_stop(app, library, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "plus", "e")
        await until(pilot, lambda: newest_job(library).done > 5)
        job = newest_job(library)
        assert (job.kind, job.config["workers"]) == (JobKind.EXTRACT, app.screen.worker_count)
        await pilot.press("space")
        await until(pilot, lambda: app.jobs and state(app.jobs[0]) == "paused")
        await pilot.press("space")
        await until(pilot, lambda: app.jobs[0].status == Status.RUNNING and not app.jobs[0].paused)
        await pilot.press("x")
        await until(pilot, lambda: app.jobs[0].status == Status.CANCELLED)
        assert app.screen.running is None


async def test_only_one_job_at_a_time(app, library):
    add_job(library, JobKind.EXTRACT, Status.RUNNING)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "job", None))
        await pilot.press("e", "s", "r")
        await settle(pilot)
    assert newest_job(library).id == 1


@pytest.mark.parametrize(
    ("key", "kind", "part"),
    [
        ("s", JobKind.SCAN, {"full": False}),
        ("f", JobKind.SCAN, {"full": True}),
        ("r", JobKind.EXTRACT, {"retry_failed": True}),
    ],
)
async def test_keys_start_what_they_say(app, library, real_child, key, kind, part):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", key)
        await until(pilot, lambda: app.jobs)
        job = newest_job(library)
        assert job.kind == kind
        assert part.items() <= job.config.items()


async def test_workers_time_left_and_throughput_of_a_running_job(app, library):
    rows = [
        {
            "clip": "00001",
            "state": "working",
            "pid": 11,
            "done": 9,
            "frames": 60,
            "memory_mb": 231.4,
        },
        {"clip": "00002", "state": "waiting", "pid": None, "done": 0, "frames": 50, "memory_mb": 0},
        "nonsense",
    ]
    detail = {"workers": rows, "eta_s": [61.0, 130.0], "frames_per_s": 45.5}
    add_job(
        library, JobKind.EXTRACT, Status.RUNNING, done=250, total=1000, unit="frames", detail=detail
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: cells(app, "#workers"))
        assert cells(app, "#workers")[0] == ["00001", "9/60", "–", "231", "working"]  # noqa: RUF001
        assert len(cells(app, "#workers")) == 2
        bar = app.screen.query_one("#bar").render().plain
        assert "25 %  250 of 1,000 frames" in bar
        assert "1 min 01 s to 2 min 10 s left" in bar
        assert "46 on average" in app.screen.query_one("#speed").border_subtitle


async def test_a_foreign_detail_does_no_harm(app, library):
    details = [None, {}, {"workers": 3, "eta_s": "soon"}, {"eta_s": [None, "x"]}]
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        for number, detail in enumerate(details):
            message = f"{number}[red]x[/]\x1b[2J"
            add_job(library, JobKind.EXTRACT, Status.RUNNING, detail=detail, message=message)
            shown = partial(_says, app, f"{number}[red]x[/]")
            await until(pilot, shown)
            assert "\x1b" not in advice(app)


async def test_an_interrupted_job_goes_on_with_one_key(app, library, real_child):
    add_job(library, JobKind.EXTRACT, Status.INTERRUPTED, done=40, total=100, unit="frames")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "interrupted" in advice(app))
        await pilot.press("e")
        await until(pilot, lambda: newest_job(library).done > 1)
        assert newest_job(library).kind == JobKind.EXTRACT


async def test_a_running_job_whose_process_is_gone_is_found_at_the_start(library):
    add_job(library, JobKind.EXTRACT, Status.RUNNING, pid=2**22 - 3)
    app = SignApp(library)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.jobs and app.jobs[0].status == Status.INTERRUPTED)


async def test_failures_are_grouped_and_lead_to_their_clips(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        assert [row[:2] for row in cells(app, "#failures")] == [["crash", "15"], ["timeout", "5"]]
        app.screen.query_one("#failures").focus()
        await pilot.press("down", "enter")
        await settle(pilot)
        assert app.current_mode == "library"
        assert app.screen.page.total == 5


async def test_the_log_opens(app, library):
    add_job(library, JobKind.EXTRACT, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "job", None))
        await pilot.press("l")
        assert isinstance(app.screen, JobLogScreen)
