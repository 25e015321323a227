"""Files that are either whole or not there."""

import errno
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from store.errors import DiskFullError, StoreError

PARTIAL: Final = ".partial"
"""Suffix of a file that is being written; sweepers may delete one whose writer is gone."""

_FULL: Final = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def write_aside(path: Path) -> Iterator[Path]:
    """Give a name to write to; on success sync it and rename it to `path`, else remove it.

    Raises:
        DiskFullError: the disk is full; nothing is left behind.
        StoreError: the folder cannot be written to.
    """
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        _sync(aside)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        aside.unlink(missing_ok=True)


def write_error(error: OSError, path: Path) -> StoreError:
    """Say in one sentence why `path` could not be written."""
    if error.errno in _FULL or "No space left" in str(error) or "errno = 28" in str(error):
        return DiskFullError(
            f"The disk that holds {path.parent} is full.",
            hint="Free some space and run the same command again; finished work is kept.",
        )
    return StoreError(
        f"{path} could not be written: {error.strerror or error}.",
        hint="Check that the folder exists and that you may write to it.",
    )


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no handle for folders and needs none."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write a small text file, whole or not at all. Raises DiskFullError, StoreError."""
    with write_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")
