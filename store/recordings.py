"""Clips that users recorded themselves: they enter the catalog like any other."""

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.catalog import add_video_root
from store.errors import RecordingError
from store.files import sync_folder, write_error
from store.jobs import is_alive, list_jobs
from store.library import Library
from store.schema import Clip, Gloss, Instance, Signer
from store.words import ENDED, Availability, JobKind

SOURCE: Final = "recorded"
TAKE: Final = ".take.mp4"
"""How the file of a take ends until someone keeps it."""
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


def recordings_dir(library: Library) -> Path:
    return library.clips_dir / SOURCE


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
        return Recorded(instance.id, video_id, path, split)


def discard_take(library: Library, take: Path) -> None:
    """Delete one take; nothing where it was kept, or is no take.

    Raises:
        StoreError: it cannot be deleted.
    """
    if take.parent != recordings_dir(library) or not take.name.endswith(TAKE):
        return
    try:
        take.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(error, take) from error


def discard_takes(library: Library) -> int:
    """Delete takes that nobody kept, as after a crash. Returns how many; none while live runs."""
    jobs = list_jobs(library)
    if any(job.kind == JobKind.LIVE and job.status not in ENDED and is_alive(job) for job in jobs):
        return 0
    takes = [path for path in recordings_dir(library).glob(f"*{TAKE}") if path.is_file()]
    for path in takes:
        discard_take(library, path)
    return len(takes)


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
