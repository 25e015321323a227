"""Clips in, pictures out: decoding with OpenCV, behind checks that need no decoder."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from capture.errors import UnreadableClipError
from store.words import Availability

cv2.setLogLevel(0)

MAX_SIDE: Final = 8192
"""Longest side of a picture that is decoded, in pixels (8K film is 7680)."""
MAX_PIXELS: Final = 7680 * 4320
MAX_FPS: Final = 1000.0
_SNIFFED: Final = 65_536
_BOX_HEAD: Final = 8
_MAX_BOXES: Final = 64
_HTML: Final = (b"<!doctype", b"<html", b"<head", b"<script", b"<?xml", b"<!--")
_REPLACEMENT: Final = "\ufffd".encode()


@dataclass(frozen=True, slots=True)
class ClipProbe:
    """What a file turned out to be."""

    availability: Availability
    reason: str = ""
    """Why it is not available, for people."""
    frames: int = 0
    """Counted by decoding; containers often lie."""
    header_frames: int = 0
    """What the container claims."""
    fps: float = 0.0
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    mtime_ns: int = 0
    sha256: str | None = None


def iter_frames(path: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield (index, picture) with picture shape=(height, width, 3), BGR.

    Raises:
        UnreadableClipError: the file is absent, not a video, or holds no frame.
    """
    with ClipReader(path) as reader:
        yield from enumerate(reader)


def probe_clip(path: Path) -> ClipProbe:
    """Decode the whole file and say what it is; never raises for a bad file."""
    try:
        stat = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ClipProbe(Availability.MISSING, "the file is not there")
    except OSError as error:
        return ClipProbe(Availability.CORRUPT, _os_reason(error))
    bare = ClipProbe(Availability.CORRUPT, size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)
    try:
        with path.open("rb") as stream:
            bare = replace(bare, sha256=hashlib.file_digest(stream, "sha256").hexdigest())
        return _decode_all(path, bare)
    except UnreadableClipError as error:
        return replace(bare, reason=error.message)
    except OSError as error:
        return replace(bare, reason=_os_reason(error))


def check_bytes(path: Path) -> None:
    """Look at the first bytes, before any decoder does.

    Raises:
        UnreadableClipError: absent, not a file, empty, a web page or plain text.
    """
    if not path.exists():
        raise UnreadableClipError("the file is not there")
    if not path.is_file():
        raise UnreadableClipError("not a file")
    try:
        with path.open("rb") as stream:
            head = stream.read(_SNIFFED)
    except OSError as error:
        raise UnreadableClipError(_os_reason(error)) from error
    if not head:
        raise UnreadableClipError("empty: zero bytes")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    if start.startswith(_HTML):
        raise UnreadableClipError("a web page saved as a video: the link was dead")
    if _is_text(head[:1024]):
        raise UnreadableClipError("plain text, not a video")


class ClipReader:
    """An open clip: iterate over it once, close it.

    Raises:
        UnreadableClipError: from the constructor, or from the first step where nothing decodes.
    """

    def __init__(self, path: Path) -> None:
        check_bytes(path)
        self.path = path
        # One decoding thread: as many workers as cores run beside it.
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        try:
            self._check_header()
        except UnreadableClipError:
            self.close()
            raise

    @property
    def fps(self) -> float:
        """Frames per second, 0 where the file gives none that makes sense."""
        value = float(self._capture.get(cv2.CAP_PROP_FPS))
        return value if 0.0 < value <= MAX_FPS else 0.0

    @property
    def header_frames(self) -> int:
        value = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(value) if 0 < value < 2**31 else 0

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Yield each picture, shape=(height, width, 3), BGR.

        Raises:
            UnreadableClipError: no frame at all, or one of absurd size.
        """
        return self.frames(0, None)

    def frames(self, first: int, last: int | None) -> Iterator[NDArray[np.uint8]]:
        """Yield the pictures of a range of frames, half-open; it may end early.

        Raises:
            UnreadableClipError: no frame at all, or one of absurd size.
        """
        index = 0
        while last is None or index < last:
            # Frames before the range are decoded, since seeking is inexact, but not converted.
            try:
                if not self._capture.grab():
                    break
                image = self._capture.retrieve()[1] if index >= first else None
            except cv2.error as error:
                raise UnreadableClipError(f"undecodable: {_first_line(error)}") from error
            index += 1
            if image is not None:
                _check_size(image.shape[1], image.shape[0])
                yield image
        if not index:
            raise UnreadableClipError(f"no frames: {self._explain()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._capture.release()

    def _check_header(self) -> None:
        if not self._capture.isOpened():
            raise UnreadableClipError(f"undecodable: {self._explain()}")
        _check_size(
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def _explain(self) -> str:
        with self.path.open("rb") as stream:
            head = stream.read(_SNIFFED)
        # Lone bytes above 127 became U+FFFD: seen in clips that went through a text editor.
        if head.count(_REPLACEMENT) > len(head) // 1000 + 1:
            return "its bytes were mangled by a text conversion"
        if head[4:8] == b"ftyp" and b"moov" not in _whole_boxes(self.path):
            return "cut short: its table of contents is missing"
        return "no decoder understands it"


def _whole_boxes(path: Path) -> frozenset[bytes]:
    """Return the names of an MP4 file's outermost boxes that end within it (ISO/IEC 14496-12)."""
    names: set[bytes] = set()
    size = path.stat().st_size
    position = 0
    with path.open("rb") as stream:
        while position + _BOX_HEAD <= size and len(names) < _MAX_BOXES:
            stream.seek(position)
            head = stream.read(2 * _BOX_HEAD)
            length = int.from_bytes(head[:4])
            if length == 1:
                length = int.from_bytes(head[8:])
            position += length
            if length < _BOX_HEAD or position > size:
                break
            names.add(head[4:8])
    return frozenset(names)


def _decode_all(path: Path, bare: ClipProbe) -> ClipProbe:
    frames = width = height = 0
    with ClipReader(path) as reader:
        fps, header_frames = reader.fps, reader.header_frames
        for image in reader:
            if not frames:
                height, width = image.shape[:2]
            frames += 1
    return replace(
        bare,
        availability=Availability.AVAILABLE,
        frames=frames,
        header_frames=header_frames,
        fps=fps,
        width=width,
        height=height,
    )


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadableClipError(f"absurd size: {width} x {height} pixels")


def _is_text(head: bytes) -> bool:
    return all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in head)  # noqa: PLR2004


def _os_reason(error: OSError) -> str:
    return f"unreadable: {(error.strerror or str(error)).lower()}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
