"""What the screens read from the catalog: frozen rows, read in threads, each in a short transaction."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store.errors import NotInCatalogError
from store.library import Library
from store.query import run_query
from store.runs import EvaluationRow, RunRow, list_evaluations, list_runs

if TYPE_CHECKING:
    from store.landmarks import Sequence

PAGE_ROWS: Final = 200

COLUMNS: Final = (
    "gloss", "video_id", "signer", "split", "availability", "extraction", "clip_frames", "source",
)  # fmt: skip
"""Columns of the instances table, in the names of the `instances` view."""

_OPERATORS: Final = ("=", "<", ">", " like ", " in ", " in(", " is ", " between ", " not ")


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Which instances a page shows."""

    search: str = ""
    sort: str = "gloss"
    descending: bool = False
    page: int = 0

    @property
    def condition(self) -> str:
        """The SQL condition that the search stands for; empty shows all."""
        words = self.search.strip()
        if not words:
            return ""
        if words.lower().startswith("where "):
            return words[6:].strip()
        if any(operator in f" {words.lower()} " for operator in _OPERATORS):
            return words
        quoted = words.replace("'", "''")
        return f"gloss LIKE '{quoted}%' OR video_id LIKE '{quoted}%'"

    @property
    def where(self) -> str:
        return f" WHERE ({self.condition})" if self.condition else ""

    @property
    def sql(self) -> str:
        order = f"{self.sort}{' DESC' if self.descending else ''}, video_id"
        return (
            f"SELECT instance_id, {', '.join(COLUMNS)} FROM instances{self.where}"  # noqa: S608 - read-only
            f" ORDER BY {order} LIMIT {PAGE_ROWS} OFFSET {self.page * PAGE_ROWS}"
        )

    @property
    def count_sql(self) -> str:
        return f"SELECT COUNT(*) FROM instances{self.where}"  # noqa: S608 - read-only connection

    def sorted_by(self, column: str) -> "InstanceQuery":
        """Sort by a column; the same column again turns the order round."""
        turned = column == self.sort and not self.descending
        return replace(self, sort=column, descending=turned, page=0)


@dataclass(frozen=True, slots=True)
class InstancePage:
    query: InstanceQuery
    rows: list[tuple[Any, ...]]
    """Instance id, then `COLUMNS`."""
    total: int

    @property
    def first(self) -> int:
        return self.query.page * PAGE_ROWS

    @property
    def last_page(self) -> int:
        return max(0, (self.total - 1) // PAGE_ROWS)


def read_page(library: Library, query: InstanceQuery) -> InstancePage:
    """One page of instances. Raises QueryError where the condition is wrong."""
    total = int(run_query(library, query.count_sql).rows[0][0])
    return InstancePage(query, run_query(library, query.sql).rows, total)


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


@dataclass(frozen=True, slots=True)
class Failure:
    """Clips that failed for the same kind of reason."""

    kind: str
    clips: int
    example: str
    """The error of one of them."""


_FAILURES: Final = """
SELECT COALESCE(error_kind, 'unknown'), COUNT(*), MAX(video_id || ': ' || COALESCE(error, ''))
FROM instances WHERE extraction = 'failed' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"""


def read_failures(library: Library) -> list[Failure]:
    """Failed extractions grouped by reason, the most frequent first."""
    with library.reading() as session:
        return [Failure(*row) for row in session.execute(text(_FAILURES))]


def count_available(library: Library) -> int:
    """Clips that are there and readable."""
    with library.reading() as session:
        sql = "SELECT COUNT(*) FROM clip WHERE availability = 'available'"
        return int(session.execute(text(sql)).scalar_one())


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run with what its table line shows."""

    run: RunRow
    epochs: int
    evaluations: tuple[EvaluationRow, ...]

    @property
    def leaks(self) -> bool:
        """Its split lets the same clip into training and validation."""
        return (self.run.split_kind or self.run.config.get("split")) == "notebook"

    @property
    def best(self) -> EvaluationRow | None:
        """The evaluation to show: test before val before what else there is."""
        places = {"test": 0, "val": 1}
        return min(self.evaluations, key=lambda item: places.get(item.split, 2), default=None)


def read_runs(library: Library) -> list[RunSummary]:
    """All runs, the newest first."""
    with library.reading() as session:
        counted = session.execute(text("SELECT run_id, COUNT(*) FROM run_epoch GROUP BY run_id"))
        epochs = {int(run): int(number) for run, number in counted}
    return [
        RunSummary(run, epochs.get(run.id, 0), tuple(list_evaluations(library, run.id)))
        for run in list_runs(library)
    ]


def read_clip_paths(library: Library, limit: int = 2000) -> list[str]:
    """Clips that live can be tried on: those of the test split first."""
    sql = """
        SELECT path FROM instances WHERE availability = 'available' AND path IS NOT NULL
        ORDER BY split = 'test' DESC, split = 'val' DESC, video_id LIMIT :limit"""
    with library.reading() as session:
        paths = session.scalars(text(sql), {"limit": limit})
        return [str(path) for path in dict.fromkeys(paths) if Path(path).suffix]


def _rows(session: Session, sql: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(sql), values).mappings()]
