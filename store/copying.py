"""A folder copied aside: every file hashed as it is read, read again once written, named in one go.

Bytes are copied, never linked: a copy must outlive damage to its original.
"""

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import psutil

from store.errors import DamagedFileError, DiskFullError, StoreError
from store.files import PARTIAL, sync_folder, write_error

Progress = Callable[[str, int, int], None]
"""Called with what is done at the moment, bytes done and bytes in all."""

_BLOCK: Final = 2**20
_ROOM: Final = 8 * 2**20
"""For folders, and for the catalog's log while the copy is checked."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of a copy."""

    size: int
    sha256: str


Stamp = tuple[int, int, int]
"""Size, time of change and inode: another file of the same name has others."""


def stamp_of(path: Path) -> Stamp:
    """Raises FileNotFoundError, StoreError."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def copy_file(source: Path, target: Path) -> Copied:
    """Copy content and time of change.

    Raises:
        FileNotFoundError: there is no `source`.
        StoreError: it cannot be read, or `target` cannot be written.
        DiskFullError: the copy has no room.
    """
    changed = stamp_of(source)[1]
    digest, size = hashlib.sha256(), 0
    with _opened(source) as reader:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as writer:
                while block := _read(reader, source):
                    digest.update(block)
                    size += writer.write(block)
            os.utime(target, ns=(changed, changed))
        except OSError as error:
            raise write_error(error, target) from error
    return Copied(size, digest.hexdigest())


def verify(folder: Path, files: Mapping[str, Copied], on_progress: Progress) -> None:
    """Read a copy again. Raises DamagedFileError where it is not what was read."""
    total = sum(file.size for file in files.values())
    done = 0
    for name, file in files.items():
        if hash_of(folder / name) != file.sha256:
            raise DamagedFileError(
                f"{name} was not written as it was read.",
                hint="The disk or the memory of this machine may be failing.",
            )
        done += file.size
        on_progress("verifying", done, total)


def hash_of(path: Path) -> str:
    """SHA-256 of a file. Raises StoreError."""
    digest = hashlib.sha256()
    with _opened(path) as reader:
        while block := _read(reader, path):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def building(target: Path, needed: int) -> Iterator[Path]:
    """A new folder beside `target`, gone in the end unless `give_name` was called.

    Args:
        target: how it will be called.
        needed: bytes that it will hold, about.

    Raises:
        DiskFullError: there is no room.
        StoreError: it cannot be made.
    """
    aside = target.with_name(f"{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        _sweep(target)
        if shutil.disk_usage(target.parent).free < needed + _ROOM:
            raise _no_room(target)
        aside.mkdir()
    except OSError as error:
        raise write_error(error, target) from error
    try:
        yield aside
    except StoreError as error:
        # SQLite calls a full disk an I/O error, or does not know which disk it was.
        full = isinstance(error, DiskFullError) or shutil.disk_usage(aside).free < _BLOCK
        raise (_no_room(target) if full else error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _no_room(target: Path) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds {target.parent} has no room for it.",
        hint="Free some space or choose another folder; nothing is left of this attempt.",
    )


def give_name(aside: Path, target: Path) -> None:
    """Bring a finished folder to the disk and give it its name; an empty `target` makes place."""
    try:
        _sync(aside)
        if target.exists():
            target.rmdir()
        aside.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise write_error(error, target) from error


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files at any depth, no half-written ones; none where there is no such folder."""
    for at, folders, names in os.walk(folder, onerror=_raise_unless_gone):
        folders[:] = [name for name in folders if not name.endswith(PARTIAL)]
        for name in names:
            path = Path(at, name)
            if not name.endswith(PARTIAL) and path.is_file() and not path.is_symlink():
                yield path


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise _unreadable(Path(str(error.filename)), error) from error


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        reader = path.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    with reader:
        yield reader


def _read(reader: BinaryIO, path: Path) -> bytes:
    try:
        return reader.read(_BLOCK)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be read: {error.strerror or error}.", hint="Check that you may read it."
    )


def _sync(folder: Path) -> None:
    for at, _, names in os.walk(folder, topdown=False):
        for name in names:
            with Path(at, name).open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(Path(at))


def _sweep(target: Path) -> None:
    """Delete what killed attempts at the same name left."""
    ours = re.compile(rf"{re.escape(target.name)}\.(\d+)-[0-9a-f]{{8}}{re.escape(PARTIAL)}")
    for path in target.parent.iterdir():
        found = ours.fullmatch(path.name)
        if found and path.is_dir() and not psutil.pid_exists(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)
