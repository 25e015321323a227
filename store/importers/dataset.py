"""Bring an index and its subsets into the catalog: again means update, never duplicate."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from store.batches import batches
from store.catalog import add_video_root
from store.importers.source import DatasetPaths
from store.importers.wlasl import IndexInstance, SubsetLine, read_index, read_subset
from store.library import Library
from store.schema import Base, Clip, Gloss, Instance, Signer, SubsetEntry


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

    instances: list[IndexInstance]
    lines: list[SubsetLine]
    videos: Path | None


def read_dataset(paths: DatasetPaths) -> Dataset:
    """Read and check all files before anything is changed.

    Raises:
        ImportSourceError: a file is not what it should be.
    """
    instances = read_index(paths.index)
    lines = [line for path in paths.subsets for line in read_subset(path)]
    return Dataset(instances, lines, paths.videos)


def store_dataset(library: Library, dataset: Dataset) -> ImportSummary:
    """Bring the dataset into the catalog in one transaction."""
    instances = dataset.instances
    with library.session() as session:
        new, updated = _store_instances(session, instances)
        _store_subsets(session, dataset.lines)
        if dataset.videos is not None:
            add_video_root(session, dataset.videos)
    subsets = {line.subset for line in dataset.lines}
    return ImportSummary(
        glosses=len({instance.gloss for instance in instances}),
        instances=len(instances),
        new=new,
        updated=updated,
        unchanged=len(instances) - new - updated,
        signers=len({instance.signer for instance in instances} - {None}),
        subsets=tuple(sorted(subsets, key=lambda name: (len(name), name))),
        videos=str(dataset.videos) if dataset.videos else None,
    )


def _table(model: type[Base]) -> Table:
    """The plain table: the ORM would cut an insert into pieces by which values are None."""
    return Base.metadata.tables[model.__tablename__]


def _ids(
    session: Session, model: type[Gloss | Signer | Clip], column: Any, wanted: Iterable[str]
) -> dict[str, int]:
    """Ids by name, adding the names that are not there yet in the order given."""
    names = list(dict.fromkeys(wanted))
    known: dict[str, int] = dict(session.execute(select(column, model.id)).all())
    missing = [{column.key: name} for name in names if name not in known]
    if missing:
        session.execute(insert(_table(model)), missing)
        known = dict(session.execute(select(column, model.id)).all())
    return known


def _store_instances(session: Session, instances: list[IndexInstance]) -> tuple[int, int]:
    glosses = _ids(session, Gloss, Gloss.text, (item.gloss for item in instances))
    signers = _ids(session, Signer, Signer.name, (item.signer for item in instances if item.signer))
    clips = _ids(session, Clip, Clip.video_id, (item.video_id for item in instances))
    rows = [_as_row(item, glosses, signers, clips) for item in instances]
    columns = list(rows[0])
    known = _known_rows(session, columns)
    new = [row for row in rows if row["clip_id"] not in known]
    changed = [
        {"id": known[row["clip_id"]][0], **row}
        for row in rows
        if row["clip_id"] in known
        and known[row["clip_id"]][1] != tuple(row[name] for name in columns)
    ]
    if new:
        session.execute(insert(_table(Instance)), new)
    if changed:
        session.execute(update(Instance), changed)
    return len(new), len(changed)


def _known_rows(session: Session, columns: list[str]) -> dict[int, tuple[int, tuple[Any, ...]]]:
    """Instances in the catalog by clip: their id and the values of `columns`."""
    wanted = select(Instance.clip_id, Instance.id, *(getattr(Instance, name) for name in columns))
    return {row[0]: (row[1], tuple(row[2:])) for row in session.execute(wanted)}


def _as_row(
    item: IndexInstance, glosses: dict[str, int], signers: dict[str, int], clips: dict[str, int]
) -> dict[str, Any]:
    left, top, right, bottom = item.bbox
    return {
        "gloss_id": glosses[item.gloss],
        "clip_id": clips[item.video_id],
        "signer_id": signers[item.signer] if item.signer else None,
        "split": item.split,
        "frame_start": item.frame_start,
        "frame_end": item.frame_end,
        "fps": item.fps,
        "bbox_left": left,
        "bbox_top": top,
        "bbox_right": right,
        "bbox_bottom": bottom,
        "source": item.source,
        "url": item.url,
        "variation": item.variation,
        "number": item.number,
        "extra": item.extra,
    }


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
