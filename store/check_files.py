"""Files beside the landmarks, held against what was written down of them: models, checkpoints, clips.

No repair can make these anew from the rest: they are named, and what rests on a damaged clip waits
for the next scan.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.errors import StoreError
from store.files import PARTIAL, write_error
from store.findings import Finding
from store.library import Library
from store.schema import Clip, Run
from store.words import Availability

_INDEX: Final = "bundle.json"
_LARGEST_INDEX: Final = 8 * 2**20
_BATCH: Final = 500


def check_runs(library: Library, *, repair: bool) -> list[Finding]:
    """Hold every run's bundle against its hashes, and its checkpoints against their checksums.

    With `repair` a bundle that a kill left under the name of an older one is put back.
    """
    with library.reading() as session:
        runs = session.execute(select(Run.id, Run.name, Run.bundle).order_by(Run.id)).all()
    findings = []
    for run_id, name, bundle in runs:
        folder = library.run_dir(run_id)
        if bundle is not None:
            findings += _look_aside(folder / str(bundle), name, repair=repair)
            texts = _bundle_problems(folder / str(bundle))
            findings += [Finding("bundle", name, text, repaired=False) for text in texts]
        for path in sorted(folder.glob("*.npz")):
            if not _is_whole_archive(path):
                text = f"{path.name} is damaged; the run cannot be resumed from it"
                findings.append(Finding("checkpoint", name, text, repaired=False))
    return findings


def _look_aside(folder: Path, name: str, *, repair: bool) -> list[Finding]:
    """An exchange of bundles that was killed between its two renames."""
    aside = sorted(folder.parent.glob(f"{folder.name}.*{PARTIAL}.old"))
    if folder.exists() or not aside:
        return []
    if repair:
        try:
            aside[-1].rename(folder)
        except OSError as error:
            raise write_error(error, folder) from error
    return [Finding("bundle", name, f"the run's bundle is called {aside[-1].name}", repair)]


def _bundle_problems(folder: Path) -> Iterator[str]:
    index = folder / _INDEX
    if not index.is_file():
        yield "the run's bundle is not there"
        return
    for name, said in _hashes(index).items():
        if said is None:
            yield f"{name} of the run's bundle cannot be read"
        elif not (folder / name).is_file():
            yield f"{name} of the run's bundle is not there"
        elif _hash(folder / name) != said:
            yield f"{name} of the run's bundle is damaged"


def _hashes(index: Path) -> dict[str, Any]:
    """Hash by name of each file that a bundle's index describes; None where it says nothing."""
    try:
        with index.open("rb") as file:
            about = json.loads(file.read(_LARGEST_INDEX))
        files = about.get("files", {})
        return {Path(name).name: said["sha256"] for name, said in files.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {_INDEX: None}


def _is_whole_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError):
        return False


def check_clips(library: Library, *, repair: bool) -> list[Finding]:
    """Hold the clips that lie in the library against the hashes of the last scan.

    With `repair` a damaged one counts as unknown, so that the next scan reads it anew.
    """
    with library.reading() as session:
        rows = session.execute(
            select(Clip.id, Clip.video_id, Clip.path, Clip.sha256).where(
                Clip.availability == Availability.AVAILABLE,
                Clip.sha256.is_not(None),
                Clip.path.startswith(str(library.clips_dir), autoescape=True),
            )
        ).all()
    wrong = [(row[0], row[1]) for row in rows if row[2] and _hash(Path(row[2])) != row[3]]
    if repair and wrong:
        with library.session() as session:
            _doubt(session, [clip_id for clip_id, _ in wrong])
    text = "the clip is damaged or gone; scan again"
    return [Finding("clip", name, text, repaired=repair) for _, name in wrong]


def _doubt(session: Session, clip_ids: list[int]) -> None:
    for start in range(0, len(clip_ids), _BATCH):
        some = clip_ids[start : start + _BATCH]
        session.execute(
            update(Clip).where(Clip.id.in_(some)).values(availability=Availability.UNKNOWN)
        )


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}.") from error
