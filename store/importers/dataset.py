"""Bring an index and its subsets into the catalog: again means update, never duplicate."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from store.batches import batches
from store.catalog import add_video_root
from store.importers.source import DatasetPaths
from store.importers.staging import COLUMNS, StagedIndex
from store.importers.wlasl import SubsetLine, iter_index, read_subset
from store.library import Library
from store.schema import Base, SubsetEntry
from store.words import Availability


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did."""

    glosses: int
    instances: int
    new: int
    updated: int
    unchanged: int
    signers: int
    subsets: tuple[str, ...]
    videos: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset's index and subsets, read and checked."""

    index: StagedIndex
    lines: list[SubsetLine]
    videos: Path | None


def read_dataset(paths: DatasetPaths) -> Dataset:
    """Read and check all files before anything is changed.

    Raises:
        ImportSourceError: a file is not what it should be.
        DiskFullError: the folder for temporary files cannot hold the index.
    """
    index = StagedIndex(iter_index(paths.index))
    lines = [line for path in paths.subsets for line in read_subset(path)]
    return Dataset(index, lines, paths.videos)


def store_dataset(library: Library, dataset: Dataset) -> ImportSummary:
    """Bring the dataset into the catalog in one transaction."""
    index = dataset.index
    with library.session() as session:
        new, updated = _store_instances(session, index)
        _store_subsets(session, dataset.lines)
        if dataset.videos is not None:
            add_video_root(session, dataset.videos)
    subsets = {line.subset for line in dataset.lines}
    return ImportSummary(
        glosses=index.glosses,
        instances=index.instances,
        new=new,
        updated=updated,
        unchanged=index.instances - new - updated,
        signers=index.signers,
        subsets=tuple(sorted(subsets, key=lambda name: (len(name), name))),
        videos=str(dataset.videos) if dataset.videos else None,
    )


def _table(model: type[Base]) -> Table:
    """The plain table: the ORM would cut an insert into pieces by which values are None."""
    return Base.metadata.tables[model.__tablename__]


_CACHE_KIB: Final = 128 * 1024
"""For the pages of indexes, which an import meets in no order."""
_SAME: Final = tuple(name for name in COLUMNS if name not in {"gloss", "video_id", "signer"})
"""Columns that go into `instance` as they are."""
_COLUMNS: Final = ", ".join(("gloss_id", "clip_id", "signer_id", *_SAME))
_VALUES: Final = ", ".join(("g.id", "c.id", "s.id", *(f"n.{name}" for name in _SAME)))
_NAMES: Final = (
    """INSERT INTO gloss (text) SELECT gloss FROM incoming n
    WHERE NOT EXISTS (SELECT 1 FROM gloss WHERE text = n.gloss)
    GROUP BY gloss ORDER BY MIN(n.rowid)""",
    """INSERT INTO signer (name) SELECT signer FROM incoming n
    WHERE signer IS NOT NULL AND NOT EXISTS (SELECT 1 FROM signer WHERE name = n.signer)
    GROUP BY signer ORDER BY MIN(n.rowid)""",
    f"""INSERT INTO clip (video_id, availability) SELECT video_id, '{Availability.UNKNOWN}'
    FROM incoming n WHERE NOT EXISTS (SELECT 1 FROM clip WHERE video_id = n.video_id)
    ORDER BY n.rowid""",
)
"""Adds the names that are not there yet, in the order of the index."""
_FROM: Final = """
    FROM incoming n CROSS JOIN gloss g ON g.text = n.gloss CROSS JOIN clip c ON c.video_id = n.video_id
    LEFT JOIN signer s ON s.name = n.signer"""
_FIND_CHANGED: Final = f"""
    INSERT INTO changed (id, {_COLUMNS}) SELECT i.id, {_VALUES} {_FROM}
    JOIN instance i ON i.clip_id = c.id
    WHERE i.id = (SELECT MAX(id) FROM instance WHERE clip_id = c.id)
    AND ({", ".join(f"i.{name}" for name in _COLUMNS.split(", "))}) IS NOT ({_VALUES})"""
_CHANGE: Final = f"""
    UPDATE instance SET ({_COLUMNS}) = ({", ".join(f"v.{name}" for name in _COLUMNS.split(", "))})
    FROM changed v WHERE instance.id = v.id"""
_NEW: Final = f"""
    INSERT INTO instance ({_COLUMNS}, excluded) SELECT {_VALUES}, 0 {_FROM}
    WHERE NOT EXISTS (SELECT 1 FROM instance WHERE clip_id = c.id) ORDER BY n.rowid"""


def _store_instances(session: Session, index: StagedIndex) -> tuple[int, int]:
    """Bring them in; returns how many are new, and how many had changed."""
    connection = session.connection()
    # Attached and with a larger cache, it goes back to no pool.
    connection.detach()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.exec_driver_sql("ATTACH DATABASE ? AS staging", (str(index.path),))
    for statement in _NAMES:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE changed (id INTEGER PRIMARY KEY, {', '.join(_COLUMNS.split(', '))})"
    )
    changed = connection.exec_driver_sql(_FIND_CHANGED).rowcount
    connection.exec_driver_sql(_CHANGE)
    return connection.exec_driver_sql(_NEW).rowcount, changed


def _store_subsets(session: Session, lines: list[SubsetLine]) -> None:
    for subset in dict.fromkeys(line.subset for line in lines):
        wanted = {line.video_id: _line_row(line) for line in lines if line.subset == subset}
        known = {
            row[1]: dict(zip(SubsetLine.__slots__, row, strict=True))
            for row in session.execute(
                select(*(getattr(SubsetEntry, name) for name in SubsetLine.__slots__)).where(
                    SubsetEntry.subset == subset
                )
            )
        }
        stale = [video_id for video_id, row in known.items() if wanted.get(video_id) != row]
        for some in batches(stale):
            session.execute(
                delete(SubsetEntry).where(
                    SubsetEntry.subset == subset, SubsetEntry.video_id.in_(some)
                )
            )
        fresh = [row for video_id, row in wanted.items() if known.get(video_id) != row]
        if fresh:
            session.execute(insert(_table(SubsetEntry)), fresh)


def _line_row(line: SubsetLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in SubsetLine.__slots__}
