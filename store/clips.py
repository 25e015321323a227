"""What the scan reads and writes: where clips may be, and what was found there."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from store.schema import Clip
from store.words import Availability


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip as the last scan left it."""

    id: int
    video_id: str
    path: Path | None
    availability: str
    size_bytes: int | None
    mtime_ns: int | None


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a scan found out about a clip."""

    clip_id: int
    path: Path | None
    availability: Availability
    reason: str
    frames: int
    header_frames: int
    fps: float
    width: int
    height: int
    size_bytes: int
    mtime_ns: int
    sha256: str | None


def list_clips(session: Session) -> list[ClipRow]:
    """All clips that the index names, readable or not."""
    rows = session.execute(
        select(
            Clip.id, Clip.video_id, Clip.path, Clip.availability, Clip.size_bytes, Clip.mtime_ns
        ).order_by(Clip.id)
    )
    return [
        ClipRow(clip_id, video_id, Path(path) if path else None, state, size, mtime)
        for clip_id, video_id, path, state, size, mtime in rows
    ]


def record_facts(session: Session, facts: Iterable[ClipFacts]) -> None:
    """Write what was found."""
    now = time.time()
    rows = [_row(item, now) for item in facts]
    if rows:
        session.execute(update(Clip), rows)


def count_availability(session: Session) -> dict[str, int]:
    """How many clips there are of each availability."""
    rows = session.execute(select(Clip.availability, func.count()).group_by(Clip.availability))
    return {availability: count for availability, count in rows}  # noqa: C416


def _row(facts: ClipFacts, now: float) -> dict[str, Any]:
    there = facts.availability is Availability.AVAILABLE
    return {
        "id": facts.clip_id,
        "path": str(facts.path) if facts.path else None,
        "availability": facts.availability,
        "reason": facts.reason or None,
        "frames": facts.frames if there else None,
        "header_frames": facts.header_frames if there else None,
        "fps": facts.fps or None,
        "width": facts.width or None,
        "height": facts.height or None,
        "size_bytes": facts.size_bytes if facts.path else None,
        "mtime_ns": facts.mtime_ns if facts.path else None,
        "sha256": facts.sha256,
        "scanned_at": now,
    }
