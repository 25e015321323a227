"""Small pictures of a clip, decoded by a child process and read as they come."""

import json
import os
import subprocess
import sys
import threading
from bisect import bisect_right
from pathlib import Path
from typing import IO, Final

from capture.errors import UnreadableClipError

BOX: Final = (120, 90)
"""Width and height that pictures fit into: more than a terminal can show of them."""
TIME_LIMIT_S: Final = 20.0
_MAX_HEAD: Final = 10_000
_MAX_PICTURES: Final = 1_000
_AT_ONCE: Final = 8
_END: Final = -1


class Pictures:
    """Pictures of a clip that have come so far, by the number of their frame."""

    def __init__(self, first: int, last: int | None) -> None:
        self.first, self.last = first, last
        """The frames that were asked for, half-open."""
        self.width = self.height = 0
        self.frames: list[int] = []
        self.images: list[bytes] = []
        """Red, green and blue of each pixel, row by row."""
        self.complete = False
        """No more will come."""

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def shown_range(self) -> tuple[int, int]:
        """The first frame and the one after the last, as far as they are known."""
        come = self.frames[-1] + 1 if self.frames else 0
        end = come if self.complete or self.last is None else self.last
        return self.first, max(self.first + 1, end)

    def at(self, frame: int) -> bytes | None:
        """The picture of a frame, or of the last one before it that is there."""
        place = bisect_right(self.frames, frame) - 1
        return self.images[max(0, place)] if self.images else None

    def has(self, frame: int) -> bool:
        """Whether the pictures up to this frame have come."""
        return bool(self.frames) and (self.complete or frame <= self.frames[-1])


class PictureChild:
    """The process that decodes a clip; stop it when nobody looks any more."""

    def __init__(self, path: Path, first: int, last: int | None) -> None:
        """Start it.

        Raises:
            UnreadableClipError: it could not be started.
        """
        self.pictures = Pictures(first, last)
        numbers = (first, _END if last is None else last, *BOX)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "capture.thumbnails", str(path), *map(str, numbers)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUTF8": "1"},
                # Ctrl-C in the terminal is for us alone.
                start_new_session=sys.platform != "win32",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise UnreadableClipError(f"The clip could not be decoded: {error}.") from error
        self._late = threading.Event()
        self._timer = threading.Timer(TIME_LIMIT_S, self._give_up)
        self._timer.daemon = True
        self._timer.start()

    def read(self) -> bool:
        """Take what comes next; blocks. False at the end.

        Raises:
            UnreadableClipError: nothing can be shown, in the words of the child.
        """
        out = self._process.stdout
        if out is None or out.closed:
            return False
        try:
            more = self._read_some(out)
        except (OSError, ValueError):
            # It was stopped while we waited.
            more = False
        except UnreadableClipError:
            if not self._late.is_set():
                raise
            more = False
        self.pictures.complete = not more
        if not more and self._late.is_set():
            raise UnreadableClipError(f"Decoding took longer than {TIME_LIMIT_S:g} s.")
        if not more and not self.pictures.images:
            raise UnreadableClipError("The decoder ended without a picture.")
        return more

    def _read_some(self, out: IO[bytes]) -> bool:
        pictures = self.pictures
        if not pictures.width:
            pictures.width, pictures.height = _read_size(out)
        length = 4 + pictures.width * pictures.height * 3
        for _ in range(_AT_ONCE):
            data = out.read(length)
            if len(data) < length or len(pictures) >= _MAX_PICTURES:
                return False
            pictures.frames.append(int.from_bytes(data[:4]))
            pictures.images.append(data[4:])
        return True

    def stop(self) -> None:
        """End the process and wait for its end; twice does no harm."""
        self._timer.cancel()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _give_up(self) -> None:
        self._late.set()
        self._process.kill()


def _read_size(out: IO[bytes]) -> tuple[int, int]:
    """Width and height of the pictures. Raises UnreadableClipError."""
    line = out.readline(_MAX_HEAD)
    try:
        head = json.loads(line) if line else {}
        if "error" in head:
            raise UnreadableClipError(str(head["error"]))
        width, height = int(head["width"]), int(head["height"])
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableClipError("The decoder ended without a picture.") from error
    if not (0 < width <= BOX[0] and 0 < height <= BOX[1]):
        raise UnreadableClipError(f"The decoder sent pictures of {width} x {height} pixels.")
    return width, height
