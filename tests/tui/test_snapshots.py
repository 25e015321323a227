"""How the screens look in fixed states; `--snapshot-update` renews the pictures."""

import platform
from importlib.metadata import version

import numpy as np
import pytest
from textual.widgets import Sparkline

from store.words import JobKind, Status
from tests.tui.conftest import GLOSSES, NOW, add_job, add_line, add_run, moving_hand, settle
from tests.tui.judged import add_judged
from tui.app import SignApp
from tui.reading.live_events import Picture, TakeSaid
from tui.screens.live_record import Step
from tui.screens.record_form import Wanted

pytestmark = pytest.mark.skipif(
    version("textual") != "8.2.8" or platform.system() != "Linux",
    reason="the pictures were made with Textual 8.2.8 on Linux",
)

SIZES = [(80, 24), (120, 40)]
SMALL_ONLY = {"filtered", "help"}
"""What looks the same with more room around it."""
WORKERS = [
    {"clip": "00011", "state": "working", "pid": 11, "done": 9, "frames": 60, "memory_mb": 231.4},
    {"clip": "00012", "state": "working", "pid": 12, "done": 33, "frames": 52, "memory_mb": 228.0},
]


@pytest.fixture
def busy_library(library):
    """Jobs and runs in every state."""
    add_job(library, JobKind.IMPORT, Status.FINISHED, done=300, total=300, unit="clips")
    scan = add_job(library, JobKind.SCAN, Status.FINISHED, done=300, total=300, unit="clips",
                   message="15 corrupt")  # fmt: skip
    add_line(library, scan.id, "info", "300 clips in 1 folder")
    add_line(library, scan.id, "warning", "00005: zero bytes")
    add_job(library, JobKind.TRAIN, Status.FAILED, error="There are no clips in val.",
            hint="Choose the split signer.")  # fmt: skip
    detail = {"workers": WORKERS, "eta_s": [61.0, 130.0], "frames_per_s": 45.5}
    add_job(library, JobKind.EXTRACT, Status.RUNNING, done=2500, total=10_000, unit="frames",
            message="41 of 210 clips", detail=detail)  # fmt: skip
    add_judged(library, "notebook", split="notebook", split_hash="other", instances=40)
    add_judged(library, "default", wrong_every=6, instances=40)
    add_run(library, "default-2", status=Status.INTERRUPTED, epochs=12)
    return library


def still_app(library):
    """No note about the job that was found running lies over the picture."""
    app = SignApp(library, clock=lambda: NOW)
    app._first_look = False
    return app


async def press(pilot, *keys):
    for key in keys:
        await settle(pilot)
        await pilot.press(key)
    await settle(pilot)


def steps(name):
    async def run(pilot):
        await press(pilot, *KEYS[name])
        if name == "extract":
            pilot.app.screen.query_one(Sparkline).data = [3, 8, 20, 44, 46, 45, 30, 47, 46]
        if name == "sql":
            pilot.app.screen.query_one("#results-panel").border_subtitle = "12 ms"
        if name.startswith("live "):
            show_live(pilot.app.screen, name)
        if name == "settings":
            pilot.app.screen.query_one("#all").border_subtitle = "/home/someone/settings.toml"
        await settle(pilot)

    return run


def show_live(screen, name):
    """A sentence half signed, or a take that waits, over a picture that is drawn here."""
    pixels = np.full((48, 64, 3), (44, 52, 60), np.uint8)
    pixels[6:20, 26:38] = (196, 150, 124)
    pixels[20:, 18:46] = (60, 84, 120)
    hands = moving_hand(1).landmarks[0]
    hands[1, :, 0] += 0.1
    top = [{"gloss": gloss, "score": 0.8 / 3**n} for n, gloss in enumerate(GLOSSES)]
    latency = {"capture": 33.1, "landmarks": 21.4, "features": 0.9, "model": 2.8, "total": 26.2}
    for place, gloss in enumerate(("book", None, "drink")):
        said = {
            "event": "sign",
            "gloss": gloss,
            "top": top,
            "time_s": 2.5 * place,
            "early": not place,
        }
        screen.heard(said)
    screen.heard({"event": "prediction", "frame": 8, "time_s": 9.32, "state": "signing", "top": top,
                  "latency_ms": latency})  # fmt: skip
    screen.latency.add({"frame": 33}, NOW + 1)
    screen._show_latency()
    if name == "live review":
        screen.wanted = Wanted("book", "me")
        screen.take = TakeSaid("x", 52, 25.0, 64, 48)
        screen.set_step(Step.REVIEW)
    screen.show_picture(Picture(pixels, hands))


KEYS = {
    "library": ("down",),
    "filtered": ("slash", *"comp", "enter"),
    "clip": ("enter", "space", "home", "shift+right", "shift+right", *("right",) * 5),
    "extract": ("2",),
    "runs": ("3", "down"),
    "new run": ("3", "n"),
    "run": ("3", "down", "enter"),
    "run glosses": ("3", "down", "enter", "2"),
    "run pairs": ("3", "down", "enter", "3"),
    "compare": ("3", "down", "space", "down", "c"),
    "live": ("4",),
    "live signing": ("4",),
    "live review": ("4",),
    "sql": ("5", "v", "down", "enter"),
    "jobs": ("6",),
    "job log": ("6", "down", "down", "enter"),
    "help": ("2", "question_mark"),
    "settings": ("comma", "down", "down"),
    "failures": ("2", "tab", "down", "enter"),
}


PICTURES = [
    (name, size) for name in KEYS for size in SIZES if size == SIZES[0] or name not in SMALL_ONLY
]


@pytest.mark.parametrize(
    ("name", "size"), PICTURES, ids=[f"{name}-{size[0]}x{size[1]}" for name, size in PICTURES]
)
def test_screen(snap_compare, busy_library, name, size):
    app = still_app(busy_library)
    assert snap_compare(app, terminal_size=size, run_before=steps(name))


def test_light(snap_compare, busy_library):
    app = still_app(busy_library)

    async def turn(pilot):
        await press(pilot, "3", "down", "ctrl+t")

    assert snap_compare(app, terminal_size=(80, 24), run_before=turn)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_welcome(snap_compare, tmp_path, size):
    app = SignApp(root=tmp_path)
    app.root = app.root.__class__("/home/someone/signs")

    async def wait(pilot):
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=wait)
