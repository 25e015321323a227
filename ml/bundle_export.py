"""A run's bundle for elsewhere: a folder or an archive, checked before and whole or not there."""

import shutil
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ml.bundle import INDEX, bundle_of, check_members, read_bundle
from store.errors import StoreError
from store.files import PARTIAL, sync_folder, write_aside, write_error
from store.library import Library
from store.paths import user_path
from store.runs import RunRow, get_run


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was written."""

    path: str
    run: int
    name: str
    glosses: int
    files: int
    bytes: int


def export_bundle(
    library: Library, reference: str | int, target: Path, *, force: bool = False
) -> BundleReport:
    """Copy a run's bundle to a folder, or to an archive where the name ends with .zip.

    Raises:
        NotInCatalogError: there is no such run.
        CheckpointError: it has no bundle, or one whose files are not what they should be.
        StoreError: the target is there already, or cannot be written.
        DiskFullError: there is no room; nothing is left behind.
    """
    run = get_run(library, reference)
    return copy_bundle(bundle_of(library, run), run, target, force=force)


def copy_bundle(source: Path, run: RunRow, target: Path, *, force: bool = False) -> BundleReport:
    """Copy a bundle of a run: see `export_bundle`."""
    bundle = read_bundle(source)
    names = check_members(source)
    target = user_path(target).absolute()
    check_target(target, force=force)
    if target.suffix.lower() == ".zip":
        _write_zip(source, names, target)
    else:
        _copy_folder(source, names, target)
    size = sum((source / name).stat().st_size for name in names)
    return BundleReport(str(target), run.id, run.name, len(bundle.labels), len(names), size)


def check_target(target: Path, *, force: bool) -> None:
    """Refuse a place that cannot be written to, or that holds something else. Raises StoreError."""
    if not target.parent.is_dir():
        raise StoreError(
            f"The folder {target.parent} is not there.", hint="Make it first, or choose another."
        )
    if target.is_dir() and any(target.iterdir()):
        if target.suffix.lower() == ".zip" or not (target / INDEX).is_file():
            raise StoreError(
                f"{target} is a folder with something else in it.", hint="Choose another."
            )
        if not force:
            raise StoreError(f"{target} holds a bundle already.", hint="Use --force to replace it.")
    elif target.is_file() and (target.suffix.lower() != ".zip" or not force):
        raise StoreError(
            f"{target} is there already.",
            hint="Use --force to replace it."
            if target.suffix.lower() == ".zip"
            else "Name a folder.",
        )


def _write_zip(source: Path, names: list[str], target: Path) -> None:
    with write_aside(target) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(source / name, name)


def _copy_folder(source: Path, names: list[str], target: Path) -> None:
    aside = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        aside.mkdir()
        for name in names:
            shutil.copyfile(source / name, aside / name)
        if target.exists():
            shutil.rmtree(target)
        aside.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(error, target) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
