"""The dataset at a glance: what `signtui stats` prints and the first screen shows."""

from dataclasses import asdict, dataclass
from typing import Any

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
class LibraryStats:
    glosses: int
    instances: int
    signers: int
    clips: int
    hours: float
    """Of available clips."""
    bytes: int
    availability: dict[str, int]
    reasons: list[ReasonCount]
    extraction: dict[str, int]
    """Instances by their best extraction; pending counts those with an available clip."""
    extractors: list[ExtractorStats]
    splits: list[SplitStats]
    subsets: list[SubsetStats]
    runs: int
    contradictions: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_stats(library: Library) -> LibraryStats:
    """All figures in one read transaction."""
    with library.reading() as session:
        return LibraryStats(
            glosses=_count(session, "gloss"),
            instances=_count(session, "instance"),
            signers=_count(session, "signer"),
            clips=_count(session, "clip"),
            hours=_number(session, "SELECT SUM(hours) FROM clip_status"),
            bytes=int(_number(session, "SELECT SUM(size_bytes) FROM clip")),
            availability=_counts(
                session, "SELECT availability, COUNT(*) FROM clip GROUP BY availability"
            ),
            reasons=_reasons(session),
            extraction=_counts(session, _EXTRACTION),
            extractors=[ExtractorStats(*row) for row in session.execute(text(_EXTRACTORS))],
            splits=[SplitStats(*row) for row in session.execute(text(_SPLITS))],
            subsets=[SubsetStats(*row) for row in session.execute(text(_SUBSETS))],
            runs=_count(session, "run"),
            contradictions=_count(session, "contradictions"),
        )


_EXTRACTION = """
SELECT extraction, COUNT(*) FROM instances
WHERE extraction <> 'pending' OR availability = 'available' GROUP BY extraction"""

_EXTRACTORS = """
SELECT extractor, landmark_set, origin, status, error_kind, instances,
  COALESCE(frames, 0), COALESCE(frames_left, 0), COALESCE(frames_right, 0)
FROM extraction_status ORDER BY extractor, instances DESC"""

_SPLITS = """
SELECT split, instances, glosses, signers, available, extracted FROM split_stats
ORDER BY CASE split WHEN 'train' THEN 0 WHEN 'val' THEN 1 WHEN 'test' THEN 2 ELSE 3 END"""

_SUBSETS = """
SELECT subset, split, entries, glosses, COALESCE(available, 0), COALESCE(extracted, 0),
  glosses_extracted
FROM subset_stats
ORDER BY LENGTH(subset), subset,
  CASE split WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END"""


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
