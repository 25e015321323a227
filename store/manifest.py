"""`backup.json`: what a backup holds, written last; a folder without it is no backup."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from store.copying import Copied
from store.errors import DamagedFileError, NoLibraryError
from store.files import write_text

NAME: Final = "backup.json"
CATALOG: Final = "catalog.sqlite"
FORMAT: Final = 1
_LARGEST: Final = 2**30


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was copied, from where and when."""

    library: str
    """Which folder it is a copy of."""
    root: str
    """Where the backup lay when it was made: the catalog's own clips are named below it."""
    made_at: float
    """Seconds since 1970."""
    dataset_clips: bool
    catalog: Copied
    files: dict[str, Copied]
    """All other files by their names, with `/` between folders."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Raises DiskFullError, StoreError."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1)
    write_text(folder / NAME, text + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises:
        NoLibraryError: the folder is no backup.
        DamagedFileError: what it says cannot be understood.
    """
    path = folder / NAME
    if not path.is_file():
        raise NoLibraryError(
            f"There is no backup in {folder}.",
            hint="A backup is a folder made by signtui backup; a library is opened with --library.",
        )
    try:
        with path.open("rb") as file:
            return _parsed(json.loads(file.read(_LARGEST)))
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        raise DamagedFileError(
            f"{path} is damaged: {error}.",
            hint="The rest may be whole: signtui --library FOLDER check",
        ) from error


def _parsed(said: dict[str, Any]) -> Manifest:
    if said["format"] != FORMAT:
        raise ValueError(f"format {said['format']!r} is not known")
    files = {_checked(name): _copied(file) for name, file in said["files"].items()}
    return Manifest(
        library=str(said["library"]),
        root=str(said["root"]),
        made_at=float(said["made_at"]),
        dataset_clips=bool(said["dataset_clips"]),
        catalog=_copied(said["catalog"]),
        files=files,
    )


def _copied(said: dict[str, Any]) -> Copied:
    size, sha256 = said["size"], said["sha256"]
    if type(size) is not int or size < 0 or not isinstance(sha256, str):
        raise ValueError("a file without size or hash")
    return Copied(size, sha256)


def _checked(name: str) -> str:
    """A name that stays within the folder. Raises ValueError."""
    parts = PurePosixPath(name).parts
    foreign = any(letter in name for letter in "\\:\0")
    if not parts or foreign or name.startswith(("/", CATALOG)) or ".." in parts:
        raise ValueError(f"{name[:60]!r} is no file of a backup")
    return name
