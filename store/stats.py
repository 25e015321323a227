"""The dataset at a glance: what `signtui stats` prints and the first screen shows."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.library import Library


@dataclass(frozen=True, slots=True)
class SplitStats:
    split: str | None
    instances: int
    glosses: int
    signers: int
    available: int
    extracted: int


@dataclass(frozen=True, slots=True)
class SubsetStats:
    subset: str
    split: str
    entries: int
    glosses: int
    available: int
    extracted: int
    glosses_extracted: int


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many share a state and a reason."""

    state: str
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class ExtractorStats:
    extractor: int
    landmark_set: str
    origin: str
    status: str
    error_kind: str | None
    instances: int
    frames: int
    frames_left: int
    frames_right: int


@dataclass(frozen=True, slots=True)
class HandStats:
    """Frames with hands, in the landmarks that are shown for each instance."""

    frames: int
    left: int
    right: int
    either_at_least: int
    """Frames with any hand are not counted apart: of each clip, those with its more frequent one."""


@dataclass(frozen=True, slots=True)
class Bin:
    """How many lie from `low` to `high`, both included; None has no end."""

    low: int
    high: int | None
    count: int


@dataclass(frozen=True, slots=True)
class LibraryStats:
    glosses: int
    instances: int
    excluded: int
    """Instances that training leaves out."""
    signers: int
    clips: int
    hours: float
    """Of available clips."""
    bytes: int
    availability: dict[str, int]
    reasons: list[ReasonCount]
    extraction: dict[str, int]
    """Instances by their best extraction, of whatever extractor; pending counts those with an
    available clip."""
    to_extract: int
    """Instances that `signtui extract` would read: without a result of the last extractor of ours."""
    extractors: list[ExtractorStats]
    hands: HandStats
    clips_per_gloss: list[Bin]
    """Glosses by their number of instances."""
    landmarks_per_gloss: list[Bin]
    """Glosses by their number of instances with landmarks, from 0."""
    lengths: list[Bin]
    """Instances by their length in frames: of the landmarks, or of the clip where there are none."""
    splits: list[SplitStats]
    subsets: list[SubsetStats]
    runs: int
    contradictions: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_stats(library: Library) -> LibraryStats:
    """All figures in one read transaction."""
    with library.reading() as session:
        # Most figures look at every instance with its best extraction: found once, not six times.
        # The transaction is never committed, and the table goes with it.
        session.execute(text(_SEEN))
        return LibraryStats(
            glosses=_count(session, "gloss"),
            instances=_count(session, "instance"),
            excluded=_count(session, "instance WHERE excluded"),
            signers=_count(session, "signer"),
            clips=_count(session, "clip"),
            hours=_number(session, "SELECT SUM(hours) FROM clip_status"),
            bytes=int(_number(session, "SELECT SUM(size_bytes) FROM clip")),
            availability=_counts(
                session, "SELECT availability, COUNT(*) FROM clip GROUP BY availability"
            ),
            reasons=_reasons(session),
            extraction=_counts(session, _EXTRACTION),
            to_extract=int(_number(session, _TO_EXTRACT)),
            extractors=[ExtractorStats(*row) for row in session.execute(text(_EXTRACTORS))],
            hands=HandStats(*session.execute(text(_HANDS)).one()),
            clips_per_gloss=_per_gloss(session, "COUNT(*)"),
            landmarks_per_gloss=_per_gloss(session, "SUM(extraction = 'done')"),
            lengths=_bins(session, _LENGTHS, width=LENGTH_BIN, last=LONGEST_BIN),
            splits=[SplitStats(*row) for row in session.execute(text(_SPLITS))],
            subsets=[SubsetStats(*row) for row in session.execute(text(_SUBSETS))],
            runs=_count(session, "run"),
            contradictions=int(_number(session, _CONTRADICTIONS)),
        )


MOST_PER_GLOSS: Final = 60
"""Glosses with more instances are counted together."""
LENGTH_BIN: Final = 10
"""Frames."""
LONGEST_BIN: Final = 150
"""Frames; longer ones are counted together."""

_SEEN: Final = """
CREATE TEMP TABLE seen AS
SELECT gloss, video_id, signer, split, url, frame_start, frame_end, availability, extraction,
  excluded, instance_id, clip_frames, frames, frames_left, frames_right FROM instances"""

_EXTRACTION: Final = """
SELECT extraction, COUNT(*) FROM seen
WHERE extraction <> 'pending' OR availability = 'available' GROUP BY extraction"""

_TO_EXTRACT: Final = """
SELECT COUNT(*) FROM seen WHERE availability = 'available' AND NOT excluded
AND instance_id NOT IN (
  SELECT instance_id FROM extraction WHERE status IN ('done', 'no_hands', 'failed')
  AND extractor_id = (
    SELECT id FROM extractor WHERE key NOT LIKE 'import-%'
    ORDER BY landmark_set = 'hands' DESC, id DESC LIMIT 1))"""

_HANDS: Final = """
SELECT COALESCE(SUM(frames), 0), COALESCE(SUM(frames_left), 0), COALESCE(SUM(frames_right), 0),
  COALESCE(SUM(MAX(COALESCE(frames_left, 0), COALESCE(frames_right, 0))), 0)
FROM seen WHERE extraction IN ('done', 'no_hands') AND frames IS NOT NULL"""

_LENGTHS: Final = f"""
SELECT MIN(length / {LENGTH_BIN} * {LENGTH_BIN}, {LONGEST_BIN}) AS low, COUNT(*)
FROM (SELECT COALESCE(frames, clip_frames) AS length FROM seen)
WHERE length > 0 GROUP BY low ORDER BY low"""

_CONTRADICTIONS: Final = """
SELECT COUNT(*) FROM (
  SELECT 1 FROM seen WHERE url <> '' GROUP BY url, frame_start, frame_end
  HAVING COUNT(DISTINCT gloss) > 1)"""

_EXTRACTORS: Final = """
SELECT extractor, landmark_set, origin, status, error_kind, instances,
  COALESCE(frames, 0), COALESCE(frames_left, 0), COALESCE(frames_right, 0)
FROM extraction_status ORDER BY extractor, instances DESC"""

_SPLITS: Final = """
SELECT split, COUNT(*), COUNT(DISTINCT gloss), COUNT(DISTINCT signer),
  SUM(availability = 'available'), SUM(extraction = 'done')
FROM seen GROUP BY split
ORDER BY CASE split WHEN 'train' THEN 0 WHEN 'val' THEN 1 WHEN 'test' THEN 2 ELSE 3 END"""

_SUBSETS: Final = """
SELECT n.subset, n.split, COUNT(*), COUNT(DISTINCT n.class_id),
  COALESCE(SUM(v.availability = 'available'), 0), COALESCE(SUM(v.extraction = 'done'), 0),
  COUNT(DISTINCT CASE WHEN v.extraction = 'done' THEN n.class_id END)
FROM subset_entry n LEFT JOIN seen v ON v.video_id = n.video_id
GROUP BY n.subset, n.split
ORDER BY LENGTH(n.subset), n.subset,
  CASE n.split WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END"""


def _per_gloss(session: Session, number: str) -> list[Bin]:
    sql = f"""
        SELECT MIN(number, {MOST_PER_GLOSS}), COUNT(*)
        FROM (SELECT {number} AS number FROM seen GROUP BY gloss) GROUP BY 1"""
    return _bins(session, sql, last=MOST_PER_GLOSS)


def _bins(session: Session, sql: str, *, width: int = 1, last: int | None = None) -> list[Bin]:
    """Bins without gaps, from the least value to the greatest."""
    found = {int(low): int(count) for low, count in session.execute(text(sql))}
    if not found:
        return []
    return [
        Bin(low, None if low == last else low + width - 1, found.get(low, 0))
        for low in range(min(found), max(found) + 1, width)
    ]


def _count(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())


def _number(session: Session, sql: str) -> float:
    return float(session.execute(text(sql)).scalar() or 0.0)


def _counts(session: Session, sql: str) -> dict[str, int]:
    return {str(state): int(count) for state, count in session.execute(text(sql))}


def _reasons(session: Session) -> list[ReasonCount]:
    sql = """
        SELECT availability, reason, clips FROM clip_status
        WHERE reason IS NOT NULL ORDER BY clips DESC"""
    return [ReasonCount(*row) for row in session.execute(text(sql))]
