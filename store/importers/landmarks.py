"""Landmarks that someone else extracted, brought in beside our own.

Their slots come in the order of detection; left and right are assigned by `store.assign`.
"""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from store.assign import assign_slots
from store.catalog import get_or_add_extractor
from store.importers.layouts import LandmarkSource, open_landmarks
from store.landmarks import Sequence, write_sequences
from store.library import Library
from store.pack import IMPORT_PREFIX
from store.schema import Clip, Extraction, Extractor, Instance, LandmarkFile
from store.skeleton import LEFT, RIGHT
from store.words import ExtractionStatus

_PER_FILE: Final = 512


@dataclass(frozen=True, slots=True)
class LandmarkSummary:
    """What an import of landmarks did."""

    sequences: int
    new: int
    updated: int
    unchanged: int
    unknown: int
    """Video ids that the index does not have."""
    no_hands: int
    frames: int
    extractor: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Target:
    """The instance that a sequence belongs to, and what the catalog has of it."""

    instance_id: int
    fps: float
    aspect: float
    stored_sha256: str | None


@dataclass(frozen=True, slots=True)
class _Item:
    video_id: str
    sequence: Sequence
    sha256: str


def import_landmarks(
    library: Library, path: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> LandmarkSummary:
    """Bring in a file or folder of landmarks; again means update.

    Files are written first and the catalog is changed in one transaction at the end: an error
    leaves both as they were.

    Raises:
        ImportSourceError: the layout or a value is not what it should be.
        DiskFullError: there is no space.
    """
    with open_landmarks(path) as source:
        key = f"import-{source.key}"
        targets = _targets(library, key)
        known = [i for i, video_id in enumerate(source.video_ids) if video_id in targets]
        batch = _Batch(library, source, targets, on_progress or (lambda _done, _total: None))
        try:
            batch.write(known)
            return batch.commit(key, unknown=len(source.video_ids) - len(known))
        except BaseException:
            batch.discard()
            raise


def _targets(library: Library, key: str) -> dict[str, _Target]:
    extractor_id = select(Extractor.id).where(Extractor.key == key).scalar_subquery()
    with library.reading() as session:
        rows = session.execute(
            select(
                Clip.video_id,
                Instance.id,
                Clip.fps,
                Instance.fps,
                Clip.width,
                Clip.height,
                Extraction.landmarks_sha256,
            )
            .join(Instance, Instance.clip_id == Clip.id)
            .outerjoin(
                Extraction,
                (Extraction.instance_id == Instance.id) & (Extraction.extractor_id == extractor_id),
            )
        ).all()
    return {
        video_id: _Target(
            instance_id=instance_id,
            fps=clip_fps or index_fps or 0.0,
            aspect=width / height if width and height else 0.0,
            stored_sha256=stored,
        )
        for video_id, instance_id, clip_fps, index_fps, width, height, stored in rows
    }


class _Batch:
    """The sequences of one import: written file by file, committed once."""

    def __init__(
        self,
        library: Library,
        source: LandmarkSource,
        targets: dict[str, _Target],
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._library, self._source, self._targets = library, source, targets
        self._on_progress = on_progress
        self._rows: list[tuple[str, dict[str, Any]]] = []
        self._files: list[Path] = []
        self._unchanged = 0
        self._frames = 0

    def write(self, indexes: list[int]) -> None:
        pending: list[_Item] = []
        for done, index in enumerate(indexes, start=1):
            item = self._changed_item(index)
            if item is None:
                self._unchanged += 1
            else:
                pending.append(item)
                self._frames += len(item.sequence)
            if len(pending) == _PER_FILE:
                self._flush(pending)
            self._on_progress(done, len(indexes))
        self._flush(pending)

    def _changed_item(self, index: int) -> _Item | None:
        video_id = self._source.video_ids[index]
        stored = self._targets[video_id].stored_sha256
        if stored is not None and self._source.by_content:
            return None
        sequence = self._sequence(index, self._targets[video_id])
        sha256 = sequence.sha256()
        return None if sha256 == stored else _Item(video_id, sequence, sha256)

    def _sequence(self, index: int, target: _Target) -> Sequence:
        detected = self._source.read(index)
        return Sequence(
            assign_slots(detected, aspect=target.aspect), fps=target.fps, aspect=target.aspect
        )

    def _flush(self, pending: list[_Item]) -> None:
        if not pending:
            return
        # A name is used once: landmarks that changed and changed back are another file.
        name = f"{IMPORT_PREFIX}{self._source.key[:12]}-{uuid.uuid4().hex[:12]}.h5"
        path = self._library.landmarks_dir / name
        write_sequences(path, [(item.video_id, item.sequence) for item in pending])
        self._files.append(path)
        for position, item in enumerate(pending):
            self._rows.append((path.name, self._row(item, position)))
        pending.clear()

    def _row(self, item: _Item, position: int) -> dict[str, Any]:
        present = item.sequence.present
        found = ExtractionStatus.DONE if present.any() else ExtractionStatus.NO_HANDS
        return {
            "instance_id": self._targets[item.video_id].instance_id,
            "status": found,
            "attempts": 1,
            "error_kind": None,
            "error": None,
            "first_frame": 0,
            "frames": len(item.sequence),
            "frames_left": int(present[:, LEFT].sum()),
            "frames_right": int(present[:, RIGHT].sum()),
            "landmarks_sha256": item.sha256,
            "position": position,
            "finished_at": time.time(),
        }

    def commit(self, key: str, *, unknown: int) -> LandmarkSummary:
        with self._library.session() as session:
            extractor_id = get_or_add_extractor(
                session,
                key=key,
                landmark_set="hands",
                origin=self._source.origin,
                settings={"source": self._source.origin, "slots": "assigned by tracking and shape"},
            )
            files = {}
            for path in self._files:
                row = LandmarkFile(
                    name=path.name,
                    extractor_id=extractor_id,
                    sequences=sum(name == path.name for name, _ in self._rows),
                    size_bytes=path.stat().st_size,
                    created_at=time.time(),
                )
                session.add(row)
                session.flush()
                files[path.name] = row.id
            stored = dict(
                session.execute(
                    select(Extraction.instance_id, Extraction.id).where(
                        Extraction.extractor_id == extractor_id
                    )
                ).all()
            )
            rows = [
                {**row, "file_id": files[name], "extractor_id": extractor_id}
                for name, row in self._rows
            ]
            new = [row for row in rows if row["instance_id"] not in stored]
            changed = [
                {"id": stored[row["instance_id"]], **row}
                for row in rows
                if row["instance_id"] in stored
            ]
            if new:
                session.bulk_insert_mappings(Extraction.__mapper__, new)
            if changed:
                session.bulk_update_mappings(Extraction.__mapper__, changed)
        self._files.clear()
        return LandmarkSummary(
            sequences=len(rows) + self._unchanged,
            new=len(new),
            updated=len(changed),
            unchanged=self._unchanged,
            unknown=unknown,
            no_hands=sum(row["status"] == ExtractionStatus.NO_HANDS for row in rows),
            frames=self._frames,
            extractor=extractor_id,
        )

    def discard(self) -> None:
        for path in self._files:
            with suppress(OSError):
                path.unlink()
