"""Where a dataset comes from: a folder, a zip, or explicit paths."""

import lzma
import shutil
import stat
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from store.errors import DiskFullError, ImportSourceError
from store.files import write_aside
from store.importers.wlasl import (
    INDEX_NAME,
    MAX_INDEX_BYTES,
    SUBSET_NAME,
    check_video_id,
    iter_index,
)
from store.paths import CLIP_SUFFIXES

_MAX_MEMBERS: Final = 2_000_000
_MAX_RATIO: Final = 200
"""Media do not compress; text compresses about tenfold. A zip bomb reaches a thousand."""
_RATIO_FROM_BYTES: Final = 10 * 2**20
_MAX_BYTES: Final = 2 * 2**40
_FOLDS_CASE: Final = sys.platform in {"win32", "darwin"}
"""Where `A.mp4` and `a.mp4` are usually one file."""
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    LookupError, NotImplementedError, OverflowError, RuntimeError,
)  # fmt: skip
"""What `zipfile` raises for damaged archives, depending on where they are damaged."""


@dataclass(frozen=True, slots=True)
class DatasetPaths:
    """The files of a dataset on disk."""

    index: Path
    videos: Path | None
    subsets: tuple[Path, ...]


def find_dataset(
    source: Path | None,
    *,
    index: Path | None = None,
    videos: Path | None = None,
    unpack_to: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> DatasetPaths:
    """Find the index, the clips and the subset files.

    Args:
        source: a folder or a .zip in the Kaggle layout; None where `index` is given.
        index: the index itself, wherever it lies.
        videos: a folder of clips.
        unpack_to: the folder a .zip is unpacked into.
        on_progress: called with members done and members in all while unpacking.

    Raises:
        ImportSourceError: something named is not there, or the archive cannot be trusted.
        DiskFullError: the archive does not fit.
    """
    if videos is not None:
        require_folder(videos)
    if source is not None and source.suffix.lower() == ".zip":
        source = unpack(source, unpack_to / source.stem, on_progress)
    found = index or _find_index(source)
    if not found.is_file():
        raise ImportSourceError(f"The index {found} is not there.", hint="Check --index.")
    folder = videos or _find_videos(source or found.parent)
    subsets = sorted(path for path in found.parent.iterdir() if SUBSET_NAME.fullmatch(path.name))
    return DatasetPaths(found, folder, tuple(subsets))


def require_folder(folder: Path) -> None:
    """Raises ImportSourceError if the folder is not there or cannot be read."""
    if not folder.is_dir():
        raise ImportSourceError(
            f"The video folder {folder} is not there.", hint="Check --videos; it takes a folder."
        )
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        raise ImportSourceError(
            f"The video folder {folder} cannot be read: {error.strerror}.",
            hint="Check that you may read it.",
        ) from error


def _find_index(source: Path | None) -> Path:
    if source is None:
        raise ImportSourceError(
            "Nothing to import was named.",
            hint="Give a folder or a .zip, or --index FILE with --videos DIR.",
        )
    if source.is_file():
        return source
    _require_source(source)
    direct = source / INDEX_NAME
    if direct.is_file():
        return direct
    near = sorted(source.glob(f"*/{INDEX_NAME}")) or sorted(source.glob("WLASL*.json"))
    if not near:
        raise ImportSourceError(
            f"There is no {INDEX_NAME} in {source}.",
            hint="Name it with --index FILE; clips go with --videos DIR.",
        )
    return near[0]


def _require_source(source: Path) -> None:
    if not source.is_dir():
        raise ImportSourceError(
            f"{source} is not there.", hint="Give a folder or a .zip that holds " + INDEX_NAME
        )
    require_folder(source)


def _find_videos(folder: Path) -> Path | None:
    candidates = [folder / "videos", *sorted(folder.glob("*/videos"))]
    return next((path for path in candidates if path.is_dir()), None)


def unpack(
    archive: Path, target: Path, on_progress: Callable[[int, int], None] | None = None
) -> Path:
    """Unpack the index, subsets and clips of an archive; what is there in full is kept.

    All names and sizes are checked before the first byte is written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked_members(opened, archive)
            _check_index(opened, members, archive)
            _require_space(members, target)
            for done, (member, name) in enumerate(members, start=1):
                _unpack_member(opened, member, target / name)
                if on_progress is not None:
                    on_progress(done, len(members))
    except FileNotFoundError as error:
        raise ImportSourceError(f"{archive} is not there.") from error
    except _UNREADABLE as error:
        raise ImportSourceError(
            f"{archive.name} is no readable zip: {error}.",
            hint="Download it again; half a download looks like this.",
        ) from error
    return target


def _checked_members(
    opened: zipfile.ZipFile, archive: Path
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    infos = [info for info in opened.infolist() if not info.is_dir()]
    if len(infos) > _MAX_MEMBERS:
        raise _refused(archive, f"it holds {len(infos)} files")
    for info in infos:
        _refuse_unsafe(archive, info)
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos) + 1
    if total > _MAX_BYTES or (total > _RATIO_FROM_BYTES and total / packed > _MAX_RATIO):
        raise _refused(archive, f"it would unpack to {total:,} bytes from {packed:,}")
    wanted = [(info, _place(info.filename)) for info in infos]
    members = [(info, place) for info, place in wanted if place is not None]
    _refuse_doubles(archive, members)
    return members


def _refuse_doubles(archive: Path, members: list[tuple[zipfile.ZipInfo, PurePosixPath]]) -> None:
    """Two contents under one name: whichever comes last would be the clip."""
    seen: dict[str, tuple[int, int]] = {}
    for info, place in members:
        if place.name == INDEX_NAME:
            continue
        name = str(place).casefold() if _FOLDS_CASE else str(place)
        content = (info.CRC, info.file_size)
        if seen.setdefault(name, content) != content:
            raise _refused(archive, f"it holds two different files named {str(place)[:60]}")


def _check_index(
    opened: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, PurePosixPath]], archive: Path
) -> None:
    """Understand the index before gigabytes are unpacked for it."""
    indexes = [info for info, name in members if name.name == INDEX_NAME]
    if len(indexes) != 1:
        raise _refused(archive, f"it holds {len(indexes)} files named {INDEX_NAME}")
    if indexes[0].file_size > MAX_INDEX_BYTES:
        raise _refused(archive, f"its {INDEX_NAME} is over {MAX_INDEX_BYTES >> 20} MiB")
    with tempfile.TemporaryDirectory(prefix="signtui-") as folder:
        copy = Path(folder) / INDEX_NAME
        with copy.open("wb") as file:
            file.writelines(_chunks(opened, indexes[0]))
        for _ in iter_index(copy):
            pass


def _refuse_unsafe(archive: Path, info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or ":" in name or "\x00" in name:
        raise _refused(archive, f"the path {info.filename[:60]!r} leaves the folder")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _refused(archive, f"{info.filename[:60]!r} is a link")


def _refused(archive: Path, why: str) -> ImportSourceError:
    return ImportSourceError(
        f"{archive.name} was refused: {why}. Nothing was unpacked.",
        hint="Unpack it yourself if you trust it, and import the folder.",
    )


def _place(filename: str) -> PurePosixPath | None:
    path = PurePosixPath(filename.replace("\\", "/"))
    if path.name == INDEX_NAME or SUBSET_NAME.fullmatch(path.name):
        return PurePosixPath(path.name)
    if path.suffix.lower() not in CLIP_SUFFIXES:
        return None
    try:
        return PurePosixPath("videos", check_video_id(path.stem) + path.suffix.lower())
    except ValueError:
        return None


def _require_space(members: list[tuple[zipfile.ZipInfo, PurePosixPath]], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    needed = sum(info.file_size for info, name in members if not _is_there(info, target / name))
    free = shutil.disk_usage(target).free
    if needed > free:
        raise DiskFullError(
            f"Unpacking needs {needed:,} bytes, but {target} has {free:,} free.",
            hint="Free some space, or unpack elsewhere and import the folder.",
        )


def _is_there(info: zipfile.ZipInfo, path: Path) -> bool:
    return path.is_file() and path.stat().st_size == info.file_size


def _unpack_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    if _is_there(info, path) and path.suffix != ".json":
        return
    with write_aside(path) as aside, aside.open("wb") as file:
        for chunk in _chunks(opened, info):
            file.write(chunk)


def _chunks(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member; what the archive is to blame for is no error of the disk."""
    remaining = info.file_size
    try:
        with opened.open(info) as packed:
            while chunk := packed.read(min(1 << 20, remaining + 1)):
                remaining -= len(chunk)
                if remaining < 0:
                    raise ImportSourceError(
                        f"{info.filename[:60]!r} is larger than its archive says."
                    )
                yield chunk
    except OSError as error:
        raise zipfile.BadZipFile(str(error)) from error
