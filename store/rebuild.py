"""A catalog made anew of what is left: the rows that can still be read, and the landmark files.

A file of landmarks carries video ids, frame rates and the landmarks themselves, but no words: clips
that no row knows any more get the gloss `UNKNOWN_GLOSS` until the index is imported again.
"""

import logging
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.catalog import get_or_add_extractor
from store.check import check
from store.errors import DamagedFileError, NoLibraryError
from store.extractions import add_landmark_file
from store.files import PARTIAL, write_error
from store.findings import CheckReport
from store.landmarks import Sequence, read_sequences, read_video_ids
from store.library import Library
from store.migrate import migrate
from store.pack import IMPORT_PREFIX, list_files
from store.paths import user_path
from store.rest import require_rest_if_readable
from store.salvage import salvage
from store.schema import Clip, Extraction, Gloss, Instance, LandmarkFile
from store.skeleton import LEFT, RIGHT
from store.words import ExtractionStatus

log = logging.getLogger(__name__)

UNKNOWN_GLOSS: Final = "unknown until the index is imported again"
_LOG_FILES: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What the new catalog rests on."""

    old: str | None
    """Where the damaged catalog lies now."""
    rows: dict[str, int]
    """Rows by table that could still be read."""
    attached: int
    """Sequences that only their files knew of."""
    unknown: int
    """Clips without a gloss until the index is imported again."""
    report: CheckReport
    """What a check with repair said of the result."""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "report": self.report.as_json()}


def rebuild(root: Path) -> RebuildReport:
    """Make the catalog of a library anew; the old one stays beside it under another name.

    Raises:
        NoLibraryError: neither a catalog nor landmarks are there.
        LibraryBusyError: a job is at work.
        LibraryVersionError: the catalog was made by a newer signtui.
        DiskFullError, StoreError: the new one cannot be written; the old one stays in place.
    """
    library = Library(user_path(root).resolve())
    if not library.catalog_path.exists() and not library.landmarks_dir.is_dir():
        raise NoLibraryError(
            f"There is no library in {library.root}.", hint="Choose another with --library."
        )
    require_rest_if_readable(library)
    aside = library.root / f"catalog.rebuilt{PARTIAL}"
    _remove(aside)
    try:
        migrate(aside, backup=False)
        rows = salvage(library.catalog_path, aside)
        library.close()
        old = _exchange(library, aside)
    except OSError as error:
        raise write_error(error, library.catalog_path) from error
    finally:
        _remove(aside)
    made = Library.open(library.root)
    attached, unknown = attach_files(made)
    report = check(made, repair=True)
    made.close()
    return RebuildReport(None if old is None else str(old), rows, attached, unknown, report)


def _remove(aside: Path) -> None:
    for suffix in ("", *_LOG_FILES):
        aside.with_name(aside.name + suffix).unlink(missing_ok=True)


def _exchange(library: Library, aside: Path) -> Path | None:
    """Let the new catalog take the place of the old one, which goes aside with its log."""
    old = None
    if library.catalog_path.exists():
        stamp = time.strftime("%Y%m%d-%H%M%S")
        old = library.root / f"catalog.damaged-{stamp}.sqlite"
        while old.exists():
            old = old.with_name(f"{old.stem}-again.sqlite")
    for suffix in _LOG_FILES:
        log_file = library.catalog_path.with_name(library.catalog_path.name + suffix)
        if old is not None and log_file.exists():
            log_file.rename(old.with_name(old.name + suffix))
        log_file.unlink(missing_ok=True)
    if old is not None:
        library.catalog_path.rename(old)
    aside.rename(library.catalog_path)
    return old


def attach_files(library: Library) -> tuple[int, int]:
    """Give rows to the sequences of landmark files that have none.

    Returns:
        How many sequences are attached, and how many clips have no gloss.
    """
    counts: Counter[str] = Counter()
    files = [path for path in list_files(library) if path.suffix == ".h5"]
    # The newest first: what was done again is in a later file.
    for path in sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.name)):
        try:
            video_ids = read_video_ids(path)
            sequences = read_sequences(path, range(len(video_ids)))
        except DamagedFileError as error:
            log.warning("%s", error.message)
            continue
        with library.session() as session:
            counts.update(_attach(session, path, video_ids, sequences))
    return counts["attached"], counts["unknown"]


def _attach(
    session: Session, path: Path, video_ids: list[str], sequences: list[Sequence]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    file = session.scalar(select(LandmarkFile).where(LandmarkFile.name == path.name))
    extractor_id = _extractor(session, path, sequences) if file is None else file.extractor_id
    taken: list[tuple[int, Extraction]] = []
    for position in sorted(set(range(len(video_ids))) - _positions(session, file)):
        instance_id, made = _instance(session, video_ids[position])
        counts["unknown"] += made
        row = _row_for(session, instance_id, extractor_id, sequences[position])
        if row is not None:
            taken.append((position, row))
    if taken:
        extractor_id = taken[0][1].extractor_id
        file_id = (
            file.id if file else add_landmark_file(session, path, extractor_id, len(sequences))
        )
        for position, row in taken:
            _fill(row, sequences[position], file_id, position)
    counts["attached"] = len(taken)
    return counts


def _positions(session: Session, file: LandmarkFile | None) -> set[int | None]:
    if file is None:
        return set()
    return set(session.scalars(select(Extraction.position).where(Extraction.file_id == file.id)))


def _row_for(
    session: Session, instance_id: int, extractor_id: int, sequence: Sequence
) -> Extraction | None:
    """The row that lost this sequence, or a new one; None where the catalog knows better."""
    rows = session.scalars(select(Extraction).where(Extraction.instance_id == instance_id)).all()
    lost = [row for row in rows if row.file_id is None and row.landmarks_sha256 is not None]
    for row in lost:
        if row.landmarks_sha256 == sequence.sha256():
            return row
    if any(row.extractor_id == extractor_id for row in rows):
        # Forgotten, or done again since: what an older file has is not that any more.
        return None
    if any(row.landmarks_sha256 == sequence.sha256() for row in rows):
        return None
    row = Extraction(instance_id=instance_id, extractor_id=extractor_id)
    session.add(row)
    return row


def _fill(row: Extraction, sequence: Sequence, file_id: int, position: int) -> None:
    present = sequence.present
    row.status = ExtractionStatus.DONE if present.any() else ExtractionStatus.NO_HANDS
    row.attempts, row.error, row.error_kind = 1, None, None
    row.frames = len(sequence)
    row.frames_left = int(present[:, LEFT].sum())
    row.frames_right = int(present[:, RIGHT].sum())
    row.landmarks_sha256 = sequence.sha256()
    row.file_id, row.position, row.finished_at = file_id, position, time.time()


def _extractor(session: Session, path: Path, sequences: list[Sequence]) -> int:
    """Imports bear the start of their key in their name; of what signtui made, only the kind is known."""
    holistic = any(sequence.body is not None for sequence in sequences)
    landmark_set = "holistic" if holistic else "hands"
    if path.name.startswith(IMPORT_PREFIX):
        key, origin = f"rebuilt-{path.name.split('-')[1]}", "imported, named by the rebuild"
    else:
        key, origin = f"rebuilt-{landmark_set}", "extracted, named by the rebuild"
    return get_or_add_extractor(
        session, key=key, landmark_set=landmark_set, origin=origin, settings={"rebuilt": True}
    )


def _instance(session: Session, video_id: str) -> tuple[int, bool]:
    """The instance of a clip, and whether it had to be made."""
    found = session.execute(
        select(Clip.id, Instance.id)
        .outerjoin(Instance, Instance.clip_id == Clip.id)
        .where(Clip.video_id == video_id)
        .order_by(Instance.id)
    ).first()
    if found is not None and found[1] is not None:
        return found[1], False
    clip_id = found[0] if found is not None else None
    if clip_id is None:
        clip = Clip(video_id=video_id)
        session.add(clip)
        session.flush()
        clip_id = clip.id
    gloss = session.scalar(select(Gloss).where(Gloss.text == UNKNOWN_GLOSS))
    if gloss is None:
        gloss = Gloss(text=UNKNOWN_GLOSS)
        session.add(gloss)
        session.flush()
    instance = Instance(gloss_id=gloss.id, clip_id=clip_id)
    session.add(instance)
    session.flush()
    return instance.id, True
