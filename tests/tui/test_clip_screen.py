"""The clip's page: facts, landmarks, pictures, history, twins, neighbours, exclusion."""

from tests.tui.conftest import settle
from tui.screens.clip import ClipScreen
from tui.widgets.presence_bar import PresenceBar
from tui.widgets.skeleton_view import SkeletonView


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
        text = app.screen.query_one("#text").render().plain
        assert "left 50 %, right 100 % of 40 frames" in " ".join(text.split())
        presence = app.screen.query_one(PresenceBar).present
        assert presence[0] == (False, True)
        assert presence[-1] == (True, True)
        await pilot.press("escape")
        assert not isinstance(app.screen, ClipScreen)


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
        await pilot.press("space", "right")
        assert not app.screen.query_one(SkeletonView).playing
