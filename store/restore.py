"""A library from a backup: every byte held against what was backed up, then named in one go."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from store.backup import close_catalog, copy_catalog, require_free, require_whole
from store.copying import Progress, building, copy_file, give_name, hash_of, verify
from store.errors import DamagedFileError, SigntuiError, StoreError
from store.files import write_error
from store.library import Library
from store.manifest import CATALOG, Manifest, read_manifest
from store.moving import move_clips
from store.paths import user_path
from store.rest import require_rest_if_readable
from store.schema import Clip
from store.words import Availability

_WAL: Final = b"\x02\x02"
"""Bytes 18 and 19 of a catalog that a program has opened to work with."""
_OURS: Final = (CATALOG, "landmarks", "runs", "jobs")
"""What makes a folder a library, also a damaged one; others never go aside."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored."""

    path: str
    made_at: float
    """When the backup was made, in seconds since 1970."""
    files: int
    bytes: int
    replaced: str | None
    """Where the library lies now that was there before."""
    clips_missing: int
    """Clips that the catalog calls available and that are not where it says."""
    opened: bool
    """Whether the backup was opened as a library after it was made."""
    lacking: list[str]
    """Runs without the model that the catalog names."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def restore(
    source: Path, target: Path, *, force: bool = False, on_progress: Progress
) -> RestoreReport:
    """Make a library of a backup, which stays as it is.

    Args:
        source: a folder that `back_up` made; it may be read-only.
        target: the library's folder.
        force: a library that is there goes aside under another name; it is never deleted.
        on_progress: called as `Progress` says.

    Raises:
        NoLibraryError: `source` is no backup.
        DamagedFileError: it is not what was backed up.
        LibraryVersionError: it was made by a newer signtui.
        StoreError: `target` is not fit for it.
        LibraryBusyError: a job is at work in the library that is there.
        DiskFullError: there is no room.
    """
    source, target = user_path(source).resolve(), user_path(target).resolve()
    manifest = read_manifest(source)
    old = _require_place(source, target, force=force)
    needed = manifest.catalog.size + sum(file.size for file in manifest.files.values())
    with building(target, needed) as aside:
        _copy_files(source, aside, manifest, needed, on_progress)
        opened = _copy_catalog(source, aside, manifest)
        lacking, missing = _complete(aside, source, target, manifest)
        if old is not None:
            _move(target, old)
        try:
            give_name(aside, target)
        except StoreError:
            if old is not None:
                _move(old, target)
            raise
    files = len(manifest.files) + 1
    moved = None if old is None else str(old)
    return RestoreReport(
        str(target), manifest.made_at, files, needed, moved, missing, opened, lacking
    )


def _require_place(source: Path, target: Path, *, force: bool) -> Path | None:
    """The name under which what is at `target` goes aside; None where nothing is."""
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise StoreError(
            f"{target} and the backup lie in each other.",
            hint="Name another folder for the library with --library.",
        )
    if not any((target / name).exists() for name in _OURS):
        require_free(target)
        return None
    if not force:
        raise StoreError(
            f"A library is there already: {target}.",
            hint="Name another folder with --library, or let it go aside with --force.",
        )
    require_rest_if_readable(Library(target), f"the library in {target}")
    aside = target.with_name(f"{target.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}")
    while aside.exists():
        aside = aside.with_name(f"{aside.name}-again")
    return aside


def _copy_files(
    source: Path, aside: Path, manifest: Manifest, needed: int, on_progress: Progress
) -> None:
    done, wrong = 0, []
    for name, file in manifest.files.items():
        try:
            if copy_file(source / name, aside / name) != file:
                wrong.append(f"{name} is not what was backed up")
        except FileNotFoundError:
            wrong.append(f"{name} is not there")
        done += file.size
        on_progress("copying", done, needed)
    if wrong:
        raise _damaged(source, wrong)
    verify(aside, manifest.files, on_progress)


def _copy_catalog(source: Path, aside: Path, manifest: Manifest) -> bool:
    """Copy the catalog; returns whether a program has opened it since."""
    catalog, target = source / CATALOG, aside / CATALOG
    try:
        if copy_file(catalog, target) == manifest.catalog:
            if hash_of(target) != manifest.catalog.sha256:
                raise _damaged(source, [f"{CATALOG} was not written as it was read"])
            return False
    except FileNotFoundError as error:
        raise _damaged(source, [f"{CATALOG} is not there"]) from error
    with target.open("rb") as file:
        opened = file.read(20)[18:] == _WAL
    if not opened:
        raise _damaged(source, [f"{CATALOG} is not what was backed up"])
    target.unlink()
    copy_catalog(catalog, target)
    return True


def _complete(aside: Path, source: Path, target: Path, manifest: Manifest) -> tuple[list[str], int]:
    """Open and check the copy; returns the runs that lack a model, and how many clips are missing."""
    made = Library(aside)
    try:
        Library.create(aside)
        originals = {name: Path(manifest.root, name) for name in manifest.files}
        move_clips(made, originals, manifest.files, home=Path(manifest.root), target=target)
        lacking = [finding.name for finding in require_whole(made, "The backup")]
        missing = _count_missing(made, target, manifest)
    except SigntuiError as error:
        raise type(error)(
            error.message.replace(str(aside), str(source)), hint=error.hint
        ) from error
    finally:
        close_catalog(made)
    return lacking, missing


def _count_missing(made: Library, target: Path, manifest: Manifest) -> int:
    here = {str(target / name) for name in manifest.files}
    with made.reading() as session:
        paths = session.scalars(
            select(Clip.path).where(Clip.availability == Availability.AVAILABLE)
        )
        return sum(path not in here and not Path(path or "").is_file() for path in paths)


def _damaged(source: Path, wrong: list[str]) -> DamagedFileError:
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return DamagedFileError(
        f"The backup in {source} is damaged: {wrong[0]}{more}.",
        hint="Restore another one. What is whole in it can be kept: "
        f"signtui --library {source} check --repair, then back that up again.",
    )


def _move(folder: Path, to: Path) -> None:
    try:
        folder.rename(to)
    except OSError as error:
        raise write_error(error, folder) from error
