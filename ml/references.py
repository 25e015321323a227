"""Which model is meant: a run by name or number, `latest`, `starter`, or the folder of a bundle."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ml.bundle import INDEX, bundle_of
from ml.errors import CheckpointError
from store.errors import NotInCatalogError
from store.library import Library
from store.paths import user_path
from store.runs import RunRow, get_run, list_runs

STARTER: Final = "starter"
"""The model that comes with signtui."""
STARTER_FOLDER: Final = Path(__file__).parent / STARTER
LATEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A bundle and what it is called."""

    name: str
    folder: Path
    run: RunRow | None = None
    """The run that it is of; None for one that no run of this library made."""

    @property
    def key(self) -> str | int:
        """What finds it again, also where the run has got another name."""
        if self.run is not None:
            return self.run.id
        return STARTER if self.folder == STARTER_FOLDER else str(self.folder)


def has_starter() -> bool:
    """Whether this signtui came with a model."""
    return (STARTER_FOLDER / INDEX).is_file()


def default_model(library: Library) -> str | None:
    """What to take where nobody says: the newest run with a model, else the starter, else nothing."""
    if any(run.bundle for run in list_runs(library)):
        return LATEST
    return STARTER if has_starter() else None


def find_model(library: Library, reference: str | int) -> NamedModel:
    """The model that a reference means. Its files are not read yet.

    Raises:
        NotInCatalogError: there is neither such a run nor such a bundle.
        CheckpointError: the run has no bundle, or this signtui came without a starter model.
    """
    if reference == STARTER:
        return _starter()
    try:
        run = get_run(library, reference)
    except NotInCatalogError:
        folder = user_path(str(reference)).absolute()
        if not (folder / INDEX).is_file():
            raise
        return NamedModel(folder.name, folder)
    return NamedModel(run.name, bundle_of(library, run), run)


def _starter() -> NamedModel:
    if not has_starter():
        raise CheckpointError(
            "This signtui came without a starter model.", hint="Train a run: signtui train"
        )
    return NamedModel(STARTER, STARTER_FOLDER)
