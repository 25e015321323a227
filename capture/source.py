"""Where frames come from: one protocol for files, cameras and streams."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from capture.video import ClipReader

Image = NDArray[np.uint8]
"""A picture as OpenCV gives it: shape=(height, width, 3), blue, green, red."""


@dataclass(frozen=True, slots=True)
class Frame:
    index: int
    """Position in the source, from 0."""
    time_s: float
    """Seconds since the source's first frame; strictly increasing."""
    image: Image
    read_at: float = field(default_factory=time.monotonic)
    """Seconds of `time.monotonic` when it came from the source."""


class FrameSource(Protocol):
    """Anything that gives frames, one after the other, until it is closed."""

    @property
    def name(self) -> str:
        """What a user would call it: a file name, a camera's number."""

    @property
    def fps(self) -> float:
        """Nominal frames per second; 0 where unknown."""

    @property
    def live(self) -> bool:
        """Whether frames that nobody takes in time are lost."""

    @property
    def dropped(self) -> int:
        """Frames that were lost so far."""

    def __iter__(self) -> Iterator[Frame]: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...


class VideoSource:
    """The frames of a file, as fast as they are taken.

    Times come from frame numbers, never from the container: time stamps of damaged and
    variable-rate files run backwards, and MediaPipe then stops.
    """

    live = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dropped = 0
        """Frames that nobody was ready for; never any where nobody waits for them."""
        self._reader = ClipReader(path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def fps(self) -> float:
        return self._reader.fps

    def __iter__(self) -> Iterator[Frame]:
        rate = self.fps or ASSUMED_FPS
        for index, image in enumerate(self._reader):
            yield Frame(index, index / rate, image)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()


class PacedSource(VideoSource):
    """A file at its own speed, as a camera would show it: late frames are left out."""

    live = True

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(path)
        self._clock, self._sleep = clock, sleep

    def __iter__(self) -> Iterator[Frame]:
        rate = self.fps or ASSUMED_FPS
        started = self._clock()
        for frame in super().__iter__():
            early = started + frame.time_s - self._clock()
            if early > 0:
                self._sleep(early)
            elif -early > 1 / rate:
                self.dropped += 1
                continue
            yield frame


ASSUMED_FPS = 25.0
"""For files that do not say; WLASL's own rate."""
