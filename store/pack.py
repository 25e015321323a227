"""Many small landmark files become one, and files that nothing points to are swept away.

The order makes a kill harmless at any moment: the pack is written aside, synced and renamed; one
transaction moves the rows from the loose files to it; only then are the loose files deleted. A
pack without rows or a loose file without a row is what a kill leaves, and the next sweep takes it.
"""

import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.errors import DamagedFileError, StoreError
from store.extractions import LOOSE_PREFIX, add_landmark_file
from store.landmarks import read_sequence, read_video_ids, write_sequences
from store.library import Library
from store.schema import Clip, Extraction, Instance, LandmarkFile

log = logging.getLogger(__name__)

PACK_PREFIX: Final = "pack-"
IMPORT_PREFIX: Final = "import-"
PACK_SIZE: Final = 256
"""Sequences in one file: about 8 MB."""
_LEFT_BY_A_KILL: Final = 1


class OlderCatalogError(StoreError):
    """Landmarks are there that the catalog has lost."""


@dataclass(frozen=True, slots=True)
class _Loose:
    extraction_id: int
    file_id: int
    name: str
    video_id: str


def pack_loose(library: Library, extractor_id: int, *, at_least: int = 2) -> int:
    """Join the loose files of an extractor, `PACK_SIZE` at a time.

    Returns:
        How many files are gone.

    Raises:
        DiskFullError: the loose files stay as they are.
        DamagedFileError: a loose file cannot be read.
    """
    with library.reading() as session:
        loose = _list_loose(session, extractor_id)
    packed = 0
    for start in range(0, len(loose), PACK_SIZE):
        group = loose[start : start + PACK_SIZE]
        if len(group) >= at_least:
            _pack(library, extractor_id, group)
            packed += len(group)
    return packed


def sweep(library: Library) -> int:
    """Delete what a killed job left: half-written files, and landmarks that no row points to.

    Only for the one job that writes landmarks; returns how many files are gone.

    Raises:
        OlderCatalogError: there is more than a kill leaves; nothing is deleted.
    """
    lost = list_lost(library)
    if lost:
        raise OlderCatalogError(
            f"{len(lost)} landmark files hold {sum(lost.values())} clips that the catalog does not "
            "know as done: it is older than they are.",
            hint="Take them up: signtui check --rebuild; or put back the catalog that belongs to them",
        )
    with library.session() as session:
        used = select(Extraction.file_id).where(Extraction.file_id.is_not(None))
        session.execute(
            delete(LandmarkFile).where(
                LandmarkFile.name.startswith(LOOSE_PREFIX), LandmarkFile.id.not_in(used)
            )
        )
        known = set(session.scalars(select(LandmarkFile.name)))
    found = [path for path in list_files(library) if path.name not in known]
    stale = [path for path in found if _is_ours(path)]
    for path in stale:
        _delete(path)
    return len(stale)


def list_lost(library: Library) -> dict[str, int]:
    """Landmark files that no row points to, with the clips in them that are nowhere else.

    A kill leaves one such clip at most, which counts as none: landmarks are written one by one, and a
    pack holds copies. More of them mean that rows are lost: a catalog without its log, or an old one.
    Imports do not count: whoever brought them in still has them.
    """
    with library.reading() as session:
        known = set(session.scalars(select(LandmarkFile.name)))
        done = set(
            session.scalars(
                select(Clip.video_id)
                .join(Instance, Instance.clip_id == Clip.id)
                .join(Extraction, Extraction.instance_id == Instance.id)
                .where(Extraction.file_id.is_not(None))
            )
        )
    lost = {}
    for path in list_files(library):
        if path.name in known or not path.name.startswith((LOOSE_PREFIX, PACK_PREFIX)):
            continue
        with suppress(DamagedFileError):
            count = sum(video_id not in done for video_id in read_video_ids(path))
            lost.update({path.name: count} if count else {})
    return lost if sum(lost.values()) > _LEFT_BY_A_KILL else {}


def list_files(library: Library) -> list[Path]:
    """What lies in the folder of landmarks; nothing where it is gone. Raises StoreError."""
    try:
        return list(library.landmarks_dir.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"{library.landmarks_dir} cannot be read: {error.strerror or error}.",
            hint="Check that you may read it.",
        ) from error


def _is_ours(path: Path) -> bool:
    """What bears a name that signtui gives, whole or half written."""
    return path.name.startswith((LOOSE_PREFIX, PACK_PREFIX, IMPORT_PREFIX))


def _list_loose(session: Session, extractor_id: int) -> list[_Loose]:
    rows = session.execute(
        select(Extraction.id, LandmarkFile.id, LandmarkFile.name, Clip.video_id)
        .join(LandmarkFile, LandmarkFile.id == Extraction.file_id)
        .join(Instance, Instance.id == Extraction.instance_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .where(
            LandmarkFile.extractor_id == extractor_id, LandmarkFile.name.startswith(LOOSE_PREFIX)
        )
        .order_by(Extraction.id)
    )
    return [_Loose(*row) for row in rows]


def _pack(library: Library, extractor_id: int, group: list[_Loose]) -> None:
    loose = [library.landmark_path(item.name) for item in group]
    path = library.landmarks_dir / f"{PACK_PREFIX}{uuid.uuid4().hex[:12]}.h5"
    pairs = zip(group, loose, strict=True)
    write_sequences(path, ((item.video_id, read_sequence(file)) for item, file in pairs))
    with library.session() as session:
        file_id = add_landmark_file(session, path, extractor_id, len(group))
        for position, item in enumerate(group):
            session.execute(
                update(Extraction)
                .where(Extraction.id == item.extraction_id, Extraction.file_id == item.file_id)
                .values(file_id=file_id, position=position)
            )
        gone = [item.file_id for item in group]
        session.execute(delete(LandmarkFile).where(LandmarkFile.id.in_(gone)))
    for file in loose:
        _delete(file)


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        # On Windows a reader may hold it; the next sweep takes it.
        log.info("%s stays for now: %s", path.name, error)
