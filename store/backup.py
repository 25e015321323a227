"""A backup: a copy of a library that is a library, made while jobs run.

Files are copied first, in passes, because nearly all of them never change once they bear their name.
The last pass holds the catalog's write lock for a moment: the catalog is copied by SQLite's online
backup, and what appeared or went since the pass before is brought in line. Nobody can commit
meanwhile, so the copy is what a kill at that moment would have left, and never names a file that it
lacks. The folder gets its name only after every byte was read again and `check` found nothing.
"""

import os
import sqlite3
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from store.check import check
from store.copying import (
    Copied,
    Progress,
    Stamp,
    building,
    copy_file,
    give_name,
    hash_of,
    stamp_of,
    verify,
)
from store.database import translated_errors
from store.errors import DamagedFileError, LibraryBusyError, StoreError
from store.findings import BEYOND_REPAIR, Finding
from store.jobs import fail_if_unended
from store.library import Library
from store.manifest import CATALOG, NAME, Manifest, write_manifest
from store.moving import move_clips
from store.originals import list_originals
from store.paths import user_path
from store.words import Status

AT_WORK: Final = "It was at work when this backup was made."
_PASSES: Final = 10
_LITTLE: Final = 32 * 2**20
"""Bytes that may be copied while writers wait: far less than their 15 s."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds."""

    path: str
    bytes: int
    files: int
    sequences: int
    runs: int
    clips: int
    interrupted: list[int]
    """Jobs that were at work; in the backup they are interrupted."""
    lacking: list[str]
    """Runs without the model that the catalog names, as in the library itself."""
    clips_missing: int
    """Clips that were to be copied and are not where the catalog says."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def back_up(
    library: Library, target: Path, *, dataset_clips: bool = False, on_progress: Progress
) -> BackupReport:
    """Copy a library to a folder that is not there yet, or is empty.

    Args:
        library: what is copied; jobs may be at work.
        target: the folder.
        dataset_clips: copy clips of the dataset too, wherever they lie, not only own recordings.
        on_progress: called as `Progress` says.

    Raises:
        StoreError: the folder is not fit for it.
        DiskFullError: it has no room.
        DamagedFileError: the library is not whole.
        LibraryBusyError: it changes faster than it can be copied.
    """
    target = _free_target(library, target)
    originals = list_originals(library, dataset_clips=dataset_clips)
    needed = _size(library.catalog_path) + sum(_size(path) for path in originals.values())
    with building(target, needed) as aside:
        copy = _Copy(library, aside, needed, dataset_clips=dataset_clips, progress=on_progress)
        copy.settle()
        copy.finish()
        verify(aside, copy.copied, on_progress)
        report = _complete(copy, target)
        give_name(aside, target)
    return report


def _free_target(library: Library, target: Path) -> Path:
    target = user_path(target).resolve()
    if target.is_relative_to(library.root):
        raise StoreError(
            f"{target} lies in the library itself.",
            hint="Choose a folder elsewhere, best on another disk.",
        )
    require_free(target)
    return target


def require_free(target: Path) -> None:
    """Raises StoreError unless `target` can become a new folder."""
    if not target.parent.is_dir():
        raise StoreError(f"The folder {target.parent} is not there.", hint="Make it first.")
    if os.path.ismount(target):
        raise StoreError(
            f"{target} is a whole disk.", hint=f"Name a new folder on it: {target / 'signtui'}"
        )
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise StoreError(
            f"{target} is there already.", hint="Name a folder that does not exist or is empty."
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class _Copy:
    """The files of one backup while it is made."""

    def __init__(
        self, library: Library, aside: Path, total: int, *, dataset_clips: bool, progress: Progress
    ) -> None:
        self.library = library
        self.aside = aside
        self.dataset_clips = dataset_clips
        self.copied: dict[str, Copied] = {}
        self.originals: dict[str, Path] = {}
        self._stamps: dict[str, Stamp] = {}
        self.missing: set[str] = set()
        self._total = total
        self._done = 0
        self._progress = progress

    def settle(self) -> None:
        """Copy until little is left for the moment at which writers wait."""
        for _ in range(_PASSES):
            before = self._done
            self._pass()
            if self._done - before < _LITTLE:
                return
        raise _too_fast()

    def finish(self) -> None:
        """Copy the catalog and what changed since, while nobody can commit."""
        with self.library.session() as session:
            session.connection()  # A session takes its lock with its first statement.
            copy_catalog(self.library.catalog_path, self.aside / CATALOG)
            for _ in range(_PASSES):
                if not self._pass():
                    return
        raise _too_fast()

    def _pass(self) -> int:
        """Bring all files in line with the catalog; returns how many were not."""
        self.originals = list_originals(self.library, dataset_clips=self.dataset_clips)
        gone = self.copied.keys() - self.originals.keys()
        for name in gone:
            self._drop(name)
        return len(gone) + sum(self._take(name, path) for name, path in self.originals.items())

    def _take(self, name: str, path: Path) -> bool:
        try:
            stamp = stamp_of(path)
            if self._stamps.get(name) == stamp:
                return False
            self.copied[name] = copy_file(path, self.aside / name)
        except FileNotFoundError:
            known = name in self.missing
            self._drop(name)
            self.missing.add(name)
            return not known
        self.missing.discard(name)
        self._stamps[name] = stamp
        self._done += self.copied[name].size
        self._progress("copying", self._done, max(self._total, self._done))
        # A log grows as long as its job lives, and nothing rests on its last lines.
        return not name.startswith("jobs/")

    def _drop(self, name: str) -> None:
        self.copied.pop(name, None)
        self._stamps.pop(name, None)
        (self.aside / name).unlink(missing_ok=True)


def _too_fast() -> LibraryBusyError:
    return LibraryBusyError(
        "The library changes faster than it can be copied.",
        hint="Pause its jobs for the time of the backup: signtui pause JOB",
    )


def copy_catalog(source: Path, target: Path) -> None:
    """Copy a catalog as it is at one moment, whoever uses it; the copy is one file.

    Raises:
        DiskFullError, DamagedFileError, LibraryBusyError, StoreError: it cannot be copied.
    """
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with (
        translated_errors(),
        closing(sqlite3.connect(uri, uri=True, timeout=15)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)


def close_catalog(library: Library) -> None:
    """Leave one file that can be read from a disk that nobody may write to."""
    library.close()
    with translated_errors(), closing(sqlite3.connect(library.catalog_path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _complete(copy: _Copy, target: Path) -> BackupReport:
    made = Library(copy.aside)
    try:
        Library.create(copy.aside)  # Folders without a file in them belong to a library, too.
        interrupted = _interrupt(made)
        clips = {name: path for name, path in copy.originals.items() if name in copy.copied}
        move_clips(made, clips, copy.copied, home=copy.library.root, target=target)
        lacking = [finding.name for finding in require_whole(made, "The library")]
        sequences, runs = _count(made, _SEQUENCES), _count(made, _RUNS)
    finally:
        close_catalog(made)
    size = _size(made.catalog_path)
    catalog = Copied(size, hash_of(made.catalog_path))
    root, origin = str(target), str(copy.library.root)
    write_manifest(
        copy.aside, Manifest(origin, root, time.time(), copy.dataset_clips, catalog, copy.copied)
    )
    size += _size(copy.aside / NAME) + sum(file.size for file in copy.copied.values())
    missing = copy.missing & copy.originals.keys()
    return BackupReport(
        path=root,
        bytes=size,
        files=len(copy.copied) + 2,
        sequences=sequences,
        runs=runs,
        clips=_count_clips(copy.copied),
        interrupted=interrupted,
        lacking=lacking,
        clips_missing=_count_clips(missing),
    )


def _count_clips(names: Collection[str]) -> int:
    return sum(name.startswith("clips/") and not name.endswith(".json") for name in names)


_SEQUENCES: Final = "SELECT COUNT(*) FROM extraction WHERE file_id IS NOT NULL"
_RUNS: Final = "SELECT COUNT(*) FROM run"


def _count(library: Library, sql: str) -> int:
    with closing(library.connect_read_only()) as connection:
        return int(connection.execute(sql).fetchone()[0])


def _interrupt(made: Library) -> list[int]:
    """End the copied jobs: their processes work on the library, and must not be asked from here."""
    unended = "SELECT id FROM job WHERE status IN (?, ?) ORDER BY id"
    with closing(made.connect_read_only()) as connection:
        rows = connection.execute(unended, (Status.QUEUED, Status.RUNNING)).fetchall()
    for (job_id,) in rows:
        fail_if_unended(made, job_id, AT_WORK, "Go on with: signtui resume")
    return [job_id for (job_id,) in rows]


def require_whole(made: Library, what: str) -> list[Finding]:
    """Check a copy; returns what it lacks and no repair can bring back.

    Raises:
        DamagedFileError: anything else is wrong.
    """
    findings = check(made).findings
    wrong = [finding for finding in findings if finding.kind not in BEYOND_REPAIR]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise DamagedFileError(
            f"{what} is not whole: {wrong[0].name}: {wrong[0].text}{more}.",
            hint="See all, and forget what is damaged: signtui --library FOLDER check --repair",
        )
    return findings
