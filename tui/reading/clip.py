"""One instance with all that the catalog knows of it, and its landmarks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.errors import NotInCatalogError
from store.library import Library

if TYPE_CHECKING:
    from store.landmarks import Sequence


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One instance with all that the catalog knows of it."""

    instance: dict[str, Any]
    """A row of the `instances` view."""
    extractions: list[dict[str, Any]]
    """Status, extractor, frames, file and position; the one to show first."""
    twins: list[dict[str, Any]]
    """Other instances of the same source and range: video_id, gloss, split."""


_EXTRACTIONS: Final = """
SELECT e.status, e.attempts, e.error_kind, e.error, e.frames, e.frames_left, e.frames_right,
  e.seconds, x.landmark_set, x.origin, f.name AS file, e.position
FROM extraction e JOIN extractor x ON x.id = e.extractor_id
LEFT JOIN landmark_file f ON f.id = e.file_id
WHERE e.instance_id = :id ORDER BY e.status IN ('done') DESC, e.finished_at DESC, e.id DESC"""

_TWINS: Final = """
SELECT video_id, gloss, split FROM instances
WHERE url = :url AND frame_start = :frame_start AND frame_end IS :frame_end
  AND instance_id <> :instance_id AND url <> '' LIMIT 20"""


def read_clip(library: Library, instance_id: int) -> ClipFacts:
    """Raises NotInCatalogError."""
    with library.reading() as session:
        found = _rows(session, "SELECT * FROM instances WHERE instance_id = :id", id=instance_id)
        if not found:
            raise NotInCatalogError(f"There is no instance {instance_id} any more.")
        keys = ("url", "frame_start", "frame_end", "instance_id")
        twins = _rows(session, _TWINS, **{key: found[0][key] for key in keys})
        return ClipFacts(found[0], _rows(session, _EXTRACTIONS, id=instance_id), twins)


def read_landmarks(library: Library, facts: ClipFacts) -> "Sequence | None":
    """The newest landmarks of an instance, if there are any. Raises DamagedFileError."""
    from store.landmarks import read_sequence  # noqa: PLC0415 - h5py is needed by this page alone

    shown = next((row for row in facts.extractions if row["file"]), None)
    if shown is None:
        return None
    return read_sequence(library.landmarks_dir / str(shown["file"]), int(shown["position"]))


def _rows(session: Session, sql: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(sql), values).mappings()]
