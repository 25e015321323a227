"""Pictures of clips in the terminal: read from a child, made small, drawn as half blocks."""

import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color

from capture.errors import UnreadableClipError
from tests.tui.conftest import ROOT, moving_hand
from tui.reading import pictures as reading
from tui.reading.pictures import BOX, PictureChild, Pictures
from tui.widgets.pixels import Dots, _cut, half_blocks, image_of, shrink
from tui.widgets.skeleton_dots import Window, draw_hands, window_of


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def child_that(monkeypatch):
    """A child that runs this code in the place of the decoder."""
    started = []

    def make(code):
        real = subprocess.Popen

        def start(_command, **options):
            started.append(real([sys.executable, "-c", code], **options))
            return started[-1]

        monkeypatch.setattr("tui.reading.pictures.subprocess.Popen", start)
        child = PictureChild(ROOT / "no.mp4", 0, None)
        return child, started[-1]

    return make


def read_all(child):
    try:
        while child.read():
            pass
    finally:
        child.stop()


def test_a_clip_comes_frame_by_frame(real_data):
    path = min((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    child = PictureChild(path, 5, 20)
    assert child.read()
    assert not child.pictures.complete
    read_all(child)
    found = child.pictures
    assert found.frames == list(range(5, 20))
    assert found.complete
    assert found.shown_range == (5, 20)
    assert image_of(found, 7).shape == (found.height, found.width, 3)
    assert image_of(found, 99).tobytes() == found.images[-1]
    assert max(found.width / BOX[0], found.height / BOX[1]) == 1


def test_a_range_longer_than_the_clip_ends_with_the_clip(real_data):
    path = min((real_data / "videos").glob("*.mp4"), key=lambda path: path.stat().st_size)
    child = PictureChild(path, 0, 2000)
    read_all(child)
    assert child.pictures.shown_range[1] < 2000


def test_a_damaged_clip_is_a_sentence(real_data):
    path = next((real_data / "corrupt_videos").glob("*.mp4"))
    with pytest.raises(UnreadableClipError, match="mangled"):
        read_all(PictureChild(path, 0, None))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "without a picture"),
        ("print('no json')", "without a picture"),
        ("print('[1, 2]')", "without a picture"),
        ('print(\'{"width": 99999, "height": 2}\')', "99999 x 2"),
        ('print(\'{"width": 3, "height": 2}\')', "without a picture"),
        ("print('{' * 100_000)", "without a picture"),
    ],
)
def test_nonsense_from_the_decoder_is_a_sentence(child_that, code, why):
    child, _ = child_that(code)
    with pytest.raises(UnreadableClipError, match=why):
        read_all(child)


def test_a_decoder_that_hangs_is_ended(child_that, monkeypatch):
    monkeypatch.setattr(reading, "TIME_LIMIT_S", 0.3)
    child, process = child_that("import time; time.sleep(600)")
    with pytest.raises(UnreadableClipError, match="longer than"):
        read_all(child)
    assert process.poll() is not None


def test_stopping_ends_the_process_and_a_thread_that_waits_for_it(child_that):
    child, process = child_that("import time; time.sleep(600)")
    ended = threading.Event()

    def wait():
        with pytest.raises(UnreadableClipError):
            child.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    child.stop()
    child.stop()
    assert ended.wait(30)
    assert not psutil.pid_exists(process.pid)


def test_a_decoder_that_cannot_be_started_is_a_sentence(monkeypatch):
    def refuse(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr("tui.reading.pictures.subprocess.Popen", refuse)
    with pytest.raises(UnreadableClipError, match="no more processes"):
        PictureChild(ROOT / "no.mp4", 0, None)


def test_pictures_between_those_that_are_there():
    found = Pictures(10, 30)
    assert found.at(10) is None
    found.frames, found.images = [10, 13, 16], [b"a", b"b", b"c"]
    assert [found.at(frame) for frame in (3, 10, 12, 13, 20)] == [b"a", b"a", b"a", b"b", b"c"]
    assert found.has(16)
    assert not found.has(17)
    assert found.shown_range == (10, 30)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60), st.integers(1, 60))
def test_any_size_becomes_any_size(height, width, wide, high):
    image = np.full((height, width, 3), 200, np.uint8)
    assert (shrink(image, wide, high) == 200).all()
    assert shrink(image, wide, high).shape == (high, wide, 3)


def test_small_pixels_are_the_mean_of_the_large():
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = 240
    image[0, 2:] = 160
    small = shrink(image, 2, 2)
    assert small[:, :, 0].tolist() == [[240, 80], [0, 0]]


def test_half_blocks_hold_two_pixels_and_dots_lie_over_them():
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, :, 0] = 248
    pixels[1, 2, 2] = 8
    bits = np.array([[0, 0x41, 0]], np.uint8)
    lines = half_blocks(pixels, Dots(bits, np.zeros_like(bits), (Color.parse("green"),)))
    assert [segment.text for segment in lines[0]] == ["▀", "⡁", "▀"]
    first, dots, last = (segment.style for segment in lines[0])
    assert (first.color.triplet, first.bgcolor.triplet) == ((248, 0, 0), (0, 0, 0))
    assert (dots.color.name, dots.bgcolor.triplet) == ("green", (124, 0, 0))
    assert last.bgcolor.triplet == (0, 0, 8)
    assert len(half_blocks(pixels)[0]) == 2


def test_a_wide_picture_is_cut_round_the_signer():
    image = np.zeros((10, 30, 3), np.uint8)
    image[:, 20:] = 255
    assert _cut(image, 1.0, 0.9).shape == (10, 10, 3)
    assert (_cut(image, 1.0, 0.9) == 255).all()
    assert (_cut(image, 1.0, 0.0) == 0).all()


def test_hands_lie_in_the_picture_where_the_landmarks_say():
    sequence = moving_hand()
    bits, owner = draw_hands(sequence.landmarks[-1], Window(), 4 / 3, 80, 30)
    y, x = np.nonzero(bits)
    left = x[owner[y, x] == 0]
    assert abs(left.mean() / 80 - 0.7) < 0.02
    near = window_of(sequence)
    assert 0 < near.left < near.right < 1
    empty = np.full_like(sequence.landmarks, np.nan)
    assert window_of(type(sequence)(empty)) == Window()
    body = np.full((51, 3), np.nan, np.float32)
    body[5:7, :2] = (0.9, 0.9), (0.1, 0.9)
    bits, owner = draw_hands(sequence.landmarks[-1], Window(), 4 / 3, 80, 30, body=body)
    assert 2 not in owner, "a pose with gaps is not drawn"
    body[:11] = body[5]
    body[6, 0] = 0.1
    bits, owner = draw_hands(sequence.landmarks[-1], Window(), 4 / 3, 80, 30, body=body)
    y, x = np.nonzero((owner == 2) & (bits > 0))
    assert set(y) == {27}
    assert (x.min(), x.max()) == (8, 72)
    bodies = np.tile(body, (len(sequence), 1, 1))
    wide = window_of(type(sequence)(sequence.landmarks, body=bodies))
    assert wide.bottom > near.bottom
    assert wide.left < near.left
    assert not draw_hands(empty[0], Window(), 1.0, 10, 10)[0].any()
    absurd = np.full((2, 21, 3), 1e30, np.float32)
    assert not draw_hands(absurd, Window(), 1.0, 10, 10)[0].any()
