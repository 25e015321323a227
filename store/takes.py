"""Takes: what was recorded, until someone keeps or discards it.

A finished take is two files beside the recordings: the clip, and a note that says what it is of.
The note is written once the clip is whole and before anybody hears of it, so that a take outlives
every process that knows of it. A clip without a note is what a killed process was writing.
"""

import json
import logging
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from store.errors import StoreError
from store.files import PARTIAL, write_error, write_text
from store.library import Library

log = logging.getLogger(__name__)

TAKE: Final = ".take.mp4"
"""How the file of a take ends until someone keeps it."""
_NOTE: Final = ".take.json"
_FOLDER: Final = "recorded"
_LARGEST_NOTE: Final = 65_536
_FACTS: Final[dict[str, type]] = {
    "gloss": str, "signer": str, "frames": int, "fps": float, "width": int, "height": int,
    "recorded_at": float,
}  # fmt: skip
_LARGEST: Final = 1e11
"""A date in this product's future, and more than any number of frames."""
_SAME_START_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class WaitingTake:
    """A take that is neither kept nor discarded."""

    path: Path
    gloss: str
    signer: str
    frames: int
    fps: float
    width: int
    height: int
    recorded_at: float
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(TAKE)

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def recordings_dir(library: Library) -> Path:
    return library.clips_dir / _FOLDER


def describe_recording(gloss: str, signer: str) -> dict[str, Any]:
    """What a live job is told of a recording: names, and which process will ask about its take."""
    return {"gloss": gloss, "signer": signer, "owner": _this_process()}


def note_take(
    take: Path, said: Mapping[str, Any], *, frames: int, fps: float, width: int, height: int
) -> bool:
    """Write down what a finished take is of. False where nobody said it or it cannot be written.

    Args:
        take: the clip.
        said: as `describe_recording` gives it.
        frames: how many there are.
        fps: frames a second.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    facts = {"frames": frames, "fps": fps, "width": width, "height": height}
    note = {name: said.get(name) for name in ("gloss", "signer", "owner")}
    note = {**note, **facts, "recorded_at": time.time()}
    if _take_of(take, note) is None:
        return False
    try:
        write_text(note_path(take), json.dumps(note, ensure_ascii=False))
    except StoreError as error:
        # The take itself is whole, and whoever recorded it is about to be asked.
        log.warning("no note of a take: %s", error.message)
        return False
    return True


def note_path(take: Path) -> Path:
    return take.with_name(take.name.removesuffix(TAKE) + _NOTE)


def take_path(note: Path) -> Path:
    return note.with_name(note.name.removesuffix(_NOTE) + TAKE)


def list_notes(library: Library) -> list[Path]:
    """The notes of all takes, the oldest first."""
    folder = recordings_dir(library)
    return sorted(folder.glob(f"*{_NOTE}"), key=lambda note: (_modified(note), note.name))


def read_note(note: Path) -> dict[str, Any]:
    """What a note says, unchecked; nothing where it is none."""
    try:
        with note.open("rb") as file:
            said = json.loads(file.read(_LARGEST_NOTE))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def read_take(take: Path) -> WaitingTake | None:
    """A take with what its note says; None where either is missing or damaged."""
    return _take_of(take, read_note(note_path(take))) if take.is_file() else None


def is_claimed(note: Mapping[str, Any]) -> bool:
    """Whether another process that still lives will ask about this take."""
    owner, mine = note.get("owner"), _this_process()
    if not isinstance(owner, dict) or owner == mine or owner.get("host") != mine["host"]:
        return False
    pid, started_at = owner.get("pid"), owner.get("started_at")
    if type(pid) is not int or type(started_at) is not float or pid <= 0:
        return False
    try:
        return abs(psutil.Process(pid).create_time() - started_at) < _SAME_START_S
    except (psutil.Error, OverflowError):
        return False


def promise(take: Path, name: str) -> None:
    """Note under which name a take is about to be kept; nothing where it has no note.

    Raises:
        StoreError, DiskFullError: it cannot be written.
    """
    note = read_note(note_path(take))
    if note:
        note |= {"kept_as": name, "owner": _this_process()}
        write_text(note_path(take), json.dumps(note, ensure_ascii=False))


def forget_take(take: Path) -> None:
    """Delete a take and its note, as far as they are there.

    Raises:
        StoreError: they cannot be deleted.
    """
    try:
        take.unlink(missing_ok=True)
        note_path(take).unlink(missing_ok=True)
    except OSError as error:
        raise write_error(error, take) from error


def discard_take(library: Library, take: Path) -> None:
    """Delete one take; nothing where it was kept, or is no take.

    Raises:
        StoreError: it cannot be deleted.
    """
    if take.parent == recordings_dir(library) and take.name.endswith(TAKE):
        forget_take(take)


def sweep_unfinished(library: Library) -> int:
    """Delete clips without a note and half-written notes. Returns how many clips.

    Only for moments at which no live job is at work.

    Raises:
        StoreError: they cannot be deleted.
    """
    folder = recordings_dir(library)
    left = [take for take in folder.glob(f"*{TAKE}") if not read_note(note_path(take))]
    for take in left:
        forget_take(take)
    for aside in folder.glob(f"*{_NOTE}.*{PARTIAL}"):
        aside.unlink(missing_ok=True)
    return len(left)


def _take_of(take: Path, note: Mapping[str, Any]) -> WaitingTake | None:
    if any(type(note.get(name)) is not kind for name, kind in _FACTS.items()):
        return None
    facts = {name: note[name] for name in _FACTS}
    numbers = [value for value in facts.values() if not isinstance(value, str)]
    if not all(0 < number < _LARGEST for number in numbers):
        return None
    return WaitingTake(take, **facts)


def _this_process() -> dict[str, Any]:
    process = psutil.Process()
    return {
        "host": platform.node(),
        "pid": process.pid,
        "started_at": float(process.create_time()),
    }


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
