"""The window of the desktop, on a real display, and what is said where there is none."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from capture.errors import PreviewError
from capture.overlay import JOINT
from capture.preview import check_display, framed
from store.library import Library
from tests.support.own_sign import draw_take
from tests.support.streams import encoded, serve

ROOT = Path(__file__).resolve().parents[2]
needs_xvfb = pytest.mark.skipif(
    shutil.which("Xvfb") is None or sys.platform != "linux",
    reason="Xvfb is not installed (Debian: apt install xvfb)",
)

_SHOW = """
import sys, time, numpy as np, mss
from capture.overlay import JOINT
from capture.preview import PreviewWindow
image = np.full((240, 320, 3), 40, np.uint8)
hands = np.full((2, 21, 3), np.nan, np.float32)
angles = np.linspace(0, 6, 21)
hands[0, :, 0], hands[0, :, 1] = 0.25 + 0.1 * np.cos(angles), 0.5 + 0.2 * np.sin(angles)
end, drawn = time.monotonic() + 30, 0
with PreviewWindow(mirror=True) as window, mss.MSS() as screen:
    while drawn < 20 and time.monotonic() < end:
        assert window.show(image, hands, "signing: book 80 %", recording=True)
        shot = np.array(screen.grab(screen.monitors[0]))[:, :, :3]
        drawn += (np.abs(shot.astype(int) - JOINT).max(axis=-1) < 12).any()
np.save(sys.argv[1], shot)
"""
_SHOOT = """
import sys, time, numpy as np, mss
from capture.overlay import JOINT
shots = []
with mss.MSS() as screen:
    for _ in range(20):
        shot = np.array(screen.grab(screen.monitors[0]))[:, :, :3]
        shots.append((int((np.abs(shot.astype(int) - JOINT).max(axis=-1) < 12).sum()), shot))
        time.sleep(0.1)
np.save(sys.argv[1], max(shots, key=lambda one: one[0])[1])
"""
"""The picture of the screen with the most of a hand: it is not in all of them."""
_CLOSE = """
import numpy as np, cv2
from capture.preview import TITLE, PreviewWindow
image, hands = np.zeros((48, 64, 3), np.uint8), np.full((2, 21, 3), np.nan, np.float32)
with PreviewWindow(mirror=False) as window:
    assert window.show(image, hands, "")
    cv2.destroyWindow(TITLE)
    assert not window.show(image, hands, "")
"""


@pytest.fixture
def display(tmp_path: Path):
    """A display of its own; yields the environment of who uses it."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as said:
            number = said.readline().strip()
        yield {**os.environ, "DISPLAY": f":{number}", "XAUTHORITY": str(tmp_path / "none")}
        server.terminate()


def run(code: str, environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-c", code, *arguments]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60
    )
    assert said.returncode == 0, said.stderr.decode()[-2000:]


@needs_xvfb
def test_the_window_shows_the_mirrored_picture_with_its_hand(display, tmp_path):
    pytest.importorskip("mss", reason="mss takes the picture of the screen")
    run(_SHOW, display, str(tmp_path / "shot.npy"))
    shot = np.load(tmp_path / "shot.npy").astype(int)
    joints = np.argwhere(np.abs(shot - JOINT).max(axis=-1) < 12)
    grey = np.argwhere(np.abs(shot - 40).max(axis=-1) < 3)
    assert len(joints) > 100, "the hand is drawn"
    left, right = grey[:, 1].min(), grey[:, 1].max()
    share = (joints[:, 1].mean() - left) / (right - left)
    assert 0.68 < share < 0.82, "a hand at a quarter of the picture is shown at three quarters"


@needs_xvfb
def test_a_window_that_was_closed_is_noticed(display):
    run(_CLOSE, display)


@contextmanager
def live(folder: Path, source: str, environment: dict[str, str], *words: str):
    """`signtui live` with a window, on a library of its own."""
    Library.create(folder / "library").close()
    command = [sys.executable, "-P", "-m", "tui.cli", "--library", str(folder / "library"), "live"]
    asked = ["--source", source, "--model", "none", "--preview", "window", *words]
    environment = {**environment, "SIGNTUI_CONFIG": str(folder / "none.toml")}
    # A shell has what it starts in the background ignore ctrl-c, and all that this starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [*command, *asked], cwd=ROOT, env=environment, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@needs_xvfb
@pytest.mark.slow
def test_live_shows_a_window_while_it_prints(display, tmp_path):
    pytest.importorskip("mss", reason="mss takes the picture of the screen")
    clip = draw_take(tmp_path / "clip.mp4", signer=0, seed=1)
    with (
        serve(encoded(clip), loop=True) as server,
        live(tmp_path, server.url, display, "--json") as process,
    ):
        events = (json.loads(line) for line in process.stdout)
        shown = next(event for event in events if event["event"] == "window")
        assert shown == {"event": "window", "on": True}
        seen = (event for event in events if event["event"] == "prediction" and event["hands"])
        next(event for event in seen if event["frame"] > 20)
        run(_SHOOT, display, str(tmp_path / "shot.npy"))
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert all(json.loads(line) for line in rest.splitlines())
    shot = np.load(tmp_path / "shot.npy").astype(int)
    assert (shot.max(axis=-1) > 0).mean() > 0.2, "the window is there"
    joints = (np.abs(shot - JOINT).max(axis=-1) < 12).sum()
    assert joints > 20, "the hand that MediaPipe found is drawn over the picture"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux may lack a display")
def test_live_says_in_one_line_that_there_is_no_display_and_goes_on(tmp_path):
    clip = draw_take(tmp_path / "clip.mp4", signer=0, seed=1)
    screens = {"DISPLAY", "WAYLAND_DISPLAY"}
    environment = {name: value for name, value in os.environ.items() if name not in screens}
    with live(tmp_path, str(clip), environment) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    lines = said.splitlines()
    [about] = [line for line in lines if "display" in line]
    assert about.startswith("There is no display here for a preview window. The preview in")
    assert lines[-1].endswith("frames, 0 signs")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux may lack a display")
def test_without_a_display_or_with_a_dead_one_it_says_so(monkeypatch):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(PreviewError, match="no display") as caught:
        check_display()
    assert "terminal" in caught.value.hint
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(PreviewError, match="does not answer"):
        check_display()


def test_a_framed_picture_leaves_the_camera_s_alone():
    image = np.full((60, 80, 3), 200, np.uint8)
    before = image.copy()
    hands = np.full((2, 21, 3), 0.1, np.float32)
    shown = framed(image, hands, "ümlaut €", mirror=True, recording=True)
    assert shown.shape == image.shape
    assert (image == before).all()
    assert (shown != before).any()


@pytest.mark.parametrize("value", [np.nan, -50.0, 1e9])
def test_absurd_landmarks_draw_nothing_that_breaks(value):
    image = np.zeros((60, 80, 3), np.uint8)
    assert framed(image, np.full((2, 21, 3), value, np.float32), mirror=False).shape == image.shape
