"""The queue of the extraction job: what is left to do, and what became of it.

Only the coordinator of the job writes here, each time in one short transaction; an HDF5 file
bears its final name before the row that points to it is committed.
"""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from store.batches import batches
from store.files import write_error
from store.landmarks import Sequence
from store.ranges import clip_range
from store.schema import Clip, Extraction, Gloss, Instance, LandmarkFile
from store.words import UNKNOWN_REASON, Availability, ExtractionStatus

LOOSE_PREFIX: Final = "clip-"
"""Files of one sequence, written as each clip is finished and packed later."""


@dataclass(frozen=True, slots=True)
class Work:
    """One instance whose landmarks are to be found."""

    extraction_id: int
    video_id: str
    path: Path
    first: int
    last: int
    """Frames of the file, half-open."""
    size_bytes: int
    mtime_ns: int
    sha256: str | None
    """What the scan saw; another file than that is not read."""
    attempts: int

    @property
    def frames(self) -> int:
        return self.last - self.first

    def after_failure(self) -> "Work":
        """The same work with one attempt more behind it."""
        return replace(self, attempts=self.attempts + 1)


def queue_instances(
    session: Session,
    extractor_id: int,
    *,
    glosses: Collection[str] | None = None,
    retry_failed: bool = False,
    retry_kind: str | None = None,
) -> None:
    """Give every readable instance a row, and make those pending that must be done (again).

    These are: new ones, those a killed job was at, those whose clip has changed, with
    `retry_failed` those that failed, and with `retry_kind` those that failed for that reason.
    """
    mine = Extraction.extractor_id == extractor_id
    known = select(Extraction.instance_id).where(mine)
    ready = _readable(glosses).with_only_columns(Instance.id).where(Instance.id.not_in(known))
    new = [
        {"instance_id": instance_id, "extractor_id": extractor_id}
        for instance_id in session.scalars(ready)
    ]
    for batch in batches(new):
        session.execute(insert(Extraction), batch)
    pending = {"status": ExtractionStatus.PENDING}
    session.execute(
        update(Extraction)
        .where(mine, Extraction.status == ExtractionStatus.RUNNING)
        .values(pending)
    )
    changed = (
        select(Extraction.id)
        .join(Instance, Instance.id == Extraction.instance_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .where(mine, Extraction.clip_sha256.is_not(None), Extraction.clip_sha256 != Clip.sha256)
    )
    again = {**pending, "attempts": 0, "error": None, "error_kind": None}
    session.execute(update(Extraction).where(Extraction.id.in_(changed)).values(again))
    if retry_failed:
        failed = Extraction.status == ExtractionStatus.FAILED
        session.execute(update(Extraction).where(mine, failed).values(again))
    elif retry_kind is not None:
        # The reason stays until the next outcome: a killed retry is found again by it.
        for_that = func.coalesce(Extraction.error_kind, UNKNOWN_REASON) == retry_kind
        session.execute(
            update(Extraction)
            .where(mine, Extraction.status == ExtractionStatus.FAILED, for_that)
            .values({**pending, "attempts": 0, "error_kind": retry_kind})
        )


def list_work(
    session: Session,
    extractor_id: int,
    *,
    glosses: Collection[str] | None = None,
    limit: int | None = None,
    retry_kind: str | None = None,
) -> list[Work]:
    """Pending instances of readable clips, the longest first so that no long one ends alone.

    With `retry_kind` only those that failed for that reason before.
    """
    only = () if retry_kind is None else (Extraction.error_kind == retry_kind,)
    rows = session.execute(
        _readable(glosses)
        .join(Extraction, Extraction.instance_id == Instance.id)
        .where(
            Extraction.extractor_id == extractor_id,
            Extraction.status == ExtractionStatus.PENDING,
            *only,
        )
        .with_only_columns(Extraction, Clip, Instance)
    )
    work = [_work(*row) for row in rows]
    work.sort(key=lambda item: (-item.frames, item.extraction_id))
    return work if limit is None else work[:limit]


def count_statuses(session: Session, extractor_id: int) -> dict[str, int]:
    """How many instances of an extractor are in each status."""
    rows = session.execute(
        select(Extraction.status, func.count())
        .where(Extraction.extractor_id == extractor_id)
        .group_by(Extraction.status)
    )
    return {status: count for status, count in rows}  # noqa: C416 - rows are no tuples to mypy


def mark(session: Session, extraction_ids: Iterable[int], status: ExtractionStatus) -> None:
    """Set the status of extractions that are being worked on or given back."""
    for batch in batches(extraction_ids):
        session.execute(update(Extraction).where(Extraction.id.in_(batch)).values(status=status))


def record_done(
    session: Session,
    work: Work,
    sequence: Sequence,
    *,
    file: Path | None,
    seconds: float,
) -> ExtractionStatus:
    """Say that an instance is finished; `file` already bears its name, None where no hand was seen.

    Raises:
        StoreError: the file is gone.
    """
    seen = sequence.present.sum(axis=0)
    status = ExtractionStatus.NO_HANDS if file is None else ExtractionStatus.DONE
    facts: dict[str, Any] = {
        "status": status,
        "attempts": work.attempts + 1,
        "error": None,
        "error_kind": None,
        "first_frame": work.first,
        "frames": len(sequence),
        "frames_left": int(seen[0]),
        "frames_right": int(seen[1]),
        "seconds": seconds,
        "clip_sha256": work.sha256,
        "landmarks_sha256": sequence.sha256(),
        "file_id": None,
        "position": None,
        "finished_at": time.time(),
    }
    if file is not None:
        extractor_id = session.scalar(
            select(Extraction.extractor_id).where(Extraction.id == work.extraction_id)
        )
        facts |= {"file_id": add_landmark_file(session, file, extractor_id or 0, 1), "position": 0}
    session.execute(update(Extraction).where(Extraction.id == work.extraction_id).values(facts))
    return status


def record_failure(session: Session, work: Work, *, kind: str, error: str, final: bool) -> None:
    """Count an attempt; the last one makes the instance `failed`."""
    status = ExtractionStatus.FAILED if final else ExtractionStatus.PENDING
    session.execute(
        update(Extraction)
        .where(Extraction.id == work.extraction_id)
        .values(
            status=status,
            attempts=work.attempts + 1,
            error_kind=kind,
            error=error,
            clip_sha256=work.sha256,
            finished_at=time.time() if final else None,
        )
    )


def add_landmark_file(session: Session, path: Path, extractor_id: int, sequences: int) -> int:
    """Add the row of a file that bears its final name; returns its id.

    Raises:
        StoreError: the file is gone, and its folder perhaps with it.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise write_error(error, path) from error
    row = LandmarkFile(
        name=path.name,
        extractor_id=extractor_id,
        sequences=sequences,
        size_bytes=size,
        created_at=time.time(),
    )
    session.add(row)
    session.flush()
    return row.id


def _readable(glosses: Collection[str] | None) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(Instance.id)
        .join(Clip, Clip.id == Instance.clip_id)
        .where(Clip.availability == Availability.AVAILABLE, Instance.excluded.is_(False))
    )
    if glosses is not None:
        query = query.join(Gloss, Gloss.id == Instance.gloss_id).where(Gloss.text.in_(glosses))
    return query


def _work(extraction: Extraction, clip: Clip, instance: Instance) -> Work:
    first, last = clip_range(clip.frames or 0, instance.frame_start, instance.frame_end)
    return Work(
        extraction_id=extraction.id,
        video_id=clip.video_id,
        path=Path(clip.path or ""),
        first=first,
        last=last,
        size_bytes=clip.size_bytes or 0,
        mtime_ns=clip.mtime_ns or 0,
        sha256=clip.sha256,
        attempts=extraction.attempts,
    )
