"""Clips that users recorded themselves: they enter the catalog like any other."""

import hashlib
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.catalog import add_video_root
from store.errors import RecordingError, StoreError
from store.files import sync_folder, write_error
from store.jobs import is_alive, list_jobs
from store.library import Library
from store.schema import Clip, Gloss, Instance, Signer
from store.takes import (
    WaitingTake,
    forget_take,
    is_claimed,
    list_notes,
    promise,
    read_note,
    read_take,
    recordings_dir,
    sweep_unfinished,
    take_path,
)
from store.words import ENDED, Availability, JobKind

log = logging.getLogger(__name__)

SOURCE: Final = "recorded"
_PREFIX: Final = "recorded-"
_NUMBER: Final = re.compile(rf"{_PREFIX}(\d+)")
_LONGEST_NAME: Final = 100
_Named = TypeVar("_Named", Gloss, Signer)
_VAL_EVERY: Final = 4
"""Every fourth recording of a gloss is for val: training needs some to choose the best epoch by."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording that was kept."""

    instance_id: int
    video_id: str
    path: Path
    split: str


def keep_recording(
    library: Library,
    take: Path,
    *,
    gloss: str,
    signer: str,
    frames: int,
    fps: float,
    width: int,
    height: int,
) -> Recorded:
    """Give a take its name among the clips, then write its rows.

    Args:
        library: where it goes.
        take: the file, in `recordings_dir`; it is moved.
        gloss: what was signed; a new word is added.
        signer: who signed.
        frames: how many there are.
        fps: frames a second.
        width: of the picture, in pixels.
        height: of the picture, in pixels.

    Raises:
        RecordingError: gloss or signer are no names.
        StoreError, DiskFullError: it cannot be written; the take stays where it is.
    """
    gloss, signer = check_name("gloss", gloss), check_name("signer", signer)
    sha256 = _sync(take)
    with library.session() as session:
        video_id = _free_id(session, recordings_dir(library))
        path = recordings_dir(library) / f"{video_id}{take.suffix}"
        split = _next_split(session, gloss)
        promise(take, path.name)
        try:
            take.rename(path)
            sync_folder(path.parent)
            stat = path.stat()
        except OSError as error:
            raise write_error(error, path) from error
        add_video_root(session, recordings_dir(library))
        clip = Clip(
            video_id=video_id, path=str(path), availability=Availability.AVAILABLE,
            frames=frames, header_frames=frames, fps=fps, width=width, height=height,
            size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns, sha256=sha256,
            scanned_at=time.time(),
        )  # fmt: skip
        session.add(clip)
        session.flush()
        instance = Instance(
            gloss_id=_id_of(session, Gloss, text=gloss), clip_id=clip.id, fps=fps, source=SOURCE,
            signer_id=_id_of(session, Signer, name=signer), split=split, frame_start=0,
        )  # fmt: skip
        session.add(instance)
        session.flush()
        kept = Recorded(instance.id, video_id, path, split)
    try:
        forget_take(take)
    except StoreError as error:
        # It is kept all the same; whoever reads the notes next finds the row and forgets this one.
        log.warning("the note of a take that was kept: %s", error.message)
    return kept


def waiting_takes(library: Library) -> list[WaitingTake]:
    """Takes that nobody kept or discarded, the oldest first; not those another process asks about.

    What was being kept when its process was killed waits again.

    Raises:
        StoreError: a take cannot be given its name back.
    """
    notes = [note for note in list_notes(library) if not is_claimed(read_note(note))]
    found = [_found(library, note) for note in notes]
    return [take for take in found if take is not None]


def sweep_takes(library: Library) -> int:
    """Delete takes that were never finished, as after a kill. Returns how many; none while live runs.

    Raises:
        StoreError: they cannot be deleted.
    """
    jobs = list_jobs(library)
    if any(job.kind == JobKind.LIVE and job.status not in ENDED and is_alive(job) for job in jobs):
        return 0
    return sweep_unfinished(library)


def _found(library: Library, note: Path) -> WaitingTake | None:
    """The take of a note; where it had its new name, but no row yet, it gets the old one back."""
    take = take_path(note)
    if not take.exists():
        kept = recordings_dir(library) / Path(str(read_note(note).get("kept_as"))).name
        if _NUMBER.fullmatch(kept.stem) is None or not kept.is_file() or _has_row(library, kept):
            forget_take(take)
            return None
        try:
            kept.rename(take)
        except OSError as error:
            raise write_error(error, take) from error
    return read_take(take)


def _has_row(library: Library, path: Path) -> bool:
    with library.reading() as session:
        return session.scalar(select(Clip.id).where(Clip.video_id == path.stem)) is not None


def check_name(what: str, text: str) -> str:
    """A gloss or a signer with single spaces. Raises RecordingError where it is no name."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise RecordingError(
            f"The {what} {text[:40]!r} is no name.", hint=f"1 to {_LONGEST_NAME} printable letters."
        )
    return name


def _sync(take: Path) -> str:
    """Bring a file to the disk and return its SHA-256."""
    try:
        with take.open("rb+") as file:
            os.fsync(file.fileno())
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise write_error(error, take) from error


def _free_id(session: Session, folder: Path) -> str:
    """The next number that neither a row nor a file has: a kill may have left one without the other."""
    known = [*session.scalars(select(Clip.video_id).where(Clip.video_id.like(f"{_PREFIX}%")))]
    known += [path.stem for path in folder.glob(f"{_PREFIX}*")]
    numbers = [int(found[1]) for name in known if (found := _NUMBER.fullmatch(name))]
    return f"{_PREFIX}{max(numbers, default=0) + 1:05d}"


def _next_split(session: Session, gloss: str) -> str:
    before = session.scalar(
        select(func.count(Instance.id))
        .join(Gloss, Gloss.id == Instance.gloss_id)
        .where(Gloss.text == gloss, Instance.source == SOURCE)
    )
    return "val" if (before or 0) % _VAL_EVERY == _VAL_EVERY - 1 else "train"


def _id_of(session: Session, kind: type[_Named], **name: str) -> int:
    """The id of the row of this name; a new row where there is none."""
    found = session.scalar(select(kind).filter_by(**name))
    if found is None:
        found = kind(**name)
        session.add(found)
        session.flush()
    return found.id
