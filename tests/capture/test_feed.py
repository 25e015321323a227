"""Cameras and streams: the newest frame, what was lost comes back, and why a source does not open."""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from capture import permission
from capture.address import Address, SourceKind, parse_address
from capture.camera import explain
from capture.errors import CameraError
from capture.feed import Feed, FeedState

CAMERA = Address(SourceKind.CAMERA, "0")


class Fake:
    """A capture that gives numbered pictures, and does what its script says between them."""

    def __init__(self, pictures, *, opened: bool = True, pace_s: float = 0.0) -> None:
        self._pictures: Iterator[object] = iter(pictures)
        self._opened, self._pace_s = opened, pace_s
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self._opened

    def get(self, prop: int, /) -> float:
        return 30.0 if prop == cv2.CAP_PROP_FPS else 0.0

    def read(self):
        time.sleep(self._pace_s)
        step = next(self._pictures, None)
        if callable(step):
            step = step()
        if step is None:
            return False, None
        return True, np.full((4, 6, 3), step, np.uint8)

    def release(self) -> None:
        self.released = True


class Openers:
    """Gives one capture after the other, each time the feed opens its source."""

    def __init__(self, *captures: Fake) -> None:
        self.captures, self.opened = list(captures), 0

    def __call__(self, _address: Address) -> Fake:
        self.opened += 1
        return self.captures[min(self.opened, len(self.captures)) - 1]


def take(feed: Feed, frames: int) -> list[int]:
    found = []
    for frame in feed:
        found.append(int(frame.image[0, 0, 0]))
        if len(found) == frames:
            break
    return found


def test_frames_come_with_rising_times():
    with Feed(CAMERA, opener=Openers(Fake(range(200), pace_s=0.005))) as feed:
        frames = [frame for frame, _ in zip(feed, range(20), strict=False)]
        assert feed.state == FeedState.LIVE
        assert feed.fps == 30.0
    times = [frame.time_s for frame in frames]
    assert times[0] == 0.0
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert [frame.index for frame in frames] == list(range(20))


def test_the_latest_frame_wins_and_the_others_are_counted():
    reached = threading.Event()

    def last() -> int:
        reached.set()
        return 99

    hold = threading.Event()
    capture = Fake([1, 2, 3, last, lambda: hold.wait(5) and None])
    with Feed(CAMERA, opener=Openers(capture)) as feed:
        assert reached.wait(5)
        time.sleep(0.05)
        assert take(feed, 1) == [99]
        assert feed.dropped == 3
        hold.set()


def test_a_source_that_is_lost_comes_back(monkeypatch):
    monkeypatch.setattr("capture.feed._RETRY_S", 0.05)
    states: list[FeedState] = []
    captures = [
        Fake([1, 2, 3], pace_s=0.02),
        Fake([], opened=False),
        Fake(range(50, 90), pace_s=0.02),
    ]
    with Feed(CAMERA, opener=Openers(*captures), on_wait=states.append) as feed:
        seen = []
        for frame in feed:
            seen.append(int(frame.image[0, 0, 0]))
            if seen[-1] >= 50:
                break
    assert seen[0] in {1, 2, 3}
    assert captures[0].released
    assert captures[1].released


def test_a_source_that_never_opens_is_one_error():
    with (
        Feed(CAMERA, opener=Openers(Fake([], opened=False))) as feed,
        pytest.raises(CameraError) as caught,
    ):
        take(feed, 1)
    assert caught.value.hint


def test_it_says_when_a_source_is_slow_or_stalls(monkeypatch):
    monkeypatch.setattr("capture.feed._SLOW_S", 0.05)
    monkeypatch.setattr("capture.feed._STALLED_S", 0.05)
    opening, stalling = threading.Event(), threading.Event()

    def slow_opener(_address: Address) -> Fake:
        opening.wait(5)
        return Fake([7, lambda: stalling.wait(5) and None])

    states: list[FeedState] = []

    class Enough(Exception):  # noqa: N818 - it is no error
        pass

    def heard(state: FeedState) -> None:
        states.append(state)
        if state == FeedState.SLOW:
            opening.set()
        if state == FeedState.STALLED:
            raise Enough

    with Feed(CAMERA, opener=slow_opener, on_wait=heard) as feed, pytest.raises(Enough):
        take(feed, 2)
    stalling.set()
    assert FeedState.SLOW in states


def test_closing_does_not_wait_for_a_driver_that_hangs(monkeypatch):
    monkeypatch.setattr("capture.feed._CLOSE_WITHIN_S", 0.1)
    forever = threading.Event()
    feed = Feed(CAMERA, opener=Openers(Fake([1, lambda: forever.wait(20) and None])))
    assert take(feed, 1) == [1]
    feed.close()
    assert feed._thread.is_alive()
    forever.set()


@pytest.mark.parametrize(
    ("system", "words"), [("darwin", "Privacy & Security"), ("win32", "desktop apps")]
)
def test_every_system_gets_its_own_way_out(system, words):
    assert words in explain(CAMERA, system=system).hint


@pytest.mark.parametrize(("known", "words"), [(0, "There is no camera 0"), (1, "not permitted")])
def test_macos_tells_missing_from_forbidden(monkeypatch, known, words):
    said = json.dumps({"SPCameraDataType": [{"_name": "FaceTime HD"}] * known})
    monkeypatch.setattr(permission, "_said", lambda _command: said)
    found = explain(CAMERA, system="darwin")
    assert words in found.message
    assert found.hint


@pytest.mark.parametrize("said", ["", "{}", "[1]", '{"SPCameraDataType": 3}', "no JSON"])
def test_a_system_that_does_not_say_is_no_second_error(monkeypatch, said):
    monkeypatch.setattr(permission, "_said", lambda _command: said)
    assert "not permitted" in explain(CAMERA, system="darwin").message
    assert "does not open" in explain(CAMERA, system="win32").message


class Registry:
    """As much of `winreg` as is used, over a dict of keys and their values."""

    HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER = "machine", "user"

    def __init__(self, user: dict[str, dict[str, object]]) -> None:
        webcam = permission._CONSENT
        self.keys = {f"{webcam}{path}": values for path, values in {"": {}, **user}.items()}

    @contextmanager
    def OpenKey(self, hive, path):  # noqa: N802 - Windows' name
        if hive != self.HKEY_CURRENT_USER or path not in self.keys:
            raise FileNotFoundError(path)
        yield path

    def QueryValueEx(self, key, name):  # noqa: N802 - Windows' name
        if name not in self.keys[key]:
            raise FileNotFoundError(name)
        return self.keys[key][name], 1

    def _below(self, key):
        parts = (path.removeprefix(f"{key}\\") for path in self.keys if path.startswith(f"{key}\\"))
        return sorted({part.partition("\\")[0] for part in parts})

    def QueryInfoKey(self, key):  # noqa: N802 - Windows' name
        return len(self._below(key)), 0, 0

    def EnumKey(self, key, place):  # noqa: N802 - Windows' name
        return self._below(key)[place]


ZOOM = r"\NonPackaged\C:#Program Files#Zoom#bin#Zoom.exe"
ITSELF = rf"\NonPackaged\C:#Python#{Path(sys.executable).name}"
STORE = r"\Microsoft.WindowsCamera_8wekyb3d8bbwe"


@pytest.mark.parametrize(
    ("user", "known", "words"),
    [
        ({"": {"Value": "Deny"}}, "1", "is not permitted"),
        ({r"\NonPackaged": {"Value": "Deny"}, ZOOM: {}}, "1", "is not permitted"),
        ({"": {"Value": "Allow"}}, "0", "There is no camera 0"),
        ({ZOOM: {"LastUsedTimeStop": 0}}, "1", "in use by Zoom.exe"),
        ({STORE: {"LastUsedTimeStop": 0}}, "", "in use by Microsoft.WindowsCamera"),
        ({ZOOM: {"LastUsedTimeStop": 133_000}, ITSELF: {"LastUsedTimeStop": 0}}, "1", "not open"),
    ],
)
def test_windows_tells_missing_from_forbidden_from_busy(monkeypatch, user, known, words):
    monkeypatch.setitem(sys.modules, "winreg", Registry({r"\NonPackaged": {}, **user}))
    monkeypatch.setattr(permission, "_said", lambda _command: known)
    found = explain(CAMERA, system="win32")
    assert words in found.message
    assert found.hint


def test_linux_tells_missing_from_forbidden_from_broken(tmp_path, monkeypatch):
    missing = explain(CAMERA, system="linux", devices=tmp_path)
    assert "does not exist" in missing.message
    device = tmp_path / "video0"
    device.touch()
    assert "does not open" in explain(CAMERA, system="linux", devices=tmp_path).message
    monkeypatch.setattr(os, "access", lambda *_: False)
    forbidden = explain(CAMERA, system="linux", devices=tmp_path)
    assert "usermod -aG video" in forbidden.hint


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells who holds a file")
def test_linux_names_who_holds_a_camera(tmp_path):
    device = tmp_path / "video0"
    device.touch()
    code = f"f = open({str(device)!r}, 'rb'); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        said = explain(CAMERA, system="linux", devices=tmp_path)
        holder.communicate("\n")
    assert "in use by" in said.message
    assert str(holder.pid) in said.message


class Camera(BaseHTTPRequestHandler):
    """Motion JPEG as network cameras send it."""

    pictures = 40

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(self.pictures):
            image = np.full((120, 160, 3), 5 * number, np.uint8)
            data = cv2.imencode(".jpg", image)[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + data + b"\r\n")
            except OSError:
                return
            time.sleep(0.02)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}/video.mjpg"
        made.shutdown()


def test_motion_jpeg_over_http(server):
    with Feed(parse_address(server)) as feed:
        shades = take(feed, 10)
    assert shades == sorted(shades)
    assert len(set(shades)) > 5


def test_nobody_at_the_address():
    with Feed(parse_address("http://127.0.0.1:1/")) as feed, pytest.raises(CameraError) as caught:
        take(feed, 1)
    assert "127.0.0.1" in caught.value.message
