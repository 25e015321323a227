"""Pictures as pixels: what the terminal is asked, and what it is sent."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.cells import cell_len

from store.settings import Graphics
from tests.support.drawn_pictures import kitty_commands, kitty_picture, sixel_picture
from tests.tui.conftest import moving_hand
from tui import graphics
from tui.graphics import Answers, Drawing, choose, find_drawing, read_answers
from tui.widgets import graphics_kitty as kitty
from tui.widgets.graphics_hands import draw_hands
from tui.widgets.graphics_sixel import encode, padded, steps_of
from tui.widgets.pixels import fit
from tui.widgets.skeleton_dots import Window

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
        {"TERM": "xterm-256color", "NO_COLOR": ""},
    ],
)
def test_some_are_not_asked(environ, monkeypatch):
    def refuse(_):
        raise AssertionError("it was asked")

    monkeypatch.setattr(graphics, "ask", refuse)
    assert find_drawing(Graphics.AUTO, environ) == Drawing()
    assert find_drawing(Graphics.BLOCKS, {"TERM": "xterm-kitty"}) == Drawing()
    assert find_drawing(Graphics.KITTY, {"TERM": "xterm-kitty", "NO_COLOR": ""}) == Drawing()


def test_without_a_terminal_there_is_nothing_to_ask():
    assert graphics.ask(0.1) == Answers()


# What it is sent


@settings(max_examples=40, deadline=None)
@given(_PICTURES, st.integers(1, 0xFFFFFF))
def test_a_kitty_picture_is_what_it_was(pixels, number):
    sent = kitty.transmit(pixels, number, 7, 3).encode()
    (keys, payload), (place, nothing) = kitty_commands(sent)
    assert (kitty_picture(keys, payload) == pixels & 0xFC).all()
    assert (keys["i"], keys["q"]) == (str(number), "2")
    assert place == {"a": "p", "U": "1", "q": "2", "i": str(number), "c": "7", "r": "3"}
    assert nothing == b""


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
        assert colour.triplet
        red, green, blue = colour.triplet
        assert kitty.number_of(colour, "truecolor") == red << 16 | green << 8 | blue > 0
        assert kitty.number_of(colour, "standard") is None
        assert kitty.number_of(colour, None) is None


@settings(max_examples=40, deadline=None)
@given(_PICTURES, st.sampled_from([16, 256]))
def test_a_sixel_picture_is_close_to_what_it_was(pixels, colours):
    drawn = sixel_picture(encode(pixels, colours).encode())
    assert drawn.shape == pixels.shape
    assert (drawn >= 0).all(), "a pixel was left out"
    far = np.abs(drawn - pixels).reshape(-1, 3).max(0, initial=0)
    steps = [255 / (count - 1) for count in steps_of(colours)]
    assert (far <= np.array(steps) + 4).all()


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
    body = np.full((51, 3), 0.9, np.float32)
    body[6, 0] = 0.1
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    draw_hands(pixels, hands, Window(), colours, 4 / 3, body=body)
    y, x = np.nonzero(pixels[:, :, 2])
    assert (abs(x.min() - 40) < 4, abs(y.mean() - 270) < 4) == (True, True)
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
