"""What holds on every screen: palette, mouse, themes, room, no colours, notes about jobs."""

from functools import partial

import pytest
from textual.binding import Binding
from textual.color import Color
from textual.containers import ScrollableContainer
from textual.widget import Widget
from textual.widgets import Static

from store.words import JobKind, Status
from tests.tui.conftest import NOW, add_job, add_run, settle, until
from tui.app import SignApp, make_screen
from tui.palette import ENTRIES, list_commands
from tui.screens.dialogs import HelpDialog, QuitDialog, TooSmall
from tui.screens.job_dialog import JobDialog
from tui.theme import THEMES, own_colours
from tui.widgets.footer import KeyLine
from tui.widgets.nav_bar import SCREENS, NavBar
from tui.widgets.table import RowTable

ONLY_THERE = {
    "library": {"order", "turn", "glance", "sql", "copy", "reload"},
    "extract": {"workers", "log"},
    "runs": {"mark", "stop", "log"},
    "live": {
        *("next_clip", "replace", "take_back", "clear", "copy"),
        *("keep", "discard", "replay", "finish", "leave"),
    },
    "sql": {"run", "cancel", "edit", "views", "sort"},
    "jobs": set(),
}
"""Actions on what is seen: the palette offers them on their screen, under the words of their key."""


def own_bindings(screen):
    return [
        binding
        for kind in type(screen).__mro__
        if kind.__module__.startswith("tui.")
        for binding in Binding.make_bindings(vars(kind).get("BINDINGS", ()))
        if binding.description and not binding.action.startswith("leave_")
    ]


@pytest.mark.parametrize("name", SCREENS)
def test_every_key_has_its_command_by_name_or_a_reason(name):
    named = {entry.action for entry in ENTRIES if entry.screen == name}
    actions = {binding.action.split("(")[0] for binding in own_bindings(make_screen(name))}
    assert actions - named == ONLY_THERE[name] & actions - named
    for action in named - {""}:
        assert hasattr(make_screen(name), f"action_{action}"), action


def test_no_two_commands_have_one_name():
    titles = [entry.title for entry in ENTRIES]
    assert len(titles) == len(set(titles))


async def test_the_palette_offers_every_key_of_the_screen_that_is_open(app, library):
    add_run(library, "whole")
    add_job(library, JobKind.SCAN, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for name in (*SCREENS, "job log"):
            if name == "job log":
                await pilot.press("enter")
            else:
                await app.action_show(name)
            await settle(pilot)
            on_page = name in SCREENS
            named = {entry.action for entry in ENTRIES if on_page and entry.screen == name}
            titles = {command.title for command in list_commands(app, app.screen)}
            offered = {
                active.binding.action: active.binding.description.lower()
                for active in app.screen.active_bindings.values()
                if active.node is app.screen and active.binding.description
            }
            ours = {binding.action for binding in own_bindings(app.screen)}
            missing = {
                words for action, words in offered.items()
                if action in ours and action not in named and words not in titles
            }  # fmt: skip
            assert not missing, name


async def test_a_command_of_another_screen_leaves_what_lies_over_it(app, library):
    add_job(library, JobKind.SCAN, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("6", "enter")
        await settle(pilot)
        commands = {command.title: command for command in list_commands(app, app.screen)}
        await commands["sql"].callback()
        await settle(pilot)
        assert (app.current_mode, len(app.screen_stack)) == ("sql", 1)


# Room


PLACES = {
    **{name: (str(number),) for number, name in enumerate(SCREENS, start=1)},
    "settings": ("comma",),
    "change a setting": ("comma", "enter"),
    "failures": ("2", "tab", "enter"),
    "job log": ("6", "enter", "slash"),
    "clip": ("1", "enter"),
    "import": ("1", "i"),
    "new run": ("3", "n"),
    "help": ("2", "question_mark"),
    "welcome": ("ctrl+o",),
    "import from welcome": ("ctrl+o", "i"),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_everything_is_whole(app, library, size):
    add_run(library, "whole")
    add_job(library, JobKind.SCAN, Status.FAILED, error="long words " * 30, hint="more " * 40)
    add_job(library, JobKind.TRAIN, Status.RUNNING, done=10, total=100, unit="epochs")
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for name, keys in PLACES.items():
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
            assert_whole(app.screen, name)
            await _back(pilot)
        for dialog in (QuitDialog(app.jobs * 5), JobDialog(1, "Importing")):
            app.push_screen(dialog)
            await settle(pilot)
            assert_whole(app.screen, type(dialog).__name__)
            app.pop_screen()
            await settle(pilot)


async def _back(pilot):
    while len(pilot.app.screen_stack) > 1:
        pilot.app.pop_screen()
        await settle(pilot)
    if pilot.app.current_mode == "welcome":
        await pilot.press("escape")
    await settle(pilot)


def assert_whole(screen, name):
    """Nothing leaves the screen, no neighbours lie over one another, no footer key is cut."""
    for widget in screen.query("*"):
        if not (widget.display and widget.region) or _is_scrolled(widget):
            continue
        assert screen.region.contains_region(widget.region), (name, widget)
        assert not widget.show_horizontal_scrollbar, (name, widget)
        for other in widget.siblings:
            if other.display and other.region and other.layer == widget.layer:
                assert not widget.region.overlaps(other.region), (name, widget, other)
    for footer in screen.query(KeyLine):
        assert footer.content.cell_length <= screen.size.width, f"{name}: keys are cut off"


def _is_scrolled(widget):
    return any(
        isinstance(parent, ScrollableContainer) or parent.show_vertical_scrollbar
        for parent in widget.ancestors
        if isinstance(parent, Widget)
    )


def picture(app):
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def test_larger_and_back_leaves_the_pictures_as_they_were(library):
    app = SignApp(library, clock=lambda: NOW)
    add_job(library, JobKind.SCAN, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        before = {}
        for size in ((80, 24), (200, 60), (70, 18), (80, 24)):
            await pilot.resize_terminal(*size)
            for name in SCREENS:
                await app.action_show(name)
                await settle(pilot)
                assert len(app.screen_stack) == 1
                seen = before.setdefault((name, size), picture(app))
                await until(pilot, partial(_looks, app, seen))


def _looks(app, lines):
    return picture(app) == lines


async def test_without_room_there_is_a_calm_note(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.resize_terminal(50, 12)
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        await settle(pilot)
        assert "here: 50 x 12" in app.screen.query_one("#room", Static).render().plain
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not isinstance(app.screen, TooSmall))
        assert len(app.screen_stack) == 1
        await pilot.resize_terminal(30, 8)
        await until(pilot, lambda: isinstance(app.screen, TooSmall))
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


# Mouse


async def test_the_mouse_reaches_tabs_rows_footer_and_buttons(app, library):
    for _ in range(3):
        add_job(library, JobKind.SCAN, Status.FINISHED)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        tabs = app.screen.query_one(NavBar).query_one("#tabs")
        place = picture(app)[0].index("6 Jobs")
        await pilot.click(tabs, offset=(place + 1, 0))
        await until(pilot, lambda: app.current_mode == "jobs" and app.screen.chosen)
        await settle(pilot)
        table = app.screen.query_one(RowTable)
        await pilot.click(table, offset=(5, 2))
        await settle(pilot)
        assert app.screen.chosen.id == 2
        footer = app.screen.query_one(KeyLine)
        await pilot.click(footer, offset=(footer.content.plain.index("Help"), 0))
        await until(pilot, lambda: isinstance(app.screen, HelpDialog))
        await pilot.press("escape")
        app.push_screen(QuitDialog(app.jobs[:1]))
        await settle(pilot)
        await pilot.click("#stay")
        await until(pilot, lambda: len(app.screen_stack) == 1)


# Colours


async def test_every_theme_shows_every_screen(app, library):
    add_run(library, "whole")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for name in ("library", "runs", "sql"):
            await app.action_show(name)
            await settle(pilot)
        for theme in app.available_themes:
            app.theme = theme
            await pilot.pause()
            variables = app.theme_variables
            assert {"track", "idle", "muted"} <= variables.keys(), theme
            if not theme.startswith("ansi"):
                assert variables["background"] != variables["foreground"], theme


STATES = ("primary", "success", "warning", "error", "foreground", "muted", "idle")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_states_can_be_read_on_every_ground(theme):
    """Contrast as WCAG has it: 4.5 for the theme that promises it, 3 for the others' words."""
    colours = {**own_colours(theme), **theme.to_color_system().generate(), **theme.variables}
    strong = theme.name == "signtui-contrast"
    grounds = ("background", "surface") + (("block-cursor-background", "panel") if strong else ())
    for ground in grounds:
        for state in STATES[:-1] if not strong else STATES:
            contrast = _contrast(colours[state], colours[ground])
            assert contrast >= (4.5 if strong else 3), (state, ground, contrast)


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [part / 255 for part in Color.parse(colour).rgb]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _styles(app, line):
    """What each cell of a line looks like: (character, bold, reversed, background)."""
    strip = app.screen._compositor.render_strips()[line].apply_filter(
        app._filters[0], app.screen.background_colors[1]
    )
    return [
        (cell, bool(style and style.bold), bool(style and style.reverse),
         style.bgcolor.name if style and style.bgcolor else "")
        for words, style, _ in strip
        for cell in words
    ]  # fmt: skip


async def test_without_colours_place_row_and_state_can_be_told(library, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    add_job(library, JobKind.TRAIN, Status.FAILED, error="No.")
    add_job(library, JobKind.SCAN, Status.FINISHED)
    app = SignApp(library, clock=lambda: NOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("6")
        await until(pilot, lambda: app.jobs and app.screen.query_one(RowTable).row_count == 2)
        await settle(pilot)
        assert app.no_color
        text = "\n".join(picture(app))
        assert "failed" in text
        assert "finished" in text
        tabs = _styles(app, 0)
        here, there = picture(app)[0].index("Jobs"), picture(app)[0].index("Runs")
        assert tabs[here][1:] != tabs[there][1:], "the tab one is on looks like the others"
        assert tabs[here][1], "its name is bold"
        cursor, other = (_styles(app, line)[10] for line in (3, 4))
        assert cursor[2:] != other[2:], "the chosen row looks like the others"
        greys = {cell[3] for line in range(24) for cell in _styles(app, line) if cell[3]}
        assert all(name[1:3] == name[3:5] == name[5:7] for name in greys), greys


# Bugs and jobs


async def test_a_bug_in_the_background_is_told_and_logged(app, caplog):
    async def fail():
        with app.complaints(quietly=True):
            raise ZeroDivisionError("[by] nought")

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.run_worker(fail(), exit_on_error=False)
        await until(pilot, lambda: len(app._notifications))
        (note,) = app._notifications
        assert note.message == "ZeroDivisionError: [by] nought"
        assert "Traceback" in caplog.text
        with pytest.raises(ZeroDivisionError), app.complaints():
            raise ZeroDivisionError


async def test_what_was_left_running_is_told_once(library):
    add_job(library, JobKind.EXTRACT, Status.RUNNING)
    add_job(library, JobKind.SCAN, Status.FINISHED)
    app = SignApp(library, clock=lambda: NOW)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: len(app._notifications))
        app.read_jobs()
        await settle(pilot)
        assert [note.title for note in app._notifications] == ["extract 1 is still running"]
