"""Pictures as pixels on the screens: how they follow each other, and what covers them."""

import numpy as np
import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from textual.events import CursorPosition
from textual.widgets import Input

from store.settings import NAMES, Graphics
from tests.support.drawn_pictures import kitty_commands, kitty_picture, sixel_pictures
from tests.tui.conftest import moving_hand, settle, until
from tui.graphics import Drawing
from tui.reading.live_events import Picture
from tui.reading.pictures import Pictures
from tui.widgets import graphics_kitty as kitty
from tui.widgets.live_view import LiveView
from tui.widgets.pixels import FilmStrip
from tui.widgets.skeleton_view import SkeletonView


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


async def test_a_picture_that_moves_is_drawn_where_it_is(app):
    written = pixels_in(app, Graphics.SIXEL)
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await until(pilot, lambda: written)
        await answer(pilot)
        number, column = len(written), sixel_pictures(written[-1].encode())[0][1]
        app.screen.query_one("#middle").move_child(
            app.screen.query_one("#read"), before=app.screen.query_one("#seen")
        )
        await until(pilot, lambda: len(written) > number)
        assert sixel_pictures(written[-1].encode())[0][1] > column + 30


async def test_too_few_colours_are_half_blocks(app):
    written = pixels_in(app, Graphics.KITTY)
    app.console._color_system = ColorSystem.STANDARD
    async with app.run_test(size=(80, 24)) as pilot:
        view = await open_live(pilot)
        view.show(picture(100))
        await pilot.pause()
        assert has_blocks(view)
        assert not written


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
