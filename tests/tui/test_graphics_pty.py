"""The dashboard in terminals that have kitty's graphics, sixels, or nothing to say."""

import re
import sys

import pyte
import pytest

from tests.support.drawn_pictures import kitty_commands, kitty_picture, sixel_pictures
from tests.tui.conftest import ROOT
from tui.widgets import graphics_kitty as kitty

if sys.platform != "win32":
    from tests.support.drawing_terminal import KITTY_ANSWERS, SIXEL_ANSWERS, DrawingTerminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are Unix's")

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


def placeholders_on_screen(drawn):
    """Rows and columns of each picture, by its number, line by line as they stand there."""
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(re.sub(rb"\x1b_G[^\x1b]*\x1b\\|\x1b_G[^\x1b]*$", b"", drawn))
    marks, found = kitty.diacritics(), {}
    for y in range(24):
        for x in range(80):
            cell = screen.buffer[y][x]
            if cell.data.startswith("\U0010eeee"):
                place = tuple(marks.index(mark) for mark in cell.data[1:])
                found.setdefault(int(cell.fg, 16), []).append(place)
    return found


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
    assert "▀".encode() not in after
    place = next(keys for keys, _ in commands if keys["a"] == "p")
    shown = placeholders_on_screen(after[: after.index(b"a=d")])
    assert set(shown) == {int(commands[0][0]["i"])}
    found = shown.popitem()[1]
    assert found == [
        (row, column) for row in range(int(place["r"])) for column in range(int(place["c"]))
    ]
    assert after.rindex(b"a=d") < after.rindex(b"\x1b[?1049l")


def test_a_terminal_with_sixels_gets_them(seen):
    drawn = seen(SIXEL_ANSWERS)
    pictures = sixel_pictures(drawn)
    assert [round(pixels.mean(), -2) for _, _, pixels in pictures[:1] + pictures[-1:]] == [100, 200]
    assert all(pixels.shape[1] <= 80 * 9 for _, _, pixels in pictures)
    assert all(line - 1 + pixels.shape[0] / 18 <= 24 for line, _, pixels in pictures)
    assert "▀".encode() not in drawn
    assert b"a=t" not in drawn


def test_a_mute_terminal_gets_half_blocks_and_no_more_questions(seen):
    drawn = seen({})
    before, _, after = drawn.partition(b"\x1b[?1049h")
    assert before == b"\x1b[c"
    assert "▀".encode() in after
    assert b"\x1b_G" not in drawn
    assert b"\x1bP" not in drawn


def test_who_wants_half_blocks_is_not_asked(seen):
    drawn = seen(KITTY_ANSWERS, SIGNTUI_GRAPHICS="blocks")
    assert drawn.startswith(b"\x1b[?1049h")
    assert "▀".encode() in drawn
