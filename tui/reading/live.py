"""What live can be tried on, and what a recording's form offers."""

import json
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
    paths: dict[str, None] = {}
    with library.reading() as session:
        for where in ("split = 'test'", "split = 'val'", "1"):
            # As SQLite finds them, since sorting all of a large library takes seconds.
            sql = f"""
                SELECT path FROM instances
                WHERE {where} AND availability = 'available' AND path IS NOT NULL LIMIT :limit"""
            found = session.scalars(text(sql), {"limit": limit})
            paths |= dict.fromkeys(sorted(path for path in found if Path(path).suffix))
            if len(paths) >= limit:
                break
    return list(paths)[:limit]


def read_record_choices(library: Library) -> RecordChoices:
    """Known glosses by name; signers, those who recorded first."""
    with library.reading() as session:
        # As one text: of thousands of rows Python's collector of garbage makes a pause that is felt.
        glosses = json.loads(
            session.scalars(text("SELECT json_group_array(text) FROM gloss")).one()
        )
        recorders = session.scalars(text(_RECORDERS)).all()
        # Nobody who only stands in a dataset sits before this camera.
        others = session.scalars(text(_SIGNERS)).all() if recorders else ()
    return RecordChoices(tuple(sorted(glosses)), tuple(dict.fromkeys([*recorders, *others])))


_RECORDERS: Final = f"""
SELECT s.name FROM instance i JOIN signer s ON s.id = i.signer_id
WHERE i.source = '{SOURCE}' GROUP BY s.id ORDER BY MAX(i.id) DESC, s.name"""
_SIGNERS: Final = """
SELECT name FROM signer WHERE EXISTS (SELECT 1 FROM instance WHERE signer_id = signer.id)
ORDER BY name"""


def _recent_sources(library: Library) -> list[str]:
    """What live was tried on last; takes are no more there."""
    sql = """
        SELECT json_extract(config, '$.source') FROM job WHERE kind = 'live'
        ORDER BY id DESC LIMIT :limit"""
    with library.reading() as session:
        found = session.scalars(text(sql), {"limit": _RECENT})
        return [str(name) for name in dict.fromkeys(found) if name and ".take." not in str(name)]
