"""A library in another place: the rows that name its own clips follow them."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.catalog import add_video_root
from store.copying import Copied
from store.library import Library
from store.originals import COPIED
from store.schema import Clip, VideoRoot


def move_clips(
    made: Library,
    originals: Mapping[str, Path],
    copied: Mapping[str, Copied],
    *,
    home: Path,
    target: Path,
) -> None:
    """Let clips and folders of clips be those of the copy.

    Args:
        made: the copy, where it lies now.
        originals: for each name in the copy, how the catalog calls the file.
        copied: what was read.
        home: where the library lay that the copy is of.
        target: where the copy will lie.
    """
    names = {str(path): name for name, path in originals.items() if name.startswith("clips/")}
    with made.session() as session:
        for clip in session.scalars(select(Clip).where(Clip.path.is_not(None))):
            name = names.get(str(Path(clip.path or "")))
            if name is None:
                continue
            clip.path = str(target / name)
            if clip.sha256 == copied[name].sha256:
                # Not every disk keeps times to the nanosecond.
                clip.mtime_ns = (made.root / name).stat().st_mtime_ns
        _move_roots(session, made.root, home, target)
        if any(name.startswith(COPIED) for name in names.values()):
            add_video_root(session, target / COPIED)


def _move_roots(session: Session, copy: Path, home: Path, target: Path) -> None:
    roots = list(session.scalars(select(VideoRoot).order_by(VideoRoot.id)))
    known = {root.path for root in roots}
    for root in roots:
        if not Path(root.path).is_relative_to(home):
            continue
        place = Path(root.path).relative_to(home)
        path = str(target / place)
        if path not in known and (copy / place).is_dir():
            known.add(path)
            root.path = path
