"""Pictures for terminals: as small as asked, no more often than useful, mirrored with their hands."""

import base64

import numpy as np
import pytest

from capture.errors import PreviewError
from capture.source import Frame
from ml import views
from ml.decide import State
from ml.recognizer import Prediction
from ml.stream import Moment
from ml.views import TerminalView, WindowView, fitted


def moment(index: int = 0) -> Moment:
    image = np.zeros((120, 160, 3), np.uint8)
    image[:, :80] = (255, 0, 0)
    hands = np.full((2, 21, 3), np.nan, np.float32)
    hands[0] = 0.25
    guess = Prediction((("book", 0.8),))
    return Moment(Frame(index, index / 25, image), hands, State.SIGNING, guess, None)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("mirror", [False, True])
def test_a_picture_fits_and_its_hands_lie_on_it(mirror):
    events: list[dict] = []
    view = TerminalView(events.append, mirror=mirror)
    view.see(moment())
    assert events == [], "nobody asked"
    view.command({"width": 40, "height": 60})
    view.see(moment())
    [event] = events
    assert (event["width"], event["height"]) == (40, 30)
    pixels = np.frombuffer(base64.b64decode(event["rgb"]), np.uint8).reshape(30, 40, 3)
    blue = pixels[:, 30] if mirror else pixels[:, 10]
    assert (blue == (0, 0, 255)).all()
    assert len(event["hands"]) == 1
    assert event["hands"][0][0] == [0.75 if mirror else 0.25, 0.25]


def test_pictures_come_no_more_often_than_useful():
    events: list[dict] = []
    clock = Clock()
    view = TerminalView(events.append, mirror=False, clock=clock)
    view.command({"width": 10, "height": 10})
    for index in range(100):
        clock.now = index / 100
        view.see(moment(index))
    assert 12 <= len(events) <= 15
    view.command({"width": 0, "height": 0})
    clock.now += 10
    view.see(moment())
    assert len(events) <= 15


@pytest.mark.parametrize("said", [{}, {"width": "x", "height": 3}, {"width": -4, "height": 8}])
def test_absurd_room_is_no_room(said):
    events: list[dict] = []
    view = TerminalView(events.append, mirror=False)
    view.command(said)
    view.see(moment())
    assert events == []


def test_a_picture_is_never_made_larger():
    assert fitted(np.zeros((12, 16, 3), np.uint8), 1000, 1000).shape == (12, 16, 3)
    assert fitted(np.zeros((1, 3000, 3), np.uint8), 10, 10).shape == (1, 10, 3)


class Window:
    """Stands for the window of the desktop, which the user closes after two pictures."""

    def __init__(self, *, mirror: bool) -> None:
        self.shown: list[str] = []
        self.closed = False

    def show(self, _image, _landmarks, caption, *, body=None, recording=False) -> bool:
        self.shown.append(caption)
        return len(self.shown) < 3

    def close(self) -> None:
        self.closed = True


def test_the_window_is_shown_until_the_user_closes_it(monkeypatch):
    made: list[Window] = []

    def make(*, mirror: bool) -> Window:
        made.append(Window(mirror=mirror))
        return made[-1]

    monkeypatch.setattr(views, "PreviewWindow", make)
    events: list[dict] = []
    view = WindowView(events.append, mirror=True)
    view.see(moment())
    view.command({"on": True})
    for index in range(5):
        view.see(moment(index))
    assert [event["on"] for event in events] == [True, False]
    assert made[0].shown == ["signing: book 80 %"] * 3
    assert made[0].closed
    view.command({"on": True})
    view.command({"on": False})
    assert [event["on"] for event in events] == [True, False, True, False]
    assert made[1].closed


def test_without_a_display_it_says_so_and_live_goes_on(monkeypatch):
    def none(**_):
        raise PreviewError("There is no display.", hint="Use the terminal.")

    monkeypatch.setattr(views, "PreviewWindow", none)
    events: list[dict] = []
    view = WindowView(events.append, mirror=True)
    view.command({"on": True})
    view.see(moment())
    assert events == [
        {
            "event": "window",
            "on": False,
            "error": "There is no display.",
            "hint": "Use the terminal.",
        }
    ]
