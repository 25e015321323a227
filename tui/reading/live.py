"""What live can be tried on, and what a recording's form offers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text

from capture.address import list_cameras
from ml.references import has_starter
from store.library import Library
from store.recordings import SOURCE
from store.runs import RunRow, list_runs

_RECENT: Final = 20


@dataclass(frozen=True, slots=True)
class LiveChoices:
    """What the fields of the live screen offer."""

    runs: tuple[RunRow, ...]
    """Those with a model, the newest first."""
    starter: bool
    """Whether a model came with signtui."""
    clips: tuple[str, ...]
    sources: tuple[str, ...]
    """What the source field completes: recent sources, cameras, then clips."""


@dataclass(frozen=True, slots=True)
class RecordChoices:
    """What the form of a recording offers."""

    glosses: tuple[str, ...]
    signers: tuple[str, ...]
    """Those who recorded, the latest first, then the others."""


def read_live_choices(library: Library) -> LiveChoices:
    """Runs, clips and cameras that live can work with."""
    clips = read_clip_paths(library)
    cameras = [part for number, name in list_cameras().items() for part in (str(number), name)]
    sources = dict.fromkeys([*_recent_sources(library), *cameras, *clips])
    runs = tuple(run for run in list_runs(library) if run.bundle)
    return LiveChoices(runs, has_starter(), tuple(clips), tuple(sources))


def read_clip_paths(library: Library, limit: int = 2000) -> list[str]:
    """Clips that live can be tried on: those of the test split first."""
    sql = """
        SELECT path FROM instances WHERE availability = 'available' AND path IS NOT NULL
        ORDER BY split = 'test' DESC, split = 'val' DESC, video_id LIMIT :limit"""
    with library.reading() as session:
        paths = session.scalars(text(sql), {"limit": limit})
        return [str(path) for path in dict.fromkeys(paths) if Path(path).suffix]


def read_record_choices(library: Library) -> RecordChoices:
    """Known glosses by name; signers, those who recorded first."""
    signers = """
        SELECT signer FROM instances WHERE signer IS NOT NULL
        GROUP BY signer ORDER BY MAX(CASE WHEN source = :source THEN instance_id ELSE 0 END) DESC, signer"""
    recorded = "SELECT 1 FROM instances WHERE source = :source LIMIT 1"
    with library.reading() as session:
        glosses = session.scalars(text("SELECT text FROM gloss ORDER BY text")).all()
        names = session.scalars(text(signers), {"source": SOURCE}).all()
        any_recorded = session.scalar(text(recorded), {"source": SOURCE})
    # Nobody who only stands in a dataset sits before this camera.
    return RecordChoices(tuple(glosses), tuple(names) if any_recorded else ())


def _recent_sources(library: Library) -> list[str]:
    """What live was tried on last; takes are no more there."""
    sql = """
        SELECT json_extract(config, '$.source') FROM job WHERE kind = 'live'
        ORDER BY id DESC LIMIT :limit"""
    with library.reading() as session:
        found = session.scalars(text(sql), {"limit": _RECENT})
        return [str(name) for name in dict.fromkeys(found) if name and ".take." not in str(name)]
