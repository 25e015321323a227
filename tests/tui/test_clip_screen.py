"""The clip's page: facts, landmarks, pictures, history, twins, neighbours, exclusion."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from store.catalog import get_or_add_extractor
from store.extractions import add_landmark_file
from store.landmarks import write_sequences
from store.runs import EvaluationRow, PredictionRow, record_evaluation
from store.schema import Clip, Extraction, Instance
from tests.tui.conftest import NOW, ROOT, add_run, moving_hand, settle, until
from tui import player
from tui.reading.pictures import PictureChild
from tui.screens import clip
from tui.screens.clip import ClipScreen
from tui.screens.dialogs import ErrorDialog
from tui.screens.exclude_form import ExcludeForm
from tui.widgets.facts import FactList
from tui.widgets.pixels import FilmStrip
from tui.widgets.presence_bar import PresenceBar
from tui.widgets.skeleton_view import SkeletonView
from tui.widgets.table import RowTable


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def words(app, selector):
    return " ".join(app.screen.query_one(selector).render().plain.split())


def change(library, model, row_id, **values):
    with library.session() as session:
        session.execute(update(model).where(model.id == row_id).values(**values))


async def open_clip(app, pilot, instance_id=1):
    await settle(pilot)
    await app.push_screen(ClipScreen(instance_id), app.screen._clip_closed)
    app.screen.action_play()  # a page that stands still is waited for in less time
    await settle(pilot)


@pytest.fixture
def real_clip(library, real_data):
    """Instance 1 has a real clip, which the landmarks do not fit."""
    path = real_data / "videos" / "01065.mp4"
    if not path.is_file():
        path = min((real_data / "videos").glob("*.mp4"))
    change(library, Clip, 1, path=str(path), frames=34, width=1920, height=1080)
    return path


@pytest.fixture
def twins(library):
    """Instance 61 (computer) is the same stretch as 1, instance 2 has its landmarks and content."""
    change(library, Instance, 61, url="https://example.org/0.mp4")
    change(library, Clip, 1, sha256="ab" * 32)
    change(library, Clip, 2, sha256="ab" * 32)
    for instance in (1, 2):
        with library.session() as session:
            session.execute(
                update(Extraction)
                .where(Extraction.instance_id == instance)
                .values(landmarks_sha256="cd" * 32)
            )


async def test_the_clip_page_plays_its_landmarks(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        view = app.screen.query_one(SkeletonView)
        assert view.playing
        await pilot.press("space")
        assert not view.playing
        await pilot.press("home", "right", "right", "left")
        assert view.frame == 1
        await pilot.press("left", "left")
        assert view.frame == len(view.sequence) - 1
        presence = app.screen.query_one(PresenceBar).present
        assert presence[0] == (False, True)
        assert presence[-1] == (True, True)
        assert words(app, "#no-pictures") == "the file is not there"
        await pilot.press("t")
        assert "left 50 %, right 100 % of 40 frames" in words(app, "#history-detail")
        await pilot.press("escape")
        assert not isinstance(app.screen, ClipScreen)


async def test_a_key_goes_round_the_sets_of_landmarks(app, library):
    body = np.full((40, 51, 3), 0.5, np.float32)
    whole = replace(moving_hand(), body=body)
    path = library.landmarks_dir / "pack-2.h5"
    write_sequences(path, [("00000", whole)])
    with library.session() as session:
        extractor = get_or_add_extractor(
            session, key="h", landmark_set="holistic", origin="[b]other", settings={}
        )
        file = add_landmark_file(session, path, extractor, 1)
        session.add(
            Extraction(
                instance_id=1, extractor_id=extractor, status="done", frames=40, file_id=file,
                first_frame=0, position=0, finished_at=NOW + 1,
            )
        )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:
        await open_clip(app, pilot)
        hands, view = app.screen.query_one("#hands"), app.screen.query_one(SkeletonView)
        assert "1 of 2: holistic, [b]other" in Content.from_markup(hands.border_title).plain
        assert view.sequence.body is not None
        await pilot.press("home", "right", "right", "l")
        await settle(pilot)
        assert "2 of 2: hands, mediapipe 0.10.21" in hands.border_title
        assert view.sequence.body is None
        assert view.frame == 2, "the same frame, to compare them"
        assert not view.playing
        await pilot.press("l")
        await settle(pilot)
        assert view.sequence.body is not None
        await pilot.press("escape")
        await app.push_screen(ClipScreen(2))
        await settle(pilot)
        assert "landmarks" not in {b.binding.action for b in app.screen.active_bindings.values()}


async def test_the_skeleton_is_drawn_where_the_hand_is(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("home")
        view = app.screen.query_one(SkeletonView)
        drawn = "".join(view.render_line(y).text for y in range(view.size.height))
        columns = [i % view.size.width for i, mark in enumerate(drawn) if mark != " "]
        assert columns
        assert max(columns) < view.size.width / 2, "at first only the hand on the left is there"


async def test_a_clip_without_landmarks_and_one_whose_file_is_gone(app, library):
    (library.landmarks_dir / "pack-1.h5").unlink()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.push_screen(ClipScreen(1))
        await settle(pilot)
        assert "not there" in app.screen.query_one("#hands").border_subtitle
        await pilot.press("escape", "space")
        app.push_screen(ClipScreen(4))
        await settle(pilot)
        assert app.screen.query_one("#hands").border_subtitle == "none yet"
        assert words(app, "#no-pictures") == "missing: no clip to look at"
        await pilot.press("space", "right", "f", "t", "t", "enter")
        assert not app.screen.query_one(SkeletonView).playing
        assert words(app, "#twins-detail") == "No other clip is known to be the same."
        await pilot.press("n", "p", "w")
        await settle(pilot)
        assert isinstance(app.screen, ErrorDialog)


async def test_pictures_come_and_lie_behind_the_hands(app, real_clip):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_clip(app, pilot)
        strip = app.screen.query_one(FilmStrip)
        cells = strip.render_line(1).text
        assert cells.count("▀") >= 60
        assert cells.strip().count(" ") >= 5, "gaps between six pictures or more"
        view = app.screen.query_one(SkeletonView)
        await pilot.press("space", "home")
        assert "▀" not in "".join(view.render_line(y).text for y in range(view.size.height))
        await pilot.press("f")
        drawn = [view.render_line(y).text for y in range(view.size.height)]
        assert {len(line) for line in drawn} == {view.size.width}
        assert "▀" in "".join(drawn)
        assert any("\u2800" < mark <= "\u28ff" for mark in "".join(drawn))


async def test_a_clip_without_landmarks_shows_its_pictures(app, library, real_clip):
    change(library, Extraction, 1, status="failed", file_id=None, error_kind="crash", error="Ow.")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_clip(app, pilot)
        view = app.screen.query_one(SkeletonView)
        assert view.frames == 34
        assert not view.playing
        await pilot.press("space")
        assert view.playing
        await pilot.press("home", "right", "right")
        assert view.frame == 2
        assert "▀" in view.render_line(view.size.height // 2).text
        assert app.screen.query_one("#hands").border_subtitle.startswith("frame 3 of 34")


async def test_pictures_alone_play_as_soon_as_they_come(app, library, real_clip):
    change(library, Extraction, 1, status="failed", file_id=None, error_kind="crash", error="Ow.")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.push_screen(ClipScreen(1))
        await until(pilot, lambda: app.screen.query_one(SkeletonView).playing)


async def test_leaving_ends_the_decoder(app, real_clip, monkeypatch):
    children = []

    def start(*arguments):
        children.append(PictureChild(*arguments))
        return children[-1]

    monkeypatch.setattr(clip, "PictureChild", start)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.push_screen(ClipScreen(1))
        await until(pilot, lambda: children)
        await pilot.press("escape")
        await until(pilot, lambda: children[0]._process.poll() is not None)
        app.push_screen(ClipScreen(1))
        await until(pilot, lambda: len(children) > 1)
    assert all(child._process.poll() is not None for child in children)


async def test_twins_and_contradictions_and_the_way_there_and_back(app, twins):
    async with app.run_test(size=(120, 40)) as pilot:
        await open_clip(app, pilot)
        assert "disputed also labelled computer" in words(app, "#text")
        assert "twins 2" in words(app, "#lists")
        await pilot.press("t", "t")
        table = app.screen.query_one("#twins-table", RowTable)
        assert table.keys == ("61", "2")
        await pilot.click("#lists", offset=(1, 0))
        assert app.screen.query_one(ContentSwitcher).current == "facts"
        await pilot.click("#lists", offset=(19, 0))
        assert app.screen.query_one(ContentSwitcher).current == "twins"
        assert words(app, "#twins-detail").startswith("the same source and range but computer")
        await pilot.press("down")
        assert "landmarks, content" in words(app, "#twins-detail")
        await pilot.press("up", "enter", "space")
        await settle(pilot)
        assert app.screen.instance_id == 61
        assert "disputed also labelled book" in words(app, "#text")
        await pilot.press("n")
        await settle(pilot)
        assert app.screen.instance_id == 2
        await pilot.press("escape")
        assert app.screen.instance_id == 1
        await pilot.press("escape")
        assert not isinstance(app.screen, ClipScreen)


async def test_neighbours_are_those_of_the_list_it_was_opened_from(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"split:val book", "enter", "down", "enter", "space")
        await settle(pilot)
        assert app.screen.query_one("#strip").border_subtitle == "2 of 12"
        assert words(app, "#text").startswith("gloss book video 00008")
        await pilot.press("n")
        await settle(pilot)
        assert words(app, "#text").startswith("gloss book video 00013")
        await pilot.press("p", "p", "p")
        await settle(pilot)
        assert words(app, "#text").startswith("gloss book video 00003")
        assert app.screen.query_one("#strip").border_subtitle == "1 of 12"


async def test_the_runs_that_were_measured_on_it(app, library):
    run = add_run(library, "whole", split="notebook")
    said = PredictionRow(1, 2, "drink", 0.75, [["drink", 0.75], ["book", 0.2]])
    row = EvaluationRow(run, "val", 40, 5, 0.7, 0.9, 1.0, 0.55, 0.82, {})
    record_evaluation(library, row, [said])
    async with app.run_test(size=(80, 24)) as pilot:
        await open_clip(app, pilot)
        await pilot.press("T")
        assert app.screen.query_one(ContentSwitcher).current == "runs"
        assert words(app, "#runs-detail") == (
            "run whole said drink score 75.0 % the gloss came at place 2 measured on val (leaks)"
        )


async def test_exclusion_is_seen_here_and_in_the_table(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await open_clip(app, pilot)
        await pilot.press("x")
        assert isinstance(app.screen, ExcludeForm)
        await pilot.press(*"blurred", "enter")
        await settle(pilot)
        assert "excluded blurred" in words(app, "#text")
        await pilot.press("escape")
        await settle(pilot)
        assert "1 excluded" in app.screen.query_one("#counts", Static).render().plain
        await open_clip(app, pilot)
        await pilot.press("x", "ctrl+r")
        await settle(pilot)
        assert "excluded" not in words(app, "#text")


async def test_the_box_is_held_against_the_picture(app, library):
    box = {"bbox_left": 80, "bbox_top": 60, "bbox_right": 240, "bbox_bottom": 180}
    change(library, Instance, 1, **box)
    change(library, Instance, 2, **box | {"bbox_right": 1900})
    change(library, Instance, 3, **box | {"bbox_right": 80})
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for number, text in (
            (1, "box 80, 60 to 240, 180 25 % of the picture"),
            (2, "made for a picture of another size"),
            (3, "it is empty"),
        ):
            await app.push_screen(ClipScreen(number))
            app.screen.action_play()
            await settle(pilot)
            assert text in " ".join(app.screen.query_one(FactList).render().plain.split())


async def test_the_clip_opens_in_the_player(app, library, tmp_path, monkeypatch):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x")
    change(library, Clip, 1, path=str(path))
    played = []
    monkeypatch.setattr(player, "_run", lambda opener, clip: played.append(clip))
    monkeypatch.setattr(player, "_start_file", played.append)
    monkeypatch.setattr("tui.player.shutil.which", lambda name: name)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_clip(app, pilot)
        await pilot.press("w")
        await settle(pilot)
        assert played == [path]
