"""A child process that decodes a stretch of a clip into small pictures, for people to look at.

`python -P -m capture.thumbnails PATH FIRST LAST WIDTH HEIGHT` writes to stdout one line of JSON,
`{"width": …, "height": …}` or `{"error": "…"}`, and then the pictures in their order: the number
of the frame in 4 bytes (big-endian) and width * height * 3 bytes of red, green and blue.
"""

import argparse
import json
import os
import sys
import threading
from pathlib import Path
from typing import BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.child import start_child
from capture.errors import UnreadableClipError
from capture.video import ClipReader

MAX_PICTURES: Final = 240
"""Of a longer stretch every second frame is sent, or every third …"""
TIME_LIMIT_S: Final = 30.0
_TO_THE_END: Final = -1


def write_pictures(
    path: Path, first: int, last: int | None, box: tuple[int, int], out: BinaryIO
) -> None:
    """Decode the frames of a half-open range and write them as small as the box (width, height).

    Raises:
        UnreadableClipError: nothing of the range decodes.
    """
    with ClipReader(path) as reader:
        every = _stride(first, last if last is not None else reader.header_frames)
        size: tuple[int, int] | None = None
        for index, image in enumerate(reader.frames(first, last)):
            if index % every or index // every >= MAX_PICTURES:
                continue
            if size is None:
                size = fitted(image.shape[1], image.shape[0], box)
                _write_line(out, {"width": size[0], "height": size[1]})
            out.write((first + index).to_bytes(4) + _small(image, size).tobytes())
            out.flush()
    if size is None:
        raise UnreadableClipError(f"the clip ends before frame {first}")


def fitted(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape that fits into the box, never larger than the picture."""
    scale = min(box[0] / width, box[1] / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _stride(first: int, last: int) -> int:
    return max(1, -(-(last - first) // MAX_PICTURES))


def _small(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Shape=(height, width, 3), red, green, blue."""
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1]).astype(np.uint8, copy=False)


def _write_line(out: BinaryIO, value: dict[str, object]) -> None:
    out.write(json.dumps(value).encode() + b"\n")
    out.flush()


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures to stdout and return the exit code: 0 done, 1 unreadable."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("path", type=Path)
    for name in ("first", "last", "width", "height"):
        parser.add_argument(name, type=int)
    chosen = parser.parse_args(arguments)
    start_child(None)
    # A decoder that hangs in native code can be ended from another thread only.
    watch = threading.Timer(TIME_LIMIT_S, os._exit, (1,))
    watch.daemon = True
    watch.start()
    last = None if chosen.last == _TO_THE_END else chosen.last
    try:
        write_pictures(
            chosen.path, chosen.first, last, (chosen.width, chosen.height), sys.stdout.buffer
        )
    except UnreadableClipError as error:
        _write_line(sys.stdout.buffer, {"error": error.message})
        return 1
    except BrokenPipeError:
        # Nobody looks any more; the interpreter's own flush at the end would complain.
        os._exit(1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
