"""Cameras and streams on the net: the latest frame wins, and what was lost is looked for again.

A thread of its own reads as fast as the source gives; whoever iterates gets the newest frame and
never waits behind old ones. The first opening must work; after that a lost source is opened again
until it comes back.
"""

import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.address import Address
from capture.camera import explain, open_capture
from capture.errors import CameraError
from capture.problems import Problem, camera_error
from capture.source import Frame

Image = NDArray[np.uint8]

_LOOK_S: Final = 0.1
_RETRY_S: Final = 1.0
_SLOW_S: Final = 2.0
_STALLED_S: Final = 2.0
_OPEN_WITHIN_S: Final = 60.0
"""Windows may take half a minute to start a camera."""
_CLOSE_WITHIN_S: Final = 3.0


class FeedState(StrEnum):
    OPENING = "opening"
    SLOW = "slow"
    """Still opening, and longer than usual."""
    LIVE = "live"
    STALLED = "stalled"
    """Open, but no frame comes."""
    LOST = "lost"
    """It was there and is gone; it is looked for."""


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name
    def read(self) -> tuple[bool, Image | None]: ...
    def get(self, prop: int, /) -> float: ...
    def release(self) -> None: ...


class Feed:
    """Frames of a camera or a stream, the newest first asked for. Iterate once, then close."""

    live = True

    def __init__(
        self,
        address: Address,
        *,
        on_wait: Callable[[FeedState], None] = lambda _state: None,
        opener: Callable[[Address], Capture] = open_capture,
    ) -> None:
        """Start to open the source, in a thread.

        Args:
            address: a camera or a stream.
            on_wait: called about ten times a second while no frame is there; may raise.
            opener: opens the source; may take long.
        """
        self.address = address
        self.dropped = 0
        """Frames that were replaced by newer ones before anybody took them."""
        self.fps = 0.0
        self._on_wait, self._opener = on_wait, opener
        self._news = threading.Condition()
        self._image: Image | None = None
        self._taken_at = 0.0
        self._state = FeedState.OPENING
        self._since = time.monotonic()
        self._problem: CameraError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def state(self) -> FeedState:
        """How it stands; `slow` and `stalled` by how long nothing came."""
        waited = time.monotonic() - self._since
        if self._state == FeedState.OPENING and waited > _SLOW_S:
            return FeedState.SLOW
        if self._state == FeedState.LIVE and waited > _STALLED_S:
            return FeedState.STALLED
        return self._state

    def __iter__(self) -> Iterator[Frame]:
        """Yield the newest frame each time; times are when it was read.

        Raises:
            CameraError: it could not be opened in the first place.
        """
        index, first = 0, None
        while not self._closed.is_set():
            with self._news:
                if self._image is None:
                    self._news.wait(_LOOK_S)
                image, at, self._image = self._image, self._taken_at, None
                problem = self._problem
            if image is None:
                if problem is not None:
                    raise problem
                self._check_opening()
                self._on_wait(self.state)
                continue
            first = at if first is None else first
            yield Frame(index, at - first, image, at)
            index += 1

    def _check_opening(self) -> None:
        if self._state == FeedState.OPENING and time.monotonic() - self._since > _OPEN_WITHIN_S:
            raise camera_error(Problem.LATE, self.name, f" {_OPEN_WITHIN_S:.0f} s")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the source go; one that hangs is left to its thread, which ends with the process."""
        self._closed.set()
        self._thread.join(_CLOSE_WITHIN_S)

    # The thread

    def _run(self) -> None:
        while not self._closed.is_set():
            capture = self._open()
            if capture is None:
                return
            try:
                self._read_all(capture)
            finally:
                capture.release()

    def _open(self) -> Capture | None:
        """Open the source; again and again if it was open before. None: it never was, or closed."""
        again = self._state == FeedState.LOST
        while not self._closed.is_set():
            capture = self._opener(self.address)
            if capture.isOpened():
                rate = float(capture.get(cv2.CAP_PROP_FPS))
                self.fps = rate if 0 < rate <= 1000 else 0.0  # noqa: PLR2004
                return capture
            capture.release()
            if not again:
                with self._news:
                    self._problem = explain(self.address)
                    self._news.notify()
                return None
            self._closed.wait(_RETRY_S)
        return None

    def _read_all(self, capture: Capture) -> None:
        while not self._closed.is_set():
            good, image = capture.read()
            if not good or image is None:
                self._enter(FeedState.LOST)
                self._closed.wait(_RETRY_S)
                return
            at = time.monotonic()
            with self._news:
                self.dropped += self._image is not None
                self._image, self._taken_at = image, max(at, self._taken_at + 1e-6)
                self._state, self._since = FeedState.LIVE, at
                self._news.notify()

    def _enter(self, state: FeedState) -> None:
        with self._news:
            self._state, self._since = state, time.monotonic()
            self._news.notify()
