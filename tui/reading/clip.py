"""One instance with all that the catalog knows of it, and its landmarks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.errors import NotInCatalogError
from store.library import Library
from store.ranges import clip_range

if TYPE_CHECKING:
    from store.landmarks import Sequence


@dataclass(frozen=True, slots=True)
class Twin:
    """Another instance of what seems to be the same recording."""

    instance_id: int
    video_id: str
    gloss: str
    split: str | None
    same: tuple[str, ...]
    """What is the same: `source and range`, `content`, `landmarks`."""
    contradicts: bool
    """It has another gloss."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One instance with all that the catalog knows of it."""

    instance: dict[str, Any]
    """A row of the `instances` view, and the bounding box."""
    extractions: list[dict[str, Any]]
    """Status, extractor, frames, file and position; the one to show first."""
    twins: list[Twin]
    """Those with another gloss first."""
    predictions: list[dict[str, Any]]
    """What runs said of it: run, split, predicted, rank, score."""

    @property
    def with_landmarks(self) -> list[dict[str, Any]]:
        """The extractions that found landmarks; the one to show first."""
        return [row for row in self.extractions if row["file"]]

    def first_frame(self, shown: int = 0) -> int:
        """The clip's frame that the landmarks of an extraction begin at, by its place in the above."""
        known = self.with_landmarks[shown]["first_frame"] if self.with_landmarks else None
        return self.frame_range[0] if known is None else int(known)

    @property
    def frame_range(self) -> tuple[int, int | None]:
        """Frames of the clip that belong to the instance, half-open; None is the unknown end."""
        start, end = self.instance["frame_start"], self.instance["frame_end"]
        frames = self.instance["clip_frames"]
        return clip_range(frames, start, end) if frames else (start, end)


_INSTANCE: Final = """
SELECT v.*, i.bbox_left, i.bbox_top, i.bbox_right, i.bbox_bottom
FROM instances v JOIN instance i ON i.id = v.instance_id WHERE v.instance_id = :id"""

_EXTRACTIONS: Final = """
SELECT e.status, e.attempts, e.error_kind, e.error, e.frames, e.frames_left, e.frames_right,
  e.first_frame, e.seconds, e.finished_at, e.landmarks_sha256, x.landmark_set, x.origin,
  f.name AS file, e.position
FROM extraction e JOIN extractor x ON x.id = e.extractor_id
LEFT JOIN landmark_file f ON f.id = e.file_id
WHERE e.instance_id = :id ORDER BY e.status IN ('done') DESC, e.finished_at DESC, e.id DESC"""

_TWINS: Final = """
SELECT o.id AS instance_id, 'source and range' AS same FROM instance i
JOIN instance o ON o.url = i.url AND o.frame_start = i.frame_start AND o.frame_end IS i.frame_end
WHERE i.id = :id AND i.url <> ''
UNION SELECT o.id, 'content' FROM instance i JOIN clip c ON c.id = i.clip_id
JOIN clip d ON d.sha256 = c.sha256 JOIN instance o ON o.clip_id = d.id
WHERE i.id = :id AND d.id <> c.id
UNION SELECT o.instance_id, 'landmarks' FROM extraction e
JOIN extraction o ON o.landmarks_sha256 = e.landmarks_sha256 AND o.extractor_id = e.extractor_id
WHERE e.instance_id = :id AND e.status = 'done' LIMIT 200"""

_NAMED: Final = """
SELECT v.instance_id, v.video_id, v.gloss, v.split FROM instances v WHERE v.instance_id IN ({ids})"""

_PREDICTIONS: Final = """
SELECT r.name AS run, v.split, p.predicted, p.rank, p.score, r.split_kind,
  r.split_kind = 'notebook' OR INSTR(r.config, '"duplicates": "keep"') > 0 AS leaks
FROM prediction p JOIN evaluation v ON v.id = p.evaluation_id JOIN run r ON r.id = v.run_id
WHERE p.instance_id = :id ORDER BY r.id DESC, v.id DESC LIMIT 50"""


def read_clip(library: Library, instance_id: int) -> ClipFacts:
    """Raises NotInCatalogError."""
    with library.reading() as session:
        found = _rows(session, _INSTANCE, id=instance_id)
        if not found:
            raise NotInCatalogError(f"There is no instance {instance_id} any more.")
        return ClipFacts(
            found[0],
            _rows(session, _EXTRACTIONS, id=instance_id),
            _twins(session, instance_id, str(found[0]["gloss"])),
            _rows(session, _PREDICTIONS, id=instance_id),
        )


def _twins(session: Session, instance_id: int, gloss: str) -> list[Twin]:
    same: dict[int, list[str]] = {}
    for row in _rows(session, _TWINS, id=instance_id):
        if row["instance_id"] != instance_id:
            same.setdefault(row["instance_id"], []).append(row["same"])
    named = _rows(session, _NAMED.format(ids=", ".join(map(str, same)) or "NULL"))
    twins = [
        Twin(
            row["instance_id"],
            str(row["video_id"]),
            str(row["gloss"]),
            row["split"],
            tuple(sorted(same[row["instance_id"]], reverse=True)),
            contradicts=row["gloss"] != gloss,
        )
        for row in named
    ]
    return sorted(twins, key=lambda twin: (not twin.contradicts, twin.gloss, twin.video_id))


def read_landmarks(library: Library, facts: ClipFacts, shown: int = 0) -> "Sequence | None":
    """The landmarks of one extraction, the first unless told; None where there are none.

    Raises DamagedFileError.
    """
    from store.landmarks import read_sequence  # noqa: PLC0415 - numpy: the first screen does without

    if not facts.with_landmarks:
        return None
    row = facts.with_landmarks[shown]
    return read_sequence(library.landmark_path(str(row["file"])), int(row["position"]))


def _rows(session: Session, sql: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(sql), values).mappings()]
