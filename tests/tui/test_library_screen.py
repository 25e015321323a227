"""Library: figures, filter, order, exclusion, the same as SQL, import."""

import subprocess
import sys

import pytest
from textual.widgets import Input, OptionList, Static

from store.words import JobKind
from tests.tui.conftest import ROOT, newest_job, settle, until
from tui.reading import instance_ids, pieces
from tui.reading.instances import EXCLUDED, SORTABLE
from tui.screens import library
from tui.screens.choose import ChooseDialog
from tui.screens.clip import ClipScreen
from tui.screens.exclude_form import ExcludeForm
from tui.screens.import_form import ImportForm
from tui.widgets.bars import StackedBar
from tui.widgets.footer import KeyLine
from tui.widgets.histogram import Histogram
from tui.widgets.overview import Overview
from tui.widgets.row_pages import PAGE_ROWS
from tui.widgets.row_view import RowView


def wanted(app):
    return app.screen.wanted


def shown(app, column):
    view = app.screen.query_one(RowView)
    cells = [view.row_at(index).cells[column] for index in range(min(view.total, PAGE_ROWS))]
    return [cell if isinstance(cell, str) else cell[0] for cell in cells]


async def type_filter(app, pilot, text):
    app.screen.query_one("#filter", Input).value = text
    await settle(pilot)


def problem(app):
    return app.screen.query_one("#problem", Static).render().plain


def excluded(library):
    with library.connect_read_only() as connection:
        sql = "SELECT video_id, excluded_reason FROM instances WHERE excluded ORDER BY video_id"
        return connection.execute(sql).fetchall()


async def test_figures_are_those_of_the_catalog(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        counts = app.screen.query_one("#counts", Static).render().plain
        assert "300 instances" in counts
        assert "5 glosses" in counts
        clips = {p.label: p.number for p in app.screen.query_one("#clips", StackedBar).portions}
        assert clips == {"available": 210, "missing": 75, "corrupt": 15}
        bars = {bar.label: (bar.part, bar.whole) for bar in app.screen.query_one("#shares").bars}
        assert bars["train"][1] == 180
        assert bars["nslt_100"][1] == 300
        states = {
            p.label: p.number for p in app.screen.query_one("#extraction", StackedBar).portions
        }
        assert bars["nslt_100"][0] == states["done"]
        hands = app.screen.query_one("#hands-line", Static).render().plain
        assert hands == "left hand 50 %, right 100 %"
        assert app.screen.query_one("#states").border_subtitle == "extract would read 65"


async def test_many_instances_come_piece_by_piece_until_all_are_there(app, monkeypatch):
    monkeypatch.setattr(instance_ids, "FEW", 10)
    monkeypatch.setattr(pieces, "LONGEST", 20)
    monkeypatch.setattr(library, "_AT_ONCE", 30)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.shown is not None and app.screen.shown.complete)
        await settle(pilot)
        assert app.screen.query_one(RowView).total == 300
        assert app.screen.query_one("#table").border_title == "Instances  300"
        glosses = shown(app, 0)
        assert glosses == sorted(glosses)
        await pilot.press("end")
        await settle(pilot)
        assert app.screen.query_one(RowView).current is not None
        app.screen.shown.complete = False
        await pilot.press("X")
        assert not isinstance(app.screen, ExcludeForm), "not before all are known"


async def test_all_figures_and_back(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert not app.screen.query_one("#per-gloss").is_on_screen
        await pilot.press("g")
        await settle(pilot)
        drawn = app.screen.query_one("#per-gloss", Histogram)
        assert drawn.is_on_screen
        assert [(column.low, column.count) for column in drawn.columns] == [(60, 5)]
        assert "█" in drawn.render().plain
        assert not app.screen.query_one(RowView).is_on_screen
        await pilot.press("x", "X", "o")
        assert not isinstance(app.screen, (ExcludeForm, ChooseDialog)), "no row is in sight"
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen.query_one(RowView).is_on_screen
        await pilot.press("x", "escape", "o")
        assert isinstance(app.screen, ChooseDialog), "keys go to the table again"


async def test_instances_asked_for_elsewhere_are_seen_in_place_of_the_figures(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("g", "6")
        await app.show_instances("split = 'val'")
        await settle(pilot)
        assert app.screen.query_one(RowView).is_on_screen
        assert app.screen.shown.total == 60


async def test_filter_by_gloss_is_shown_as_its_condition(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"comp")
        await settle(pilot)
        assert app.screen.shown.total == 60
        assert set(shown(app, 0)) == {"computer"}
        panel = app.screen.query_one("#table")
        assert "gloss LIKE 'comp%'" in panel.border_subtitle
        assert panel.border_title == "Instances  60 of 300"
        await pilot.press("enter")
        assert app.screen.query_one(RowView).has_focus
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen.shown.total == 300


@pytest.mark.parametrize(
    ("text", "total"),
    [("00007", 1), ("split = 'val' AND availability = 'corrupt'", 0),
     ("where split = 'test' and availability = 'missing'", 15), ("split:test state:missing", 15),
     ("availability = 'missing' -- these", 75), ("it's", 60), ("clip_frames:>40", 205), ("excluded:yes", 0)],
)  # fmt: skip
async def test_filters_of_every_kind(app, library, text, total):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await type_filter(app, pilot, text)
        assert (app.screen.shown.total, problem(app)) == (total, "")


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


async def test_a_wrong_or_writing_condition_is_said_and_the_rows_stay(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for condition in ("split = ", "1 = 1); DELETE FROM clip; --"):
            await type_filter(app, pilot, condition)
            assert problem(app)
            assert app.screen.shown.total == 300
        await type_filter(app, pilot, "split = 'val'")
        assert problem(app) == ""
        assert app.screen.shown.total == 60
    with library.connect_read_only() as connection:
        assert connection.execute("SELECT COUNT(*) FROM clip").fetchone() == (300,)


async def test_the_filter_completes_columns_and_values(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"avai", "right", *":mi", "right")
        await settle(pilot)
        assert app.screen.query_one("#filter", Input).value == "availability:missing"
        assert app.screen.shown.total == 75


async def test_order_by_key_by_header_and_by_choice(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("O")
        await settle(pilot)
        assert app.screen.wanted.descending
        assert shown(app, 0)[0] == "it's"
        await pilot.press("o")
        assert isinstance(app.screen, ChooseDialog)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert wanted(app).sort == "video_id"
        assert shown(app, 1)[:2] == ["00000", "00001"]
        await pilot.click(RowView, offset=(3, 0))
        await settle(pilot)
        assert (wanted(app).sort, wanted(app).descending) == ("gloss", False)
        await pilot.click(RowView, offset=(3, 0))
        await settle(pilot)
        assert (wanted(app).sort, wanted(app).descending) == ("gloss", True)


async def test_order_by_a_column_that_is_not_shown(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("o")
        options = app.screen.query_one(OptionList)
        options.highlighted = SORTABLE.index("size_bytes")
        await pilot.press("enter")
        await settle(pilot)
        assert "by size_bytes" in app.screen.query_one("#table").border_subtitle
        assert app.screen.shown.total == 300


async def test_one_instance_is_excluded_and_taken_back(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"comp", "enter", "down", "x")
        assert isinstance(app.screen, ExcludeForm)
        await pilot.press("enter")
        assert "needs a reason" in app.screen.query_one("#problem").render().plain
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert excluded(library) == [("00061", "more than one sign")]
        assert shown(app, 0)[:2] == ["computer", f"{EXCLUDED} computer"]
        assert app.screen.query_one(RowView).cursor == 1
        assert "1 excluded" in app.screen.query_one("#counts").render().plain
        await pilot.press("x", "ctrl+r")
        await settle(pilot)
        assert excluded(library) == []


async def test_all_that_the_filter_shows_are_excluded_after_a_question(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await type_filter(app, pilot, "split:val state:corrupt")
        await pilot.press("X")
        assert not isinstance(app.screen, ExcludeForm)
        await type_filter(app, pilot, "split:val gloss:drink")
        await pilot.press("X")
        assert "12 instances" in app.screen.query_one(".what").render().plain
        await pilot.press("escape")
        assert excluded(library) == []
        await pilot.press("X", *"unclear", "enter")
        await settle(pilot)
        assert len(excluded(library)) == 12
        assert {reason for _, reason in excluded(library)} == {"unclear"}


async def test_what_is_shown_is_copied_and_asked_as_sql(app, monkeypatch):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await type_filter(app, pilot, "split:val book")
        await pilot.press("escape", "slash", *"split:val book", "enter", "y")
        copied = app.clipboard
        assert "WHERE (split = 'val' AND (gloss LIKE 'book%'" in copied
        await pilot.press("s")
        await settle(pilot)
        assert app.current_mode == "sql"
        assert app.screen.query_one("#editor").text == copied


async def test_a_job_that_changed_the_data_is_seen_on_return(app, library):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("6")
        await settle(pilot)
        with library.session() as session:
            from store.schema import Gloss

            session.query(Gloss).filter(Gloss.text == "book").update({"text": "aardvark"})
        app.get_screen_stack("library")[0]._stale = True
        await pilot.press("1")
        await settle(pilot)
        assert shown(app, 0)[0] == "[bold]hostile[/bold]"
        assert "aardvark" in shown(app, 0)


async def test_figures_fit_at_every_size(app):
    for size in [(80, 24), (80, 50), (120, 24), (160, 50)]:
        async with type(app)(app.library).run_test(size=size) as pilot:
            await settle(pilot)
            for _ in range(2):
                for widget in pilot.app.screen.query_one(Overview).query(
                    "Static, BarList, StackedBar"
                ):
                    if widget.is_on_screen:
                        panel = widget.parent.content_region
                        assert panel.contains_region(widget.region), (size, widget)
                await pilot.press("g")
                await settle(pilot)
                spread = pilot.app.screen.query_one("#spread")
                glancing = pilot.app.screen.has_class("-glance")
                assert spread.is_on_screen or not glancing
                assert pilot.app.screen.region.contains_region(spread.region), size


async def test_the_line_about_hands_stays_one_line(app):
    async with app.run_test(size=(80, 24)) as pilot:
        for width in (80, 99, 100, 108, 120, 140):
            await pilot.resize_terminal(width, 30)
            await settle(pilot)
            line = app.screen.query_one("#hands-line", Static)
            assert line.size.height == 1, width
            assert line.render().plain == "left hand 50 %, right 100 %"


async def test_in_the_field_the_footer_says_the_way_out(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)

        def keys():
            return str(app.screen.query_one(KeyLine).content)

        await pilot.press("slash")
        await until(pilot, lambda: keys() == "esc Leave the field")
        await pilot.press("slash", "escape")
        await until(pilot, lambda: keys().startswith("/ Filter"))
        assert app.screen.query_one("#filter", Input).value == "/"


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


def test_the_first_screen_is_there_without_numpy():
    code = (
        "import sys, tui.app, tui.screens.library\n"
        "print(sorted({'numpy', 'h5py', 'alembic', 'plotext'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
