"""What is there to extract, what failed and why, and what the logs say of one clip."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.errors import NotInCatalogError
from store.job_lines import JobLineRow
from store.library import Library
from store.tally import open_figures
from store.words import UNKNOWN_REASON

MOST_CLIPS: Final = 1000
"""Failed clips of one reason that are listed at most."""
_MOST_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """Clips that failed for the same kind of reason."""

    kind: str
    clips: int
    example: str
    """The error of one of them."""

    @property
    def condition(self) -> str:
        """The SQL condition on the view `instances` that these clips fulfil."""
        if self.kind == UNKNOWN_REASON:
            return "extraction = 'failed' AND COALESCE(error_kind, 'unknown') = 'unknown'"
        kind = self.kind.replace("'", "''")
        return f"extraction = 'failed' AND error_kind = '{kind}'"


@dataclass(frozen=True, slots=True)
class FailedClip:
    instance_id: int
    video_id: str
    gloss: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one extractor made of an instance."""

    extractor: str
    status: str
    attempts: int
    kind: str | None
    error: str | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class ClipLog:
    """Everything that was kept about one clip; lines as (job id, line), oldest first."""

    attempts: tuple[Attempt, ...]
    lines: tuple[tuple[int, JobLineRow], ...]


_KINDS: Final = """
SELECT a, CAST(SUM(n1) AS INTEGER) FROM figures WHERE name = 'failure'
GROUP BY a ORDER BY 2 DESC, 1 LIMIT 50"""
_AVAILABLE: Final = """
SELECT CAST(SUM(n1) AS INTEGER) FROM figures WHERE name = 'clip' AND a = 'available'"""
# By the index of kinds of errors: of millions of instances few have failed, and the order of a CROSS JOIN
# is kept. Whether it is an instance's newest extraction that failed is for the view to say.
_FAILED: Final = """
SELECT DISTINCT v.instance_id, v.video_id, v.gloss, COALESCE(v.attempts, 0), COALESCE(v.error, '')
FROM (SELECT :kind AS kind UNION ALL SELECT NULL WHERE :kind = :unknown) k
CROSS JOIN extractor x
CROSS JOIN extraction e ON e.extractor_id = x.id AND e.status = 'failed' AND e.error_kind IS k.kind
CROSS JOIN instances v ON v.instance_id = e.instance_id
WHERE v.extraction = 'failed' AND v.error_kind IS k.kind LIMIT :most"""
_ATTEMPTS: Final = """
SELECT x.origin || ' #' || x.id, e.status, e.attempts, e.error_kind, e.error, e.finished_at
FROM extraction e JOIN extractor x ON x.id = e.extractor_id
JOIN instance i ON i.id = e.instance_id JOIN clip c ON c.id = i.clip_id
WHERE c.video_id = :video_id ORDER BY e.id"""
_LINES: Final = """
SELECT job_id, at, level, text FROM job_line
WHERE substr(text, 1, :length) = :prefix ORDER BY id DESC LIMIT :most"""


def read_failures(library: Library) -> list[Failure]:
    """Failed extractions grouped by reason, the most frequent first."""
    with library.reading() as session:
        open_figures(session, "failure")
        kinds = session.execute(text(_KINDS)).all()
        return [Failure(kind, clips, _example(session, kind)) for kind, clips in kinds]


def read_failed_clips(library: Library, kind: str) -> list[FailedClip]:
    """Clips that failed for a reason, at most `MOST_CLIPS`."""
    with library.reading() as session:
        return sorted(_failed(session, kind, MOST_CLIPS), key=lambda clip: clip.video_id)


def _example(session: Session, kind: str) -> str:
    return "".join(f"{clip.video_id}: {clip.error}" for clip in _failed(session, kind, 1))


def _failed(session: Session, kind: str, most: int) -> list[FailedClip]:
    values = {"kind": kind, "unknown": UNKNOWN_REASON, "most": most}
    return [FailedClip(*row) for row in session.execute(text(_FAILED), values)]


def read_clip_log(library: Library, video_id: str) -> ClipLog:
    """Attempts at a clip, and the lines of all jobs that begin with its name.

    Raises:
        NotInCatalogError: there is no such clip.
    """
    prefix = f"{video_id}:"
    with library.reading() as session:
        known = session.execute(
            text("SELECT 1 FROM clip WHERE video_id = :video_id"), {"video_id": video_id}
        ).first()
        if known is None:
            raise NotInCatalogError(f"There is no clip {video_id}.", hint="Its name is a video id.")
        attempts = session.execute(text(_ATTEMPTS), {"video_id": video_id}).all()
        lines = session.execute(
            text(_LINES), {"prefix": prefix, "length": len(prefix), "most": _MOST_LINES}
        ).all()
        return ClipLog(
            tuple(Attempt(*row) for row in attempts),
            tuple((row[0], JobLineRow(*row[1:])) for row in reversed(lines)),
        )


def count_available(library: Library) -> int:
    """Clips that are there and readable."""
    with library.reading() as session:
        open_figures(session, "clip")
        return int(session.execute(text(_AVAILABLE)).scalar() or 0)
