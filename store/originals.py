"""Which files belong to a library: those that its catalog names, and what users made themselves."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from store.copying import files_below
from store.database import translated_errors
from store.errors import DamagedFileError
from store.files import PARTIAL
from store.library import Library
from store.manifest import NAME
from store.run_changes import ASIDE
from store.takes import TAKE, note_path, recordings_dir
from store.words import Availability

COPIED: Final = "clips/copied"
"""Where clips go that lie outside the library."""
_CATALOGS: Final = ("catalog.", NAME)
"""The catalog itself, copies of older ones, and what a backup says of itself."""


def list_originals(library: Library, *, dataset_clips: bool) -> dict[str, Path]:
    """Map the name that each file has in a copy, with `/` between folders, to where it lies.

    Landmark files are listed whether they are there or not. The catalog is not in it.
    """
    with translated_errors(), closing(library.connect_read_only()) as connection:
        landmarks = [row[0] for row in connection.execute("SELECT name FROM landmark_file")]
        runs = [row[0] for row in connection.execute("SELECT id FROM run")]
        jobs = [row[0] for row in connection.execute("SELECT id FROM job")]
        clips = connection.execute(
            "SELECT video_id, path FROM clip WHERE availability = ? AND path IS NOT NULL",
            (Availability.AVAILABLE,),
        ).fetchall()
    found = {path.name: path for path in _at(library.root) if not path.name.startswith(_CATALOGS)}
    for name in landmarks:
        found[f"landmarks/{_checked(name)}"] = library.landmarks_dir / name
    for run_id in runs:
        found |= _below(_run_dir(library, run_id), f"runs/{run_id}")
    for job_id in jobs:
        found |= _below(library.job_dir(job_id), f"jobs/{job_id}")
    if dataset_clips:
        found |= _below(library.clips_dir, "clips")
        for video_id, path in clips:
            if not Path(path).is_relative_to(library.root):
                found[f"{COPIED}/{video_id}{Path(path).suffix}"] = Path(path)
    recorded = _below(recordings_dir(library), "clips/recorded")
    return {name: path for name, path in (found | recorded).items() if not _is_unfinished(path)}


def _at(folder: Path) -> Iterator[Path]:
    """Files of the folder itself."""
    return (path for path in folder.iterdir() if path.is_file() and not path.is_symlink())


def _below(folder: Path, name: str) -> dict[str, Path]:
    return {f"{name}/{p.relative_to(folder).as_posix()}": p for p in files_below(folder)}


def _run_dir(library: Library, run_id: int) -> Path:
    """Where a run's files lie; a deletion moves them before it commits, and may be taken back."""
    folder = library.run_dir(run_id)
    aside = folder.with_name(folder.name + ASIDE)
    return folder if folder.exists() or not aside.exists() else aside


def _checked(name: str) -> str:
    if Path(name).name != name:
        raise DamagedFileError(
            f"The catalog names a landmark file {name[:60]!r}.",
            hint="Forget it: signtui check --repair",
        )
    return name


def _is_unfinished(path: Path) -> bool:
    """Whether someone is writing it: takes get a note once they are whole."""
    take = path.name.endswith(TAKE) and not note_path(path).exists()
    return take or path.name.endswith(PARTIAL)
