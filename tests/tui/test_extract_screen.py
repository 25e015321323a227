"""Extract: start, pause, stop, resume; workers, failures, an interrupted job."""

from dataclasses import replace
from functools import partial

import pytest
from textual.widgets import Input, Sparkline, Static

from store.settings import Settings
from store.words import JobKind, Status
from tests.tui.conftest import add_job, add_line, newest_job, settle, until
from tui.app import SignApp
from tui.screens.clip import ClipScreen
from tui.screens.failures import FailuresScreen
from tui.screens.job_log import JobLogScreen
from tui.widgets.table import RowTable
from tui.widgets.workers import SpeedPanel
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


async def test_the_landmark_set_is_chosen_and_stays_as_it_was_used_last(app, library, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: _says(app, "(+ and -): hands (h: hands, upper body and lips)"))
        await pilot.press("h")
        assert _says(app, "(+ and -): hands, upper body and lips (h: hands)")
        await pilot.press("e")
        await until(pilot, lambda: app.jobs)
        assert newest_job(library).config["landmarks"] == "holistic"
        app.screen.landmarks = None
        await until(pilot, lambda: app.screen.wanted == "holistic")
        await pilot.press("x")
        await until(pilot, lambda: app.screen.running is None)


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
        bar = "━╌╌╌╌╌╌╌╌ 15 %"
        assert cells(app, "#workers")[0] == ["00001", bar, "–", "231", "working"]  # noqa: RUF001
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
    config = {"steps": 50, "limit": 7}
    add_job(
        library, JobKind.EXTRACT, Status.INTERRUPTED, done=40, total=100, unit="frames",
        config=config,
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: "interrupted" in advice(app))
        assert "interrupted just now, at 40 %" in advice(app)
        await pilot.press("u")
        await until(pilot, lambda: newest_job(library).done > 1)
        job = newest_job(library)
        assert (job.kind, job.config) == (JobKind.EXTRACT, config)
        await until(pilot, lambda: app.jobs[0].status == Status.FINISHED)
        await pilot.press("u")
        await settle(pilot)
        assert newest_job(library).id == job.id, "what is finished is not resumed"


async def test_a_running_job_whose_process_is_gone_is_found_at_the_start(library):
    add_job(library, JobKind.EXTRACT, Status.RUNNING, pid=2**22 - 3)
    app = SignApp(library)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.jobs and app.jobs[0].status == Status.INTERRUPTED)


async def open_failures(pilot):
    await settle(pilot)
    await pilot.press("2")
    await until(pilot, lambda: cells(pilot.app, "#failures"))
    pilot.app.screen.query_one("#failures").focus()
    await pilot.press("down")


def log_lines(app):
    return app.screen.query_one("#lines", Static).render().plain


async def test_failures_are_grouped_and_lead_to_their_clips_and_logs(app, library):
    job = add_job(library, JobKind.EXTRACT, Status.FINISHED)
    add_line(library, job.id, "warning", "00004: timeout: 120 s [red]\x1b[2J")
    add_line(library, job.id, "warning", "00064: timeout: another clip")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_failures(pilot)
        assert [row[:2] for row in cells(app, "#failures")] == [["crash", "15"], ["timeout", "5"]]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FailuresScreen) and app.screen.clips)
        found = cells(app, "#clips")
        assert [row[0] for row in found] == ["00004", "00064", "00124", "00184", "00244"]
        assert found[3][1:] == ["[bold]hostile[/bold]", "3", "timeout!"]
        await until(pilot, lambda: f"job {job.id}" in log_lines(app))
        assert "failed after 3 tries. timeout: timeout!" in log_lines(app)
        assert "120 s [red][2J" in log_lines(app)
        assert "another clip" not in log_lines(app)
        await pilot.press("c")
        assert app.clipboard == log_lines(app)
        await pilot.press("enter")
        assert isinstance(app.screen, ClipScreen)
        await pilot.press("escape", "b")
        await until(pilot, lambda: app.current_mode == "library" and len(app.screen_stack) == 1)
        assert "timeout" in app.screen.query_one("#filter", Input).value


@pytest.mark.parametrize("keys", [("t",), ("enter", "t")])
async def test_one_reason_is_tried_again_alone(app, library, real_child, keys):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_failures(pilot)
        for key in keys:
            await pilot.press(key)
            await settle(pilot)
        await until(pilot, lambda: app.jobs)
        job = newest_job(library)
        assert (job.config["retry_kind"], job.config["retry_failed"]) == ("timeout", False)


async def test_only_what_can_be_done_is_offered(app, library):
    def offered():
        return {active.binding.action for active in app.screen.active_bindings.values()}

    async with app.run_test(size=(80, 24)) as pilot:
        await open_failures(pilot)
        assert {"start", "scan", "retry", "retry_reason"} <= offered()
        assert offered().isdisjoint({"pause", "stop", "resume"})
        add_job(library, JobKind.EXTRACT, Status.RUNNING)
        await until(pilot, lambda: app.screen.running)
        assert {"pause", "stop", "log"} <= offered()
        assert offered().isdisjoint({"start", "scan", "retry", "retry_reason", "resume"})


async def test_throughput_follows_what_was_done(app, library):
    now = 100.0
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        panel = app.screen.query_one(SpeedPanel)
        panel._clock = lambda: now
        for done in (0, 10, 40, 40, 40):
            row = add_job(library, JobKind.SCAN, Status.RUNNING, done=done, unit="clips",
                          detail={"clips_per_s": 8.4})  # fmt: skip
            panel.show_job(replace(row, id=1))
            now += 3.0
        data = panel.query_one(Sparkline).data
        assert data == [pytest.approx(10 / 3), 10.0, 0.0]
        assert (panel.border_title, panel.border_subtitle) == ("Clips a second", "8 on average")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"clips": 0, "done": 0, "no_hands": 0, "failed": 0}, "Nothing was left to do. 210 clips"),
        ({"clips": 9, "done": 7, "no_hands": 1, "failed": 1}, "7 of 9 done, 1 without hands, 1"),
        ({"clips": "many"}, "210 clips are there"),
    ],
)
async def test_a_finished_extraction_says_what_it_did(app, library, result, said):
    add_job(library, JobKind.EXTRACT, Status.FINISHED, result=result)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, partial(_says, app, said))


async def test_the_log_opens(app, library):
    add_job(library, JobKind.EXTRACT, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "job", None))
        await pilot.press("l")
        assert isinstance(app.screen, JobLogScreen)


async def test_a_cluster_of_the_settings_is_used_or_passed_over(library, real_child):
    app = SignApp(library, settings=Settings(cluster="tls://host:8786"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: _says(app, "on tls://host:8786 (c: here): hands"))
        await pilot.press("c")
        assert _says(app, "workers (+ and -; c: on the cluster): hands")
        await pilot.press("c", "e")
        await until(pilot, lambda: app.jobs)
        assert newest_job(library).config["cluster"] == "tls://host:8786"


@pytest.mark.parametrize("named", [None, "local"])
async def test_without_a_cluster_nothing_speaks_of_one(library, real_child, named):
    app = SignApp(library, settings=Settings(cluster=named))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "c")
        await until(pilot, lambda: _says(app, "(+ and -): hands"))
        await pilot.press("e")
        await until(pilot, lambda: app.jobs)
        assert newest_job(library).config["cluster"] is None


async def test_workers_of_a_cluster_are_shown_as_those_of_this_machine(app, library):
    row = {"clip": "00001", "state": "working", "pid": 11, "host": "node7", "done": 9,
           "frames": 60, "memory_mb": 231.4}  # fmt: skip
    detail = {"workers": [row, {**row, "host": "node8"}], "at_work": 64, "cluster": "tcp://h:8786"}
    add_job(
        library, JobKind.EXTRACT, Status.RUNNING, done=250, total=1000, unit="frames", detail=detail
    )
    async with app.run_test(size=(180, 40)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await until(pilot, lambda: cells(app, "#workers"))
        shown = cells(app, "#workers")
        assert [line[0] for line in shown] == ["00001", "00001"]
        assert [line[-1] for line in shown] == ["node7", "node8"]
        panel = app.screen.query_one("#workers-panel")
        assert (panel.border_title, panel.border_subtitle) == ("Workers  64", "tcp://h:8786")
