"""Who teaches a run, kept so that it can go on: their answers are asked for in `ml.teaching`.

Light: no heavy imports.
"""

import json
from pathlib import Path
from typing import Final

from ml.errors import CheckpointError
from ml.warm import Source, read_source
from store.errors import NotInCatalogError
from store.files import write_text
from store.library import Library

TEACHERS_FILE: Final = "teachers.json"
"""In a run's folder: what finds its teachers again when it goes on, and the sha256 of their weights."""


def keep_teachers(folder: Path, sources: tuple[Source, ...]) -> None:
    """Note in a run's folder who teaches it, if anybody. Raises DiskFullError, StoreError."""
    if not sources:
        return
    said = [{"model": each.model.key, "weights": each.identity.weights} for each in sources]
    write_text(folder / TEACHERS_FILE, json.dumps(said, ensure_ascii=False) + "\n")


def kept_teachers(library: Library, folder: Path) -> tuple[Source, ...]:
    """The teachers of a run that goes on; none where it has none.

    Raises:
        CheckpointError: one is gone, or is another model now.
    """
    path = folder / TEACHERS_FILE
    if not path.is_file():
        return ()
    try:
        kept = [(said["model"], said["weights"]) for said in json.loads(path.read_bytes())]
        return tuple(_same(read_source(library, key), weights) for key, weights in kept)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{TEACHERS_FILE} does not name the run's teachers.", hint="Start a new run."
        ) from error
    except NotInCatalogError as error:
        raise CheckpointError(
            f"A model that teaches this run is gone: {error.message}",
            hint="Bring it back, or start a new run.",
        ) from error


def _same(source: Source, weights: str) -> Source:
    if source.identity.weights != weights:
        raise CheckpointError(
            f"The model {source.name}, which teaches this run, is another one than when it began.",
            hint="Start a new run.",
        )
    return source
