"""The dataset at a glance: what `signtui stats` prints and the first screen shows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.library import Library
from store.tally import (
    LENGTH_BIN,
    LONGEST_BIN,
    MOST_PER_GLOSS,
    Figures,
    open_figures,
    read_figures,
)


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
        open_figures(session)
        found = read_figures(session)
        splits = _splits(session, found)
        clips = found.get("clip", [])
        extractors = _extractors(session, found)
        return LibraryStats(
            glosses=_count(session, "gloss"),
            instances=sum(split.instances for split in splits),
            excluded=_sum(found, "split", 5),
            signers=_count(session, "signer"),
            clips=_sum(found, "clip", 1),
            hours=round(sum(row[5] or 0.0 for row in clips), 4),
            bytes=_sum(found, "clip", 4),
            availability=_counts((row[0], row[3]) for row in clips),
            reasons=_reasons(clips),
            extraction=_counts((row[0], row[3]) for row in found.get("extraction", [])),
            to_extract=_sum(found, "split", 6) - _tried(session, found),
            extractors=extractors,
            hands=HandStats(*(_sum(found, "hands", place) for place in range(1, 5))),
            clips_per_gloss=_bins(found, "instances of a gloss", last=MOST_PER_GLOSS),
            landmarks_per_gloss=_bins(found, "landmarks of a gloss", last=MOST_PER_GLOSS),
            lengths=_bins(found, "length", width=LENGTH_BIN, last=LONGEST_BIN),
            splits=splits,
            subsets=[SubsetStats(*row) for row in session.execute(text(_SUBSETS))],
            runs=_count(session, "run"),
            contradictions=_sum(found, "contradiction", 1),
        )


_KEYS: Final = 3
"""Columns before the numbers of a figure."""
_ORDER: Final = ("train", "val", "test")

# Each signer is looked for in each split by index: signers are few beside instances.
_SIGNERS: Final = """
SELECT COUNT(*) FROM signer
WHERE EXISTS (SELECT 1 FROM instance WHERE signer_id = signer.id AND split IS :split)"""

_SUBSETS: Final = """
SELECT a, b, CAST(SUM(n1) AS INTEGER), COUNT(DISTINCT c), CAST(SUM(n2) AS INTEGER),
  CAST(SUM(n3) AS INTEGER), COUNT(DISTINCT CASE WHEN n3 > 0 THEN c END)
FROM figures WHERE name = 'subset' GROUP BY a, b
ORDER BY LENGTH(a), a, CASE b WHEN 'train' THEN 0 WHEN 'val' THEN 1 ELSE 2 END"""

_EXTRACTORS: Final = "SELECT id, landmark_set, origin FROM extractor"
_OURS: Final = """
SELECT id FROM extractor WHERE key NOT LIKE 'import-%'
ORDER BY landmark_set = 'hands' DESC, id DESC LIMIT 1"""


def _splits(session: Session, found: Figures) -> list[SplitStats]:
    rows = sorted(
        found.get("split", []),
        key=lambda row: (_ORDER.index(row[0]) if row[0] in _ORDER else len(_ORDER), row[0] or ""),
    )
    return [
        SplitStats(
            split=row[0],
            instances=int(row[3]),
            glosses=int(row[4]),
            signers=int(session.execute(text(_SIGNERS), {"split": row[0]}).scalar_one()),
            available=int(row[5]),
            extracted=int(row[6]),
        )
        for row in rows
    ]


def _extractors(session: Session, found: Figures) -> list[ExtractorStats]:
    named = {str(row.id): row for row in session.execute(text(_EXTRACTORS))}
    rows = [
        ExtractorStats(
            extractor=named[row[0]].id,
            landmark_set=named[row[0]].landmark_set,
            origin=named[row[0]].origin,
            status=row[1],
            error_kind=row[2],
            instances=int(row[3]),
            frames=int(row[4] or 0),
            frames_left=int(row[5] or 0),
            frames_right=int(row[6] or 0),
        )
        for row in found.get("extractor", [])
    ]
    return sorted(rows, key=lambda row: (row.extractor, -row.instances))


def _tried(session: Session, found: Figures) -> int:
    """Instances that `signtui extract` would read, had our last extractor not been at them."""
    ours = str(session.execute(text(_OURS)).scalar())
    return sum(
        int(row[7] or 0)
        for row in found.get("extractor", [])
        if row[0] == ours and row[1] in {"done", "no_hands", "failed"}
    )


def _bins(found: Figures, name: str, *, width: int = 1, last: int | None = None) -> list[Bin]:
    """Bins without gaps, from the least value to the greatest."""
    there = {int(row[0]): int(row[3]) for row in found.get(name, [])}
    if not there:
        return []
    return [
        Bin(low, None if low == last else low + width - 1, there.get(low, 0))
        for low in range(min(there), max(there) + 1, width)
    ]


def _sum(found: Figures, name: str, number: int) -> int:
    return int(sum(row[_KEYS + number - 1] or 0 for row in found.get(name, [])))


def _count(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one())


def _counts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state, number in sorted(pairs, key=lambda pair: str(pair[0])):
        counts[str(state)] = counts.get(str(state), 0) + int(number)
    return counts


def _reasons(clips: list[tuple[Any, ...]]) -> list[ReasonCount]:
    reasons = [ReasonCount(row[0], row[1], int(row[3])) for row in clips if row[1] is not None]
    return sorted(reasons, key=lambda reason: -reason.count)
