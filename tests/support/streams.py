"""Streams whose truth is known: clips joined with idle stretches, as a file or as motion JPEG.

A stream is a file of 25 frames a second; `signed` tells what is signed in it, and when. `serve`
shows such a file on loopback at its own speed, as a network camera would, to any number of clients.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from capture.video import ClipReader
from store.catalog import list_sequences, load_sequences
from store.library import Library
from store.query import run_query

FPS = 25
WIDEST = 640
_CODEC = "MJPG"
_QUALITY = 90
_NOISE = 2.0
_GREY = 96
_SAME_SHAPE = 0.03
_SPARE = 97
"""The noise is larger than the picture: each frame shows another part of it."""

Idle = Literal["empty", "still"]
"""Between two clips: a room without anybody, or the signer at rest, with the noise of a sensor."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip, and where in it hands are."""

    gloss: str
    path: Path
    frames: int
    first: int
    """Frame with the first hand."""
    last: int
    """Frame with the last hand."""
    fps: float
    aspect: float
    """Width over height."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed in a stream; seconds of its first and its last hand."""

    gloss: str
    start_s: float
    end_s: float
    name: str
    """Of the clip."""


def scenes_of(library: Library, split: str, *, extractor: int | None = None) -> list[Scene]:
    """The clips of a split whose hands were extracted, in order of their video ids."""
    known = {row[0]: row[1:] for row in run_query(library, _CLIPS).rows}
    with library.reading() as session:
        extractors = [extractor] if extractor else range(1, 10)
        rows = {
            row.video_id: row
            for number in extractors
            for row in list_sequences(session, extractor_id=number)
            if row.split == split and row.video_id in known
        }
    scenes = []
    for row, sequence in zip(
        rows.values(), load_sequences(library, list(rows.values())), strict=True
    ):
        there = np.flatnonzero(sequence.present.any(axis=1))
        if len(there):
            ends = int(there[0]), int(there[-1])
            path, aspect = known[row.video_id]
            rate = sequence.fps or FPS
            scenes.append(Scene(row.gloss, Path(path), len(sequence), *ends, rate, aspect))
    return scenes


_CLIPS = (
    "SELECT video_id, path, 1.0 * width / height FROM instances WHERE availability = 'available'"
)


def of_one_shape(scenes: Sequence[Scene]) -> list[Scene]:
    """Those of the shape that most of them have, to within 3 %."""
    middle = max(scenes, key=lambda one: sum(_alike(one, other) for other in scenes))
    return [scene for scene in scenes if _alike(scene, middle)]


def _alike(one: Scene, other: Scene) -> bool:
    return abs(one.aspect / other.aspect - 1) < _SAME_SHAPE


def join(
    scenes: Sequence[Scene],
    path: Path,
    *,
    idle_s: float = 2.0,
    idle: Idle = "empty",
    side: tuple[int, int] | None = None,
    seed: int = 7,
) -> list[Signed]:
    """Write the clips into one file (Motion JPEG in AVI), idle before, between and after them.

    Args:
        scenes: in this order; other rates than 25 are resampled by leaving out or repeating frames.
        path: of the new file, with the suffix .avi.
        idle_s: seconds of each idle stretch.
        idle: what is seen in it.
        side: width and height, else those of the first clip, at most 640 wide. Clips of another
            shape get bars, which is not what a model knows: keep to clips of one shape.
        seed: of the noise.
    """
    rng = np.random.default_rng(seed)
    side = side or _side(scenes[0])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_CODEC), FPS, side)
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, _QUALITY)
    assert writer.isOpened(), path
    signed, written = [], 0
    quiet = round(idle_s * FPS)
    for scene in scenes:
        images = _frames(scene, side)
        for image in _idle(images[0], idle, quiet, rng):
            writer.write(image)
        at = (written + quiet) / FPS
        rate = FPS / scene.fps
        start_s, end_s = (at + round(frame * rate) / FPS for frame in (scene.first, scene.last))
        signed.append(Signed(scene.gloss, start_s, end_s, scene.path.stem))
        for image in images:
            writer.write(image)
        for image in _idle(images[-1], idle, quiet, rng):
            writer.write(image)
        written += 2 * quiet + len(images)
    writer.release()
    return signed


def _side(scene: Scene) -> tuple[int, int]:
    with ClipReader(scene.path) as reader:
        height, width = next(iter(reader)).shape[:2]
    scale = min(WIDEST / width, 1.0)
    return round(width * scale / 2) * 2, round(height * scale / 2) * 2


def _frames(scene: Scene, side: tuple[int, int]) -> list[np.ndarray]:
    with ClipReader(scene.path) as reader:
        images = [_fitted(image, side) for image in reader][: scene.frames]
    count = round(len(images) * FPS / scene.fps)
    return [images[min(int(n * scene.fps / FPS), len(images) - 1)] for n in range(count)]


def _fitted(image: np.ndarray, side: tuple[int, int]) -> np.ndarray:
    """The whole picture, with grey bars where it has another shape."""
    height, width = image.shape[:2]
    if (width, height) == side:
        return image
    scale = min(side[0] / width, side[1] / height)
    size = round(width * scale), round(height * scale)
    canvas = np.full((side[1], side[0], 3), _GREY, np.uint8)
    left, top = (side[0] - size[0]) // 2, (side[1] - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(image, size)
    return canvas


def _idle(
    image: np.ndarray, idle: Idle, frames: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """A picture that stands still but for noise; blurred so far that nobody is in it, or as is."""
    quiet = cv2.GaussianBlur(image, (0, 0), image.shape[0] / 8) if idle == "empty" else image
    height, width = image.shape[:2]
    grain = rng.normal(0, _NOISE, (height + _SPARE, width + _SPARE, 1)).astype(np.float32)
    for row, column in rng.integers(0, _SPARE, (frames, 2)):
        noisy = quiet + grain[row : row + height, column : column + width]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


@dataclass
class Server:
    """Motion JPEG on loopback; its switches may be turned while it serves."""

    url: str = ""
    pictures: list[bytes] = field(default_factory=list)
    sending: threading.Event = field(default_factory=threading.Event)
    """Cleared: connections stay open, but no picture is sent."""
    open: threading.Event = field(default_factory=threading.Event)
    """Cleared: connections are closed, and new ones refused with 503."""
    loop: bool = False
    started: list[float] = field(default_factory=list)
    """`time.monotonic` of each client's first picture."""
    sent: list[list[float]] = field(default_factory=list)
    """`time.monotonic` of each picture, for each client."""
    served: int = 0
    """Clients so far."""


def encoded(path: Path, *, limit: int | None = None) -> list[bytes]:
    """The pictures of a file as JPEG."""
    with ClipReader(path) as reader:
        images = itertools.islice(reader, limit)
        settings = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        return [cv2.imencode(".jpg", image, settings)[1].tobytes() for image in images]


@contextmanager
def serve(pictures: list[bytes], *, loop: bool = False, port: int = 0) -> Iterator[Server]:
    """Serve pictures at 25 a second; each client starts at the first and gets each in its time."""
    state = Server(pictures=pictures, loop=loop)
    state.sending.set()
    state.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not state.open.is_set():
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                _send(state, self.wfile.write)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}/camera.mjpg"
        try:
            yield state
        finally:
            state.open.clear()
            state.sending.set()
            server.shutdown()


def _send(state: Server, write: Callable[[bytes], object]) -> None:
    """One client: what a camera sends is never late, but a stalled one goes on where it was."""
    mine: list[float] = []
    state.sent.append(mine)
    state.served += 1
    numbers = itertools.count() if state.loop else range(len(state.pictures))
    due = time.monotonic()
    for number in numbers:
        if not state.sending.is_set():
            state.sending.wait()
            due = time.monotonic()
        if not state.open.is_set():
            return
        time.sleep(max(due - time.monotonic(), 0))
        data = state.pictures[number % len(state.pictures)]
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        mine.append(time.monotonic())
        write(head.encode() + data + b"\r\n")
        due += 1 / FPS
