"""Live: what a child says and hears, the sentence, the keys, and recordings from form to catalog."""

import json

import numpy as np
import psutil
import pytest
from textual.widgets import Digits, Input, Select, Static

from store.query import run_query
from store.takes import TAKE, describe_recording, note_take, recordings_dir
from store.words import JobKind, Status
from tests.tui.conftest import add_run, newest_job, settle, until
from tui.app import SignApp
from tui.reading.latency import KEPT, Latency
from tui.reading.live_events import event_of, picture_of, take_of, top_of
from tui.reading.sentence import Sentence
from tui.screens import live_record
from tui.screens.dialogs import ErrorDialog
from tui.screens.live_record import Step
from tui.screens.record_form import RecordForm, Wanted
from tui.screens.take_dialog import TakeDialog
from tui.widgets.latency_table import LatencyTable
from tui.widgets.live_view import LiveView
from tui.widgets.prediction_bars import PredictionBars
from tui.widgets.table import RowTable

TOP = [{"gloss": "book", "score": 0.8}, {"gloss": "drink", "score": 0.1}]


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a clip.mp4"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def told(app, monkeypatch):
    """What the small job is told besides its config; `start` is as the app's own."""
    extra = {}
    start = app.start_job

    async def starting(kind, config, *, stdout=False):
        return await start(kind, {**config, **extra}, stdout=stdout)

    monkeypatch.setattr(app, "start_job", starting)
    monkeypatch.setattr(live_record, "TICK_S", 0.02)
    return extra


async def open_live(pilot, source):
    await settle(pilot)
    await pilot.press("4")
    await settle(pilot)
    pilot.app.screen.query_one("#clip", Input).value = str(source)
    return pilot.app.screen


async def start(pilot, screen):
    await pilot.press("s")
    await until(pilot, lambda: screen.child is not None)


def words(screen, name):
    return screen.query_one(name, Static).render().plain


def takes(library):
    return list(recordings_dir(library).glob(f"*{TAKE}"))


async def test_predictions_latency_and_history(app, library, real_child, clip):
    run = add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: len(screen.events) == 3)
        job = newest_job(library)
        config = {"run": run, "source": str(clip), "realtime": True}
        assert (job.kind, job.config) == (JobKind.LIVE, config)
        assert screen.query_one(PredictionBars).top == (("book", 0.8), ("drink", 0.1))
        screen._show_latency()
        times = screen.query_one(LatencyTable).times
        assert (times["landmarks"].p50, times["landmarks"].p95) == (20.0, 20.0)
        assert "hands" in screen.query_one(LatencyTable).render().plain
        history = screen.query_one("#history", RowTable)
        shown = [[str(cell) for cell in history.get_row_at(row)[:2]] for row in range(3)]
        assert shown == [["whole", "book"], ["0.10 s", "unknown (book?)"], ["0.10 s", "book"]]
        assert "signing" in words(screen, "#state")
        assert screen.sentence.text == "book ?"
        await pilot.press("x")
        await until(pilot, lambda: screen.child is None)
        assert newest_job(library).status == Status.CANCELLED
        assert "cancelled" in words(screen, "#state")


async def test_the_child_goes_with_the_dashboard(app, library, real_child, clip, caplog):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: app.screen.events)
        pid = app.screen.child.process.pid
    assert not psutil.pid_exists(pid)
    assert newest_job(library).status == Status.CANCELLED
    assert "bug" not in caplog.text


async def test_the_picture_comes_while_it_is_seen(app, library, real_child, clip, told):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        view = screen.query_one(LiveView)
        assert view.room == (36, 24)
        await start(pilot, screen)
        await until(pilot, lambda: view.picture is not None)
        await pilot.pause()
        lines = [
            "".join(part.text for part in view.render_line(y)) for y in range(view.size.height)
        ]
        assert any("▀" in line for line in lines)
        assert any(0x2800 < ord(cell) < 0x2900 for line in lines for cell in line), "no skeleton"
        assert all(len(line) == view.size.width for line in lines)
        asked = []
        screen.tell = lambda command, **values: asked.append((command, values))
        await pilot.press("1")
        await until(pilot, lambda: ("view", {"width": 0, "height": 0}) in asked)
        await pilot.press("4")
        await until(pilot, lambda: ("view", {"width": 36, "height": 24}) in asked)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: asked[-1][1]["width"] > 36)


async def test_hostile_events_break_nothing(app, library, real_child, clip, told):
    told["hostile"] = True
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: any(event["event"] == "final" for event in screen.events))
        await until(pilot, lambda: screen.query_one(LiveView).picture is not None)
        assert screen.sentence.words[0].text == "[bold]\x1b[31m"
        shown = words(screen, "#sentence")
        assert shown.startswith("[bold][31m book ?"), "markup or an escape got through"
        assert screen.step == Step.OFF
        assert not isinstance(screen, ErrorDialog)
        for _ in range(8):
            await pilot.press("r")
        await pilot.press("y")


async def test_the_sentence_is_corrected_with_keys(app, library, real_child, clip):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: len(screen.events) == 3)
        assert words(screen, "#sentence") == "book ?"
        for shown in ("book book", "book drink", "book book"):
            await pilot.press("r")
            assert words(screen, "#sentence") == shown
        await pilot.press("backspace", "r", "y")
        assert words(screen, "#sentence") == "drink"
        assert app.clipboard == "drink"
        await pilot.press("w", "r", "backspace")
        assert words(screen, "#sentence") == "no word yet"


async def test_the_window_says_why_it_cannot_open(app, library, real_child, clip):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, clip)
        await start(pilot, screen)
        await pilot.press("p")
        await until(pilot, lambda: any(n.title == "No display." for n in app._notifications))
        assert screen.child is not None
        assert not screen.window_open


async def test_a_source_that_waits_says_so(app, library):
    said = {"opening": "being opened", "slow": "longer", "stalled": "No frame", "lost": "is gone"}
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, "0")
        for state, part in said.items():
            screen.heard({"event": "source", "state": state})
            assert state in words(screen, "#state")
            assert part in screen.query_one(LiveView).words
            assert screen.query_one(LiveView).picture is None


async def test_a_missing_clip_is_a_dialog(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, "/nowhere.mp4")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "not there" in app.screen.error.message


async def test_a_child_that_fails_is_a_dialog(app, library, real_child, clip, told):
    add_run(library, "whole")
    told |= {"steps": 1, "fail": True}
    async with app.run_test(size=(80, 24)) as pilot:
        await open_live(pilot, clip)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert app.screen.error.message == "It failed as it was told to."
        assert app.screen.error.hint == "Do not tell it to."


async def test_what_there_is_to_choose(app, library, real_child, told):
    run = add_run(library, "whole")
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        screen = app.screen
        field, choice = screen.query_one("#clip", Input), screen.query_one("#run", Select)
        first = field.value
        assert first == "/clips/00004.mp4", "the first clip of the test split"
        await pilot.press("n")
        await settle(pilot)
        assert field.value != first
        await pilot.press("N")
        await settle(pilot)
        assert field.value == first
        assert choice.value == run
        await pilot.press("m")
        assert choice.has_focus
        choice.value = 0
        await pilot.press("escape", "t", "c")
        assert field.has_focus
        field.value = "http://127.0.0.1:1/x"
        await pilot.press("enter")
        await until(pilot, lambda: screen.child is not None)
        config = {"run": None, "source": field.value, "realtime": False, "silent": True}
        assert newest_job(library).config == config
        assert await field.suggester.get_suggestion("/clips/0") == first
        await pilot.press("x")
        await until(pilot, lambda: screen.child is None)
        screen._read_choices()
        await settle(pilot)
        assert await field.suggester.get_suggestion("HTTP") == "http://127.0.0.1:1/x", "recent"


async def test_a_path_longer_than_its_field_is_seen(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, "/a/path/" + "x" * 100 + ".mp4")
        await pilot.pause()
        field = screen.query_one("#clip", Input)
        shown = screen._compositor.render_strips()[field.region.y]
        assert "/a/path/xxx" in shown.text


async def test_the_next_clip_takes_the_place_of_the_one_that_runs(app, library, real_child, clip):
    for place, other in enumerate(run_query(library, "SELECT id FROM clip WHERE path > ''").rows):
        with library.session() as session:
            from sqlalchemy import text

            path = clip.with_name(f"{place}.mp4")
            path.write_bytes(b"x")
            values = {"path": str(path), "id": other[0]}
            session.execute(text("UPDATE clip SET path = :path WHERE id = :id"), values)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        screen = app.screen
        await start(pilot, screen)
        before = newest_job(library)
        await pilot.press("n")
        await until(pilot, lambda: newest_job(library).id != before.id)
        assert newest_job(library).config["source"] == screen.query_one("#clip", Input).value
        assert newest_job(library).config["source"] != before.config["source"]


# Recording


async def form_of(pilot):
    """The form with what it offers; while a child talks there is a worker at work all the time."""
    await until(pilot, lambda: isinstance(pilot.app.screen, RecordForm))
    await until(pilot, lambda: pilot.app.screen.query_one("#gloss", Input).suggester)
    return pilot.app.screen


async def fill_form(pilot, gloss, signer):
    await form_of(pilot)
    pilot.app.screen.query_one("#gloss", Input).value = gloss
    pilot.app.screen.query_one("#signer", Input).value = signer
    await pilot.press("enter")


async def record(pilot, screen, gloss="hello", signer="me"):
    await pilot.press("R")
    await fill_form(pilot, gloss, signer)
    await until(pilot, lambda: screen.step == Step.RECORDING)


async def test_a_sign_is_recorded_reviewed_and_kept(app, library, real_child, told):
    told["silent"] = True
    counted = []
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, "0")
        digits = screen.query_one("#countdown", Digits)
        update = digits.update

        def count(value: str) -> None:
            counted.append(value)
            update(value)

        digits.update = count
        await record(pilot, screen, "  hello  [b]there ")
        assert counted == ["3", "2", "1"]
        assert not digits.display
        panel = screen.query_one("#preview")
        assert panel.has_class("-recording")
        assert "recording hello" in panel.border_subtitle
        camera = screen.child
        await pilot.press("enter")
        await until(pilot, lambda: screen.step == Step.REVIEW)
        await until(pilot, lambda: screen.child not in {None, camera})
        (take,) = takes(library)
        job = newest_job(library)
        assert job.config["source"] == str(take)
        assert job.config["realtime"]
        await pilot.press("s", "n")
        assert screen.step == Step.REVIEW
        await pilot.press("k")
        await until(pilot, lambda: screen.step == Step.OFF)
        await until(
            pilot, lambda: any("recorded-00001" in note.message for note in app._notifications)
        )
        assert not takes(library)
    sql = "SELECT gloss, signer, source, split, availability, extraction FROM instances"
    (row,) = run_query(library, f"{sql} WHERE video_id = 'recorded-00001'").rows
    assert tuple(row) == ("hello [b]there", "me", "recorded", "train", "available", "pending")


async def test_a_take_is_discarded_and_made_again(app, library, real_child, clip, told):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await record(pilot, screen)
        await pilot.press("R")
        await until(pilot, lambda: screen.step == Step.REVIEW and screen.child is not None)
        (first,) = takes(library)
        await pilot.press("R")
        await until(pilot, lambda: screen.step == Step.RECORDING)
        assert not first.exists()
        await pilot.press("x")
        await until(pilot, lambda: screen.step == Step.REVIEW and screen.child is not None)
        await pilot.press("x")
        await until(pilot, lambda: screen.child is None)
        await pilot.press("space")
        await until(pilot, lambda: screen.child is not None)
        await pilot.press("d")
        await until(pilot, lambda: screen.step == Step.OFF)
        assert not takes(library)
        assert not screen.events
        await pilot.press("R")
        await form_of(pilot)
        values = [app.screen.query_one(f"#{name}", Input).value for name in ("gloss", "signer")]
        assert values == ["hello", "me"]


async def test_the_form_asks_until_there_are_names(app, library, real_child, clip):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await pilot.press("R")
        form = await form_of(pilot)
        assert await form.query_one("#gloss", Input).suggester.get_suggestion("boo") == "book"
        await pilot.press("ctrl+s")
        assert "is no name" in str(form.query_one("#problem").render())
        await pilot.press(*"new", "enter")
        assert form.query_one("#signer", Input).has_focus
        assert "a new word" in str(form.query_one("#about").render())
        await pilot.press("escape")
        assert app.screen is screen
        assert screen.child is None


def recorded(library):
    sql = "SELECT gloss, signer FROM instances WHERE source = 'recorded' ORDER BY video_id"
    return [tuple(row) for row in run_query(library, sql).rows]


async def test_what_is_recorded_when_the_dashboard_goes_is_offered_by_the_next(
    app, library, real_child, clip, told
):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await record(pilot, screen, "[b]hello")
        pid = screen.child.process.pid
    assert not psutil.pid_exists(pid)
    assert len(takes(library)) == 1
    left_by_a_kill(library, "bye")
    async with SignApp(library).run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, clip)
        await until(pilot, lambda: screen.step == Step.REVIEW)
        assert screen.wanted == Wanted("[b]hello", "me")
        notes = [(note.title, note.message) for note in pilot.app._notifications]
        assert notes[0][0] == "A take of [b]hello waits"
        assert "1 more" in notes[0][1]
        assert screen.child is None
        await pilot.press("s")
        assert screen.child is None, "the take comes first"
        await pilot.press("space")
        await until(pilot, lambda: screen.child is not None)
        await pilot.press("k")
        await until(pilot, lambda: screen.wanted == Wanted("bye", "me"))
        await pilot.press("d")
        await until(pilot, lambda: screen.step == Step.OFF)
        await settle(pilot)
        assert screen.step == Step.OFF
    assert recorded(library) == [("[b]hello", "me")]
    assert not takes(library)
    assert [path.name for path in recordings_dir(library).iterdir()] == ["recorded-00001.mp4"]


def left_by_a_kill(library, gloss):
    path = recordings_dir(library) / f"zz-{gloss}{TAKE}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a take")
    owner = {**describe_recording("", "")["owner"], "started_at": 1.0}
    said = {**describe_recording(gloss, "me"), "owner": owner}
    assert note_take(path, said, frames=50, fps=25.0, width=32, height=24)


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize(("key", "counts"), [("k", (1, 0)), ("d", (0, 0)), ("l", (0, 1))])
async def test_leaving_asks_about_the_take(
    app, library, real_child, clip, told, running, key, counts
):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await record(pilot, screen)
        if not running:
            await pilot.press("R")
            await until(pilot, lambda: screen.step == Step.REVIEW and screen.child is not None)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TakeDialog))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.step == Step.REVIEW, "a dialog that is closed changes nothing"
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TakeDialog))
        await pilot.press(key)
        await until(pilot, lambda: not app.is_running or app._exit)
    assert (len(recorded(library)), len(takes(library))) == counts


async def test_leaving_from_another_screen_asks_about_the_take(
    app, library, real_child, clip, told
):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await record(pilot, screen)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "library")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TakeDialog))
        assert app.current_mode == "live"
        await pilot.press("escape", "2")
        await until(pilot, lambda: app.current_mode == "extract")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, TakeDialog))
        await pilot.press("l")
        await until(pilot, lambda: not app.is_running or app._exit)
    assert len(takes(library)) == 1


async def test_nothing_is_asked_where_there_is_no_take(app, library, real_child, clip):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await start(pilot, screen)
        await pilot.press("q")
        await until(pilot, lambda: app._exit)


async def test_what_cannot_be_recorded_says_why(app, library, real_child, clip, told):
    said = {"event": "record", "on": False, "error": "Nothing can be recorded.", "hint": "Space."}
    told |= {"silent": True, "says": [said]}
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await open_live(pilot, clip.parent)
        await pilot.press("s")
        await until(pilot, lambda: any("Nothing can" in n.title for n in app._notifications))
        assert screen.step == Step.OFF
        await pilot.press("R")
        await fill_form(pilot, "a", "b")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert "folder" in app.screen.error.message


async def test_a_take_that_cannot_be_kept_stays(app, library, real_child, clip, told):
    told["silent"] = True
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, clip)
        await record(pilot, screen)
        await pilot.press("R")
        await until(pilot, lambda: screen.step == Step.REVIEW and screen.child is not None)
        takes(library)[0].unlink()
        await pilot.press("k")
        await until(pilot, lambda: isinstance(app.screen, ErrorDialog))
        assert screen.step == Step.REVIEW
        await pilot.press("escape", "d")
        await until(pilot, lambda: screen.step == Step.OFF)


@pytest.mark.slow
async def test_a_real_clip_is_recorded_through_the_real_job(app, library, real_data):
    source = min((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_live(pilot, source)
        await pilot.press("R")
        await fill_form(pilot, "mine", "me")
        await until(pilot, lambda: screen.step == Step.RECORDING, within_s=60)
        await until(pilot, lambda: screen.query_one(LiveView).picture is not None)
        assert screen.query_one(LiveView).picture.pixels.shape[1] <= 36
        await until(pilot, lambda: screen.step == Step.REVIEW, within_s=60)
        frames = screen.take.frames
        await pilot.press("k")
        await until(pilot, lambda: screen.step == Step.OFF)
    sql = "SELECT gloss, clip_frames, extraction FROM instances WHERE source = 'recorded'"
    assert [tuple(row) for row in run_query(library, sql).rows] == [("mine", frames, "pending")]


# Without a screen


def test_the_sentence_keeps_what_it_can_choose_from():
    sentence = Sentence()
    sentence.add("far", (("near", 0.4),))
    sentence.add(None, ())
    sentence.replace_last()
    assert sentence.text == "far ?"
    sentence.take_back()
    sentence.replace_last()
    assert sentence.text == "near"


def test_latency_is_summed_up_over_the_latest_events():
    latency = Latency()
    for number in range(KEPT + 500):
        latency.add({"frame": 4 * number, "latency_ms": {"model": number, "x": 1}}, number * 0.16)
    times = latency.summary()
    assert list(times) == ["model"]
    assert times["model"].p50 == pytest.approx(500 + (KEPT - 1) / 2)
    assert times["model"].p95 == pytest.approx(500 + 0.95 * (KEPT - 1))
    assert latency.rate == pytest.approx(25.0)
    latency.add({"frame": 3}, 1e6)
    assert latency.rate is None, "another clip began"


@pytest.mark.parametrize("line", [b"no JSON", b"[" * 100_000, b"7", b"\xff", b""])
def test_lines_that_are_no_events(line):
    assert event_of(line) is None


def test_bodies_as_they_should_be_and_as_they_are_not():
    view = {"width": 2, "height": 1, "rgb": "AAECAwQF", "hands": []}
    body = [[0.25, 0.5], None, ["x", 1], [1e999, 0], [0.1], *[[0.5, 0.5]] * 46]
    picture = picture_of({**view, "body": body})
    assert picture is not None
    seen = picture.body
    assert seen is not None
    assert seen.shape == (51, 3)
    assert seen[0].tolist() == [0.25, 0.5, 0.0]
    assert np.isnan(seen[1:5]).all()
    assert np.isfinite(seen[5:]).all()
    for damaged in ([[0.5, 0.5]], "body", {"0": 1}):
        bare = picture_of({**view, "body": damaged})
        assert bare is not None
        assert bare.body is None


def test_events_as_they_should_be():
    line = json.dumps({"event": "sign", "top": TOP}).encode()
    assert top_of(event_of(line)) == (("book", 0.8), ("drink", 0.1))
    picture = picture_of(
        {"width": 2, "height": 1, "rgb": "AAECAwQF", "hands": [[[0.5, 0.25]] * 21]}
    )
    assert picture.pixels.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert picture.hands[0, 20].tolist() == [0.5, 0.25, 0.0]
    assert picture.body is None
    take = take_of({"path": "/x", "frames": 50, "fps": 25.0, "width": 4, "height": 3})
    assert take.seconds == 2.0
