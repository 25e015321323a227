"""Queries by name. Rows are frozen values: no ORM object leaves this module."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from store.errors import DamagedFileError, NotInCatalogError
from store.landmarks import Sequence, read_sequence, read_sequences
from store.library import Library
from store.schema import (
    Clip,
    Extraction,
    Extractor,
    Gloss,
    Instance,
    LandmarkFile,
    Signer,
    SubsetEntry,
    VideoRoot,
)
from store.words import ExtractionStatus

_EXTRACT: Final = "Run: signtui extract; or bring some in with: signtui import --landmarks FILE"
_EXTRACT_HOLISTIC: Final = "Run: signtui extract --landmarks holistic"


@dataclass(frozen=True, slots=True)
class SequenceRow:
    """One instance with landmarks: what training and evaluation need to know of it."""

    instance_id: int
    video_id: str
    gloss: str
    signer: str | None
    split: str | None
    source: str | None
    url: str | None
    frame_start: int
    frame_end: int | None
    sha256: str | None
    """Content of the clip; None where only landmarks are there."""
    landmarks_sha256: str | None
    frames: int
    file: str
    """Name within the library's `landmarks/`."""
    position: int
    extraction_id: int = 0


@dataclass(frozen=True, slots=True)
class ExtractorRow:
    id: int
    key: str
    landmark_set: str
    origin: str
    settings: dict[str, Any]
    sequences: int


def list_glosses(session: Session, *, subset: str | None = None) -> list[str]:
    """All glosses, or those of an official subset in the order of its classes.

    Raises:
        NotInCatalogError: the subset is not in the catalog.
    """
    if subset is None:
        return list(session.scalars(select(Gloss.text).order_by(Gloss.id)))
    named = (
        select(SubsetEntry.class_id, func.min(Gloss.text))
        .join(Clip, Clip.video_id == SubsetEntry.video_id)
        .join(Instance, Instance.clip_id == Clip.id)
        .join(Gloss, Gloss.id == Instance.gloss_id)
        .where(SubsetEntry.subset == subset)
        .group_by(SubsetEntry.class_id)
        .order_by(SubsetEntry.class_id)
    )
    glosses = list(dict.fromkeys(gloss for _, gloss in session.execute(named)))
    if not glosses:
        known = ", ".join(list_subsets(session)) or "none"
        raise NotInCatalogError(
            f"The subset {subset} is not in this library (known: {known}).",
            hint=f"Put nslt_{subset}.json beside the index and import again.",
        )
    return glosses


def list_subsets(session: Session) -> list[str]:
    """Names of the official subsets, small ones first."""
    names = session.scalars(select(SubsetEntry.subset).distinct())
    return sorted(names, key=lambda name: (len(name), name))


def list_extractors(session: Session) -> list[ExtractorRow]:
    """What produced landmarks, with how many finished sequences, most first."""
    done = func.count(Extraction.id)
    rows = session.execute(
        select(Extractor, done)
        .outerjoin(
            Extraction,
            (Extraction.extractor_id == Extractor.id)
            & (Extraction.status == ExtractionStatus.DONE),
        )
        .group_by(Extractor.id)
        .order_by(done.desc(), Extractor.id)
    )
    return [
        ExtractorRow(x.id, x.key, x.landmark_set, x.origin, x.settings, count) for x, count in rows
    ]


def choose_extractor(
    session: Session, *, glosses: Collection[str] | None = None, landmark_set: str | None = "hands"
) -> int:
    """The extractor of a landmark set with the most finished sequences of these glosses.

    None as the set takes hands, and another only where there are none.

    Raises:
        NotInCatalogError: there are no such landmarks for them.
    """
    counts: dict[int, int] = defaultdict(int)
    hands: set[int] = set()
    for extractor in list_extractors(session):
        if landmark_set not in {None, extractor.landmark_set}:
            continue
        for row in session.execute(_finished(extractor.id)):
            if glosses is None or row.gloss in glosses:
                counts[extractor.id] += 1
        if extractor.landmark_set == "hands":
            hands.add(extractor.id)
    if not counts:
        other = landmark_set == "holistic"
        raise NotInCatalogError(
            f"There are no {'holistic ' * other}landmarks for these glosses yet.",
            hint=_EXTRACT_HOLISTIC if other else _EXTRACT,
        )
    return max(counts, key=lambda known: (known in hands, counts[known], -known))


def _finished(extractor_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Instance.id.label("instance_id"),
            Clip.video_id,
            Gloss.text.label("gloss"),
            Signer.name.label("signer"),
            Instance.split,
            Instance.source,
            Instance.url,
            Instance.frame_start,
            Instance.frame_end,
            Clip.sha256,
            Extraction.landmarks_sha256,
            Extraction.frames,
            LandmarkFile.name.label("file"),
            Extraction.position,
            Extraction.id.label("extraction_id"),
        )
        .join(Extraction, Extraction.instance_id == Instance.id)
        .join(LandmarkFile, LandmarkFile.id == Extraction.file_id)
        .join(Clip, Clip.id == Instance.clip_id)
        .join(Gloss, Gloss.id == Instance.gloss_id)
        .outerjoin(Signer, Signer.id == Instance.signer_id)
        .where(
            Extraction.extractor_id == extractor_id,
            Extraction.status == ExtractionStatus.DONE,
            Instance.excluded.is_(False),
        )
        .order_by(Clip.video_id, Instance.id)
    )


def list_sequences(
    session: Session, *, extractor_id: int, glosses: Collection[str] | None = None
) -> list[SequenceRow]:
    """Finished sequences of one extractor, ordered by video id; excluded instances are left out."""
    wanted = None if glosses is None else set(glosses)
    return [
        SequenceRow(*row)
        for row in session.execute(_finished(extractor_id))
        if wanted is None or row.gloss in wanted
    ]


def load_sequences(library: Library, rows: Collection[SequenceRow]) -> list[Sequence]:
    """Read the landmarks of the rows, each file opened once.

    A file may have been packed into another since the rows were listed: they are looked up again.
    What is read is held against the hashes of the rows: a file may be whole and another one's.

    Raises:
        DamagedFileError: a file cannot be read, is not there and packed nowhere, or holds other
            landmarks than it did.
    """
    places: dict[str, list[tuple[int, SequenceRow]]] = defaultdict(list)
    for index, row in enumerate(rows):
        places[row.file].append((index, row))
    loaded: dict[int, Sequence] = {}
    for name, wanted in places.items():
        indexes, members = zip(*wanted, strict=True)
        loaded.update(zip(indexes, _load_file(library, name, members), strict=True))
    return [loaded[index] for index in range(len(rows))]


def _load_file(library: Library, name: str, rows: Listing[SequenceRow]) -> list[Sequence]:
    try:
        read = read_sequences(library.landmark_path(name), [row.position for row in rows])
        _require_same(name, zip(read, (row.landmarks_sha256 for row in rows), strict=True))
    except DamagedFileError:
        moved = [_find_place(library, row) for row in rows]
        if any(place is None or place[0] == name for place in moved):
            raise
        places = [place for place in moved if place is not None]
        read = [
            read_sequence(library.landmark_path(file), position) for file, position, _ in places
        ]
        for sequence, (file, _, sha256) in zip(read, places, strict=True):
            _require_same(file, [(sequence, sha256)])
    return read


def _require_same(name: str, pairs: Iterable[tuple[Sequence, str | None]]) -> None:
    """Hold sequences against their hashes, where these are known. Raises DamagedFileError."""
    if any(sha256 not in {None, sequence.sha256()} for sequence, sha256 in pairs):
        raise DamagedFileError(
            f"The landmark file {name} holds other landmarks than those that were written to it.",
            hint="Run: signtui check --repair",
        )


def _find_place(library: Library, row: SequenceRow) -> tuple[str, int, str | None] | None:
    """Where a row's landmarks are by now: file, position, hash."""
    with library.reading() as session:
        place = session.execute(
            select(LandmarkFile.name, Extraction.position, Extraction.landmarks_sha256)
            .join(Extraction, Extraction.file_id == LandmarkFile.id)
            .where(Extraction.id == row.extraction_id)
        ).one_or_none()
    return None if place is None or place[1] is None else (place[0], place[1], place[2])


def get_or_add_extractor(
    session: Session, *, key: str, landmark_set: str, origin: str, settings: dict[str, Any]
) -> int:
    """The id of the extractor with this key; a new row where there is none."""
    found = session.scalar(select(Extractor.id).where(Extractor.key == key))
    if found is not None:
        return found
    row = Extractor(
        key=key,
        landmark_set=landmark_set,
        origin=origin,
        settings=settings,
        created_at=time.time(),
    )
    session.add(row)
    session.flush()
    return row.id


def add_video_root(session: Session, folder: Path) -> None:
    """Remember a folder in which clips are looked for."""
    path = str(folder.resolve())
    if session.scalar(select(VideoRoot.id).where(VideoRoot.path == path)) is None:
        session.add(VideoRoot(path=path, added_at=time.time()))


def list_video_roots(session: Session) -> list[Path]:
    """Folders in which clips are looked for, in the order they were added."""
    return [Path(path) for path in session.scalars(select(VideoRoot.path).order_by(VideoRoot.id))]
