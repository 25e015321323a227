"""Library: figures, filter, order, pages, the clip's page, import."""

from textual.widgets import Input, Static

from store.words import JobKind
from tests.tui.conftest import newest_job, settle, until
from tui.screens.clip import ClipScreen
from tui.screens.import_form import ImportForm
from tui.widgets.bars import BarList, StackedBar
from tui.widgets.skeleton_view import PresenceBar, SkeletonView
from tui.widgets.table import RowTable


def shown(app, column):
    table = app.screen.query_one(RowTable)
    return [str(table.get_cell_at((row, column))) for row in range(table.row_count)]


async def test_figures_are_those_of_the_catalog(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        counts = app.screen.query_one("#counts", Static).render().plain
        assert "300 instances" in counts
        assert "5 glosses" in counts
        clips = {p.label: p.number for p in app.screen.query_one("#clips", StackedBar).portions}
        assert clips == {"available": 210, "missing": 75, "corrupt": 15}
        bars = {bar.label: (bar.part, bar.whole) for bar in app.screen.query_one(BarList).bars}
        assert bars["train"][1] == 180
        assert bars["WLASL100"][1] == 300
        states = {
            p.label: p.number for p in app.screen.query_one("#extraction", StackedBar).portions
        }
        assert bars["WLASL100"][0] == states["done"]


async def test_filter_by_gloss_is_shown_as_its_condition(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"comp")
        await settle(pilot)
        assert app.screen.page.total == 60
        assert set(shown(app, 0)) == {"computer"}
        assert "gloss LIKE 'comp%'" in app.screen.query_one("#table").border_subtitle
        await pilot.press("enter")
        assert app.screen.query_one(RowTable).has_focus
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen.page.total == 300


async def test_filter_by_video_id_and_by_sql(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        field = app.screen.query_one("#filter", Input)
        field.value = "00007"
        await settle(pilot)
        assert shown(app, 1) == ["00007"]
        field.value = "split = 'val' AND availability = 'corrupt'"
        await settle(pilot)
        assert app.screen.page.total == 0
        field.value = "where split = 'test' and availability = 'missing'"
        await settle(pilot)
        assert app.screen.page.total == 15


async def test_a_quote_in_the_filter_is_text(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query_one("#filter", Input).value = "it's"
        await settle(pilot)
        assert app.screen.page.total == 60


async def test_a_wrong_or_writing_condition_is_said_and_changes_nothing(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for condition in ("split = ", "1 = 1); DELETE FROM clip; --"):
            app.screen.query_one("#filter", Input).value = condition
            await settle(pilot)
            assert app.screen.query_one("#table").border_subtitle
            assert app.screen.page.total == 300
    with library.connect_read_only() as connection:
        assert connection.execute("SELECT COUNT(*) FROM clip").fetchone() == (300,)


async def test_order_by_key_and_by_header(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("O")
        await settle(pilot)
        assert app.screen.wanted.descending
        assert shown(app, 0)[0] == "it's"
        await pilot.press("o")
        await settle(pilot)
        assert app.screen.wanted.sort == "video_id"
        assert shown(app, 1)[0] == "00299"
        await pilot.click(RowTable, offset=(3, 0))
        await settle(pilot)
        assert (app.screen.wanted.sort, app.screen.wanted.descending) == ("gloss", False)


async def test_pages_end_at_the_ends(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert len(shown(app, 0)) == 200
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert len(shown(app, 0)) == 100
        assert "201" in app.screen.query_one("#table").border_title
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert app.screen.page.query.page == 1
        await pilot.press("left_square_bracket", "left_square_bracket")
        await settle(pilot)
        assert app.screen.page.query.page == 0


async def test_foreign_text_is_never_markup(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.screen.query_one("#filter", Input).value = "[bold]"
        await settle(pilot)
        assert set(shown(app, 0)) == {"[bold]hostile[/bold]"}
        await pilot.press("enter", "enter")
        await settle(pilot)
        assert isinstance(app.screen, ClipScreen)
        assert "[bold]hostile[/bold]" in app.screen.query_one("#text").render().plain


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


async def test_import_is_checked_and_starts_a_job(app, library, tmp_path, real_child):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("i", "enter")
        assert isinstance(app.screen, ImportForm)
        app.screen.query_one("#source", Input).value = str(tmp_path / "nowhere")
        await pilot.press("enter")
        assert "is not there" in app.screen.query_one("#problem").render().plain
        app.screen.query_one("#source", Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: app.jobs)
        assert newest_job(library).kind == JobKind.IMPORT
        assert newest_job(library).config["source"] == str(tmp_path.resolve())
