"""Keeping what a camera saw: frames into a clip of an even rate, for review before it is kept."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from capture.errors import RecordError
from capture.source import Frame
from store.takes import TAKE

FPS: Final = 25.0
"""WLASL's own rate. Cameras vary theirs with the light; a clip has one."""
LONGEST_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Take:
    """A stretch that was recorded and waits to be kept or discarded."""

    path: Path
    frames: int
    fps: float
    width: int
    height: int

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


class Recorder:
    """Writes frames between `start` and `stop`; pictures are never mirrored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: cv2.VideoWriter | None = None
        self._path: Path | None = None
        self._size = (0, 0)
        self._began = 0.0
        self._frames = 0

    @property
    def recording(self) -> bool:
        return self._path is not None

    def start(self) -> None:
        """Record from the next frame on; nothing where it records already.

        Raises:
            RecordError: the folder cannot be made.
        """
        if self._path is not None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(self._folder, error.strerror or str(error)) from error
        self._path, self._frames = self._folder / f"{uuid.uuid4().hex[:12]}{TAKE}", 0

    def see(self, frame: Frame) -> bool:
        """Take a frame. Returns False where the take is as long as one may be.

        Raises:
            RecordError: it cannot be written.
        """
        if self._path is None:
            return True
        if self._writer is None:
            self._open(frame)
        if self._writer is None or frame.image.shape[1::-1] != self._size:
            return True
        # Frames are repeated or left out so that the clip plays as fast as it happened.
        wanted = round((frame.time_s - self._began) * FPS) + 1
        while self._frames < min(wanted, LONGEST_S * FPS):
            self._writer.write(frame.image)
            self._frames += 1
        return self._frames < LONGEST_S * FPS

    def _open(self, frame: Frame) -> None:
        self._size = (frame.image.shape[1], frame.image.shape[0])
        self._began = frame.time_s
        code = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._path), cv2.CAP_FFMPEG, code, FPS, self._size)
        if not writer.isOpened():
            writer.release()
            self._path = None
            raise _cannot_write(self._folder, "the clip cannot be opened for writing")
        self._writer = writer

    def stop(self) -> Take | None:
        """End the take. None where nothing was recorded.

        Raises:
            RecordError: what was written is no clip, as where the disk is full.
        """
        writer, path = self._writer, self._path
        self._writer = self._path = None
        if writer is None or path is None:
            return None
        writer.release()
        # OpenCV does not say when a write fails: read what is there.
        reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        good = reader.isOpened() and reader.get(cv2.CAP_PROP_FRAME_COUNT) >= self._frames
        reader.release()
        if not good:
            path.unlink(missing_ok=True)
            raise _cannot_write(self._folder, "the clip was not written whole; is the disk full?")
        return Take(path, self._frames, FPS, *self._size)

    def close(self) -> None:
        """Throw away a take that was not stopped."""
        if self._writer is not None:
            self._writer.release()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._writer = self._path = None


def _cannot_write(folder: Path, reason: str) -> RecordError:
    return RecordError(
        f"Nothing can be recorded to {folder}: {reason}.",
        hint="Free some space, or choose a library elsewhere with --library.",
    )
