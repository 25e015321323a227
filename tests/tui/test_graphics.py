"""Pictures as pixels: what the terminal is asked, what it is sent, and what covers a picture."""

import re
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.cells import cell_len
from rich.color import ColorSystem
from textual.events import CursorPosition
from textual.widgets import Input

from store.settings import NAMES, Graphics
from tests.tui.conftest import ROOT, moving_hand, settle, until
from tui import graphics
from tui.graphics import Answers, Drawing, choose, find_drawing, read_answers
from tui.reading.live_events import Picture
from tui.reading.pictures import Pictures
from tui.widgets import graphics_kitty as kitty
from tui.widgets.graphics_hands import draw_hands
from tui.widgets.graphics_sixel import encode, padded, steps_of
from tui.widgets.live_view import LiveView
from tui.widgets.pixels import FilmStrip, fit
from tui.widgets.skeleton_dots import Window
from tui.widgets.skeleton_view import SkeletonView

if sys.platform != "win32":
    from tests.support.drawing_terminal import (
        KITTY_ANSWERS,
        SIXEL_ANSWERS,
        DrawingTerminal,
        kitty_commands,
        kitty_picture,
        sixel_picture,
        sixel_pictures,
    )

unix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's")
_RGB = st.tuples(*[st.integers(0, 255)] * 3)
_PICTURES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda size: arrays(np.uint8, (*size, 3))
)


# What the terminal says


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"", Answers()),
        (b"\x1b[?62;c", Answers()),
        (b"\x1b[?4;6c", Answers()),  # its class is 4: no word of sixels
        (b"\x1b[?63;1;4;22c", Answers(sixel=True)),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c", Answers(kitty=True)),
        (b"\x1b_Gi=31;ENOTSUP:no\x1b\\\x1b[?62;c", Answers()),
        (b"\x1bP>|foot(1.16.2)\x1b\\\x1b[?62;4c", Answers(sixel=True, name="foot(1.16.2)")),
        (b"\x1b[6;18;9tq\x1b[?1;0;1024S", Answers(cell=(9, 18), colours=1024)),
        (b"\x1b[6;0;0t\x1b[?1;3;0S\xff\xfe", Answers()),
    ],
)
def test_answers_are_read(said, answers):
    assert read_answers(said) == answers


@pytest.mark.parametrize(
    ("wanted", "answers", "kind"),
    [
        ("auto", Answers(), "blocks"),
        ("auto", Answers(sixel=True), "sixel"),
        ("auto", Answers(kitty=True, name="kitty(0.35.2)"), "kitty"),
        ("auto", Answers(kitty=True, sixel=True, name="ghostty 1.1.3"), "kitty"),
        ("auto", Answers(kitty=True, name="kitty(0.26.5)"), "blocks"),
        ("auto", Answers(kitty=True, sixel=True, name="WezTerm 20240203-110809"), "sixel"),
        ("auto", Answers(kitty=True, sixel=True, name="Konsole 23.08.5"), "sixel"),
        ("auto", Answers(kitty=True), "blocks"),
        ("kitty", Answers(), "kitty"),
        ("sixel", Answers(kitty=True, name="kitty(0.35.2)"), "sixel"),
    ],
)
def test_what_is_drawn_with(wanted, answers, kind):
    assert choose(Graphics(wanted), answers, None).kind == kind


def test_cells_and_colours_are_those_of_the_terminal():
    known = Answers(sixel=True, cell=(7, 15), colours=16)
    assert choose(Graphics.AUTO, known, None) == Drawing(Graphics.SIXEL, (7, 15), 16)
    assert choose(Graphics.AUTO, known, (9, 18)).cell == (9, 18)
    assert choose(Graphics.SIXEL, Answers(), None) == Drawing(Graphics.SIXEL, (10, 20), 256)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"TERM": "dumb"},
        {"TERM": "linux"},
        {"TERM": "screen-256color"},
        {"TERM": "xterm-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
        {"TERM": "xterm-256color", "NO_COLOR": "1"},
    ],
)
def test_some_are_not_asked(environ, monkeypatch):
    def refuse(_):
        raise AssertionError("it was asked")

    monkeypatch.setattr(graphics, "ask", refuse)
    assert find_drawing(Graphics.AUTO, environ) == Drawing()
    assert find_drawing(Graphics.BLOCKS, {"TERM": "xterm-kitty"}) == Drawing()


def test_without_a_terminal_there_is_nothing_to_ask():
    assert graphics.ask(0.1) == Answers()


# What it is sent


@unix
@settings(max_examples=40, deadline=None)
@given(_PICTURES, st.integers(1, 0xFFFFFF))
def test_a_kitty_picture_is_what_it_was(pixels, number):
    sent = kitty.transmit(pixels, number, 7, 3).encode()
    (keys, payload), (place, nothing) = kitty_commands(sent)
    assert (kitty_picture(keys, payload) == pixels & 0xFC).all()
    assert (keys["i"], keys["q"]) == (str(number), "2")
    assert place == {"a": "p", "U": "1", "q": "2", "i": str(number), "c": "7", "r": "3"}
    assert nothing == b""


@unix
def test_a_large_kitty_picture_goes_in_chunks():
    pixels = np.random.default_rng(1).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    sent = kitty.transmit(pixels, 5, 7, 3)
    chunks = sent.split("\x1b_G")[1:-1]
    assert len(chunks) > 2
    assert all(len(chunk.partition(";")[2]) <= 4096 + len("\x1b\\") for chunk in chunks)
    assert [("m=1" in chunk) for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert (kitty_picture(*kitty_commands(sent.encode())[0]) == pixels & 0xFC).all()


def test_diacritics_are_those_of_the_protocol():
    marks = kitty.diacritics()
    assert (len(marks), len(set(marks))) == (297, 297)
    assert list(marks) == sorted(marks)
    assert marks[:3] == "\u0305\u030d\u030e"
    assert marks[-1] == "\U0001d244"
    assert {unicodedata.combining(mark) for mark in marks} == {230}
    assert not any(unicodedata.decomposition(mark) for mark in marks)
    assert not any(unicodedata.normalize("NFC", "A" + mark) == mark for mark in marks)


def test_a_line_of_placeholders_is_as_wide_as_it_says():
    line = kitty.placeholders(2, 40)
    assert cell_len(line) == 40
    assert line.startswith("\U0010eeee\u030e\u0305\U0010eeee\u030e\u030d")


def test_a_picture_is_named_by_its_colour_where_there_are_colours():
    for place in range(40):
        colour = kitty.colour_of(place)
        assert kitty.number_of(colour, "256") == 17 + place % 30
        red, green, blue = colour.triplet
        assert kitty.number_of(colour, "truecolor") == red << 16 | green << 8 | blue > 0
        assert kitty.number_of(colour, "standard") is None
        assert kitty.number_of(colour, None) is None


@unix
@settings(max_examples=40, deadline=None)
@given(_PICTURES, st.sampled_from([16, 256]))
def test_a_sixel_picture_is_close_to_what_it_was(pixels, colours):
    drawn = sixel_picture(encode(pixels, colours).encode())
    assert drawn.shape == pixels.shape
    assert (drawn >= 0).all(), "a pixel was left out"
    far = np.abs(drawn - pixels).reshape(-1, 3).max(0, initial=0)
    steps = [255 / (count - 1) for count in steps_of(colours)]
    assert (far <= np.array(steps) + 4).all()


@unix
@settings(max_examples=40, deadline=None)
@given(_RGB)
def test_dithering_keeps_the_mean(rgb):
    pixels = np.full((24, 300, 3), rgb, np.uint8)
    drawn = sixel_picture(encode(pixels).encode())
    assert (np.abs(drawn.mean((0, 1)) - rgb) <= 6).all()


def test_a_picture_fills_whole_cells():
    small = np.full((3, 5, 3), 7, np.uint8)
    large = padded(small, 9, 6, (1, 2, 3))
    assert large.shape == (6, 9, 3)
    assert (large[1:4, 2:7] == 7).all()
    assert (large == (1, 2, 3)).all(2).sum() == 6 * 9 - 3 * 5
    assert padded(small, 4, 2, (1, 2, 3)).tolist() == small[:2, :4].tolist()


@unix
@settings(max_examples=40, deadline=None)
@given(_RGB, _RGB)
def test_the_ground_is_drawn_as_it_is(ground, other):
    pixels = np.full((12, 600, 3), ground, np.uint8)
    pixels[3:5, 100:500] = other
    drawn = sixel_picture(encode(pixels, 256, ground).encode())
    assert (np.abs(drawn[6:] - ground) <= 3).all()
    registers = {int(place) for place in re.findall("#([0-9]+)", encode(pixels, 16, ground))}
    assert registers == set(range(13)), "a VT340 has 16"


def test_hands_lie_where_the_landmarks_say():
    hands = moving_hand().landmarks[-1]
    pixels = np.zeros((300, 400, 3), np.uint8)
    draw_hands(pixels, hands, Window(), ((255, 0, 0), (0, 255, 0)), 4 / 3)
    y, x = np.nonzero(pixels[:, :, 0])
    seen = hands[0][:, :2] * (400, 300)
    assert np.abs([x.min() - seen[:, 0].min(), x.max() - seen[:, 0].max()]).max() < 4
    assert np.abs([y.min() - seen[:, 1].min(), y.max() - seen[:, 1].max()]).max() < 4
    for nothing in (np.full_like(hands, np.nan), np.full_like(hands, 1e30)):
        blank = np.zeros((60, 80, 3), np.uint8)
        draw_hands(blank, nothing, Window(), ((255, 0, 0), (0, 255, 0)), 4 / 3)
        assert not blank.any()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 80), st.integers(1, 80))
def test_a_picture_is_made_to_fit(height, width, high, wide):
    image = np.full((height, width, 3), 201, np.uint8)
    small = fit(image, wide, high, enlarge=False)
    assert small.shape[0] <= max(high, 1)
    assert small.shape[1] <= max(wide, 1)
    assert small.shape[0] <= height
    large = fit(image, wide, high, enlarge=True)
    assert large.shape[0] == high or large.shape[1] == wide
    assert (small == 201).all()
    assert (large == 201).all()
    assert not np.shares_memory(small, image)


# What covers it


def picture(shade, width=160, height=120):
    pixels = np.full((height, width, 3), shade, np.uint8)
    return Picture(pixels, np.full((2, 21, 3), np.nan, np.float32))


def pixels_in(app, kind):
    """Let an app draw pixels; returns what it writes to the terminal."""
    app.drawing = Drawing(kind)
    app.console._color_system = ColorSystem.TRUECOLOR
    written = []
    app.write_terminal = written.append
    return written


async def open_live(pilot):
    await settle(pilot)
    await pilot.press("4")
    await settle(pilot)
    return pilot.app.screen.query_one(LiveView)


async def answer(pilot):
    pilot.app.post_message(CursorPosition(0, 0))
    await pilot.pause()


def text_of(view):
    return ["".join(part.text for part in view.render_line(y)) for y in range(view.size.height)]


def has_blocks(view):
    return any("▀" in line for line in text_of(view))


def has_placeholders(view):
    return any("\U0010eeee" in line for line in text_of(view))


@unix
async def test_kitty_pictures_replace_each_other_and_go(app):
    written = pixels_in(app, Graphics.KITTY)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        assert view.room == (360, 240)
        view.show(picture(100))
        await pilot.pause()
        assert has_placeholders(view)
        assert all(cell_len(line) == view.size.width for line in text_of(view))
        (first, data), (place, _) = kitty_commands(written[0].encode())
        assert (kitty_picture(first, data) == 100 & 0xFC).all()
        assert int(place["c"]) / int(place["r"]) == pytest.approx(2 * 160 / 120, rel=0.1)
        assert written[0].endswith("\x1b[?2026l\x1b[6n")
        # Until the terminal has drawn it no other is sent; then the newest.
        view.show(picture(120))
        view.show(picture(140))
        assert len(written) == 1
        await answer(pilot)
        assert len(written) == 2
        (second, data), _ = kitty_commands(written[1].encode())
        assert second["i"] == first["i"]
        assert (kitty_picture(second, data) == 140).all()
        await pilot.press("1")
        await pilot.pause()
        assert written[2:] == [kitty.delete(int(first["i"]))]
        await pilot.press("4")
        await until(pilot, lambda: len(written) == 4)
        view.show(None)
        assert written[4:] == written[2:3]
        assert not has_placeholders(view)


@unix
@pytest.mark.parametrize("kind", [Graphics.KITTY, Graphics.SIXEL])
async def test_a_dialog_over_a_picture_is_not_painted_over(app, kind):
    written = pixels_in(app, kind)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await until(pilot, lambda: written)
        await pilot.press("question_mark")
        await pilot.pause()
        assert has_blocks(view)
        number = len(written)
        await answer(pilot)
        view.show(picture(50))
        await pilot.pause()
        assert len(written) == number
        await pilot.press("escape")
        await until(pilot, lambda: len(written) > number)
        assert not has_blocks(view)


@unix
async def test_sixels_lie_where_their_cells_are(app):
    written = pixels_in(app, Graphics.SIXEL)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await until(pilot, lambda: written)
        ((line, column, pixels),) = sixel_pictures(written[0].encode())
        assert pixels.shape == (240, 320, 3)
        left = view.content_region.x + (view.size.width - 32) // 2
        assert (column, line) == (left + 1, view.content_region.y + 1)
        await answer(pilot)
        # What lies below is left alone while the picture is there, and drawn when it is not.
        strips = view.render_lines(view.size.region)
        assert {strip.render(app.console) for strip in strips} == {f"\x1b[{view.size.width}C"}
        assert strips[0].crop(2, 5).cell_length == 3
        assert [part.cell_length for part in strips[0].divide([3, 10])] == [3, 7]
        view.show(None)
        await pilot.pause()
        strips = view.render_lines(view.size.region)
        assert not any("\x1b[36C" in strip.render(app.console) for strip in strips)


@unix
async def test_a_note_over_sixels_is_not_painted_over(app):
    written = pixels_in(app, Graphics.SIXEL)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await until(pilot, lambda: written)
        await answer(pilot)
        app.notify("\n".join("a note that is high and wide" for _ in range(12)), timeout=60)
        await until(pilot, lambda: has_blocks(view))
        number = len(written)
        view.show(picture(50))
        await pilot.pause()
        assert len(written) == number
        app.clear_notifications()
        await until(pilot, lambda: len(written) > number)
        assert not has_blocks(view)


@unix
async def test_a_resized_picture_is_drawn_anew(app):
    written = pixels_in(app, Graphics.SIXEL)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await until(pilot, lambda: written)
        await answer(pilot)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: len(written) > 1)
        pixels = sixel_pictures(written[-1].encode())[-1][2]
        assert pixels.shape[1] > 320
        assert pixels.shape[0] * pixels.shape[1] <= 480 * 360


async def test_too_few_colours_are_half_blocks(app):
    written = pixels_in(app, Graphics.KITTY)
    app.console._color_system = ColorSystem.STANDARD
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await pilot.pause()
        assert has_blocks(view)
        assert not written


@unix
async def test_a_terminal_that_answers_no_more_gets_the_newest_later(app, monkeypatch):
    monkeypatch.setattr("tui.widgets.graphics._PATIENCE_S", 0.05)
    written = pixels_in(app, Graphics.KITTY)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        view.show(picture(140))
        await until(pilot, lambda: len(written) == 2)
        assert (kitty_picture(*kitty_commands(written[1].encode())[0]) == 140).all()


async def test_the_clip_page_draws_pixels_too(app):
    pixels_in(app, Graphics.KITTY)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        screen = app.screen
        skeleton = screen.query_one(SkeletonView)
        skeleton.show(moving_hand(), play=False)
        skeleton.step(-1)
        drawn = skeleton.raster(300, 200)
        ground = np.array(skeleton.background_colors[1].rgb, np.uint8)
        assert drawn.shape == (200, 300, 3)
        assert 200 < (drawn != ground).any(2).sum() < 30_000
        pictures = Pictures(0, 8)
        pictures.width, pictures.height = 40, 30
        pictures.frames = list(range(8))
        pictures.images = [bytes([20 * frame]) * (40 * 30 * 3) for frame in pictures.frames]
        skeleton.show_pictures(pictures)
        skeleton.with_picture = True
        assert (skeleton.raster(80, 60)[0, 0] == 20 * 7).all()
        screen.query_one("#strip").remove_class("-bare")
        await pilot.pause()
        film = screen.query_one(FilmStrip)
        film.show(pictures)
        strip = film.raster(*film.pixel_room)
        row = strip[strip.shape[0] // 2, :, 0].tolist()
        shades = [shade for shade in dict.fromkeys(row) if shade != ground[0]]
        assert shades == [20 * frame for frame in range(8)]


async def test_graphics_are_a_setting(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("comma")
        await settle(pilot)
        await pilot.press(*["down"] * (len(NAMES) - 1), "enter")
        await pilot.pause()
        assert app.screen.query_one(Input).value == "auto"


# In a terminal

_SHOW = """
import asyncio, numpy as np, pathlib
from textual.screen import Screen
from tui import dashboard as module
from tui.app import SignApp
from tui.reading.live_events import Picture
from tui.widgets.live_view import LiveView

class Shown(Screen):
    def compose(self):
        yield LiveView()

nobody = np.full((2, 21, 3), np.nan, np.float32)
start = SignApp.on_mount

async def play(self):
    while self.current_mode != "library":
        await asyncio.sleep(0.05)
    shown = Shown()
    await self.push_screen(shown)
    for shade in (100, 200):
        pixels = np.full((48, 64, 3), shade, np.uint8)
        shown.query_one(LiveView).show(Picture(pixels, nobody))
        await asyncio.sleep(0.4)
    self.exit()

def on_mount(self):
    start(self)
    self.run_worker(play(self))

SignApp.on_mount = on_mount
module.user_log_path = lambda *_, **__: pathlib.Path({log!r})
module.run_dashboard(pathlib.Path({root!r}))
"""


@pytest.fixture
def seen(library, tmp_path):
    """Run the dashboard in a terminal that gives these answers; returns what was drawn."""

    def run(answers, **environment):
        code = _SHOW.format(log=str(tmp_path / "logs"), root=str(library.root))
        config = {"SIGNTUI_CONFIG": str(tmp_path / "settings.toml"), **environment}
        terminal = DrawingTerminal(["-c", code], ROOT, answers, config)
        assert terminal.end() == 0, terminal.drawn[-2000:]
        return bytes(terminal.drawn)

    return run


@unix
def test_a_terminal_with_kitty_graphics_gets_them(seen):
    drawn = seen(KITTY_ANSWERS)
    before, _, after = drawn.partition(b"\x1b[?1049h")
    assert b"a=q" in before
    commands = kitty_commands(after)
    pictures = [kitty_picture(*one)[0, 0, 0] for one in commands if one[0]["a"] == "t"]
    assert pictures == [100, 200]
    numbers = {keys["i"] for keys, _ in commands}
    assert len(numbers) == 1, "the same picture is used again"
    assert commands[-1][0] == {"a": "d", "d": "I", "q": "2", "i": numbers.pop()}
    assert "\U0010eeee\u0305\u0305".encode() in after
    assert "▀".encode() not in after
    assert after.rindex(b"a=d") < after.rindex(b"\x1b[?1049l")


@unix
def test_a_terminal_with_sixels_gets_them(seen):
    drawn = seen(SIXEL_ANSWERS)
    pictures = sixel_pictures(drawn)
    assert [round(pixels.mean(), -2) for _, _, pixels in pictures[:1] + pictures[-1:]] == [100, 200]
    assert all(pixels.shape[1] <= 80 * 9 for _, _, pixels in pictures)
    assert all(line - 1 + pixels.shape[0] / 18 <= 24 for line, _, pixels in pictures)
    assert "▀".encode() not in drawn
    assert b"a=t" not in drawn


@unix
def test_a_mute_terminal_gets_half_blocks_and_no_more_questions(seen):
    drawn = seen({})
    before, _, after = drawn.partition(b"\x1b[?1049h")
    assert before == b"\x1b[c"
    assert "▀".encode() in after
    assert b"\x1b_G" not in drawn
    assert b"\x1bP" not in drawn


@unix
@pytest.mark.parametrize(
    ("environment", "answers"),
    [({"SIGNTUI_GRAPHICS": "blocks"}, KITTY_ANSWERS if sys.platform != "win32" else {})],
)
def test_who_wants_half_blocks_is_not_asked(seen, environment, answers):
    drawn = seen(answers, **environment)
    assert drawn.startswith(b"\x1b[?1049h")
    assert "▀".encode() in drawn
