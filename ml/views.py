"""What becomes of the frames of live: pictures in a terminal or a window, and recordings."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.errors import PreviewError, RecordError
from capture.preview import PreviewWindow
from capture.record import Recorder
from ml.controls import Command
from ml.stream import Emit, Moment
from store.takes import note_take

_MAX_SIDE: Final = 1024
_EVERY_S: Final = 1 / 15
"""A terminal over the network carries no more pictures than this."""


class TerminalView:
    """Emits frames as small pictures, where somebody asked for them.

    The command `view` sets `width` and `height`, the most pixels there is room for; 0 ends it.
    """

    def __init__(
        self, emit: Emit, *, mirror: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._emit, self._mirror, self._clock = emit, mirror, clock
        self._room = (0, 0)
        self._last = -1.0

    def command(self, said: Command) -> None:
        width, height = said.get("width"), said.get("height")
        if isinstance(width, int) and isinstance(height, int):
            self._room = (min(max(width, 0), _MAX_SIDE), min(max(height, 0), _MAX_SIDE))

    def see(self, moment: Moment) -> None:
        now = self._clock()
        if not all(self._room) or now - self._last < _EVERY_S:
            return
        self._last = now
        image = fitted(moment.frame.image, *self._room)
        if self._mirror:
            image = image[:, ::-1]
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        view: dict[str, Any] = {
            "event": "view",
            "width": image.shape[1],
            "height": image.shape[0],
            "rgb": base64.b64encode(rgb).decode("ascii"),
            "hands": _points(moment.landmarks, mirror=self._mirror),
        }
        if moment.body is not None:
            view["body"] = _body_points(moment.body, mirror=self._mirror)
        self._emit(view)


class WindowView:
    """Shows frames in a window; the command `window` opens it with `on`, or closes it."""

    def __init__(
        self, emit: Emit, *, mirror: bool, recording: Callable[[], bool] = lambda: False
    ) -> None:
        self._emit, self._mirror, self._recording = emit, mirror, recording
        self._window: PreviewWindow | None = None

    def command(self, said: Command) -> None:
        if said.get("on") and self._window is None:
            self._open()
        elif not said.get("on"):
            self.close()

    def _open(self) -> None:
        try:
            self._window = PreviewWindow(mirror=self._mirror)
        except PreviewError as error:
            self._say(on=False, error=error)
        else:
            self._say(on=True)

    def see(self, moment: Moment) -> None:
        if self._window is None:
            return
        caption = str(moment.state)
        if moment.guess is not None:
            caption += f": {moment.guess.gloss} {100 * moment.guess.score:.0f} %"
        try:
            is_open = self._window.show(
                moment.frame.image,
                moment.landmarks,
                caption,
                body=moment.body,
                recording=self._recording(),
            )
        except PreviewError as error:
            self._window = None
            self._say(on=False, error=error)
            return
        if not is_open:
            self.close()

    def close(self) -> None:
        """Close the window, whoever opened it."""
        window, self._window = self._window, None
        if window is not None:
            window.close()
            self._say(on=False)

    def _say(self, *, on: bool, error: PreviewError | None = None) -> None:
        event: dict[str, Any] = {"event": "window", "on": on}
        if error is not None:
            event |= {"error": error.message, "hint": error.hint}
        self._emit(event)


class RecordView:
    """Records frames; the command `record` starts with `on`, or ends and tells of the take.

    With `gloss`, `signer` and `owner`, as `store.takes.describe_recording` gives them, the take
    is noted: it can be kept after the process that asked for it is gone.
    """

    def __init__(self, emit: Emit, folder: Path) -> None:
        self._emit = emit
        self._recorder = Recorder(folder)
        self._said: Command = {}

    @property
    def recording(self) -> bool:
        return self._recorder.recording

    def command(self, said: Command) -> None:
        with self._told():
            if said.get("on"):
                if not self._recorder.recording:
                    self._said = said
                self._recorder.start()
                self._emit({"event": "record", "on": True})
            elif self._recorder.recording:
                self._stop()

    def see(self, moment: Moment) -> None:
        with self._told():
            if not self._recorder.see(moment.frame):
                self._stop()

    def _stop(self) -> None:
        take = self._recorder.stop()
        if take is not None:
            facts = {name: getattr(take, name) for name in ("frames", "fps", "width", "height")}
            note_take(take.path, self._said, **facts)
        self._emit({"event": "record", "on": False})
        if take is not None:
            self._emit({"event": "take", **asdict(take), "path": str(take.path)})

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except RecordError as error:
            self._recorder.close()
            about = {"error": error.message, "hint": error.hint}
            self._emit({"event": "record", "on": False, **about})

    def close(self) -> None:
        """Keep what was recorded when the source ends."""
        with self._told():
            if self._recorder.recording:
                self._stop()


def fitted(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture at the largest size that fits, its aspect kept. shape=(≤ height, ≤ width, 3)."""
    scale = min(width / image.shape[1], height / image.shape[0], 1.0)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _points(landmarks: NDArray[np.float32], *, mirror: bool) -> list[list[list[float]]]:
    """The hands as pairs of x and y in shares of the picture that is shown."""
    there = landmarks[~np.isnan(landmarks[:, 0, 0])][:, :, :2]
    if mirror:
        there = np.stack([1 - there[..., 0], there[..., 1]], axis=-1)
    return [[[round(float(x), 4), round(float(y), 4)] for x, y in hand] for hand in there]


def _body_points(body: NDArray[np.float32], *, mirror: bool) -> list[list[float] | None]:
    """Each point of the body as x and y in shares of the picture, None where it is absent."""
    x = 1 - body[:, 0] if mirror else body[:, 0]
    places = zip(x.tolist(), body[:, 1].tolist(), strict=True)
    return [None if np.isnan(a) else [round(a, 4), round(b, 4)] for a, b in places]
