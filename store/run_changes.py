"""Rename and delete runs.

A run's folder first goes aside under a name of its own, then its rows go, then the folder itself. A
kill in between leaves a folder aside: the next deletion puts it back where its run is still in the
catalog, and removes it where it is not. Run numbers may be used again, so nothing of a deleted run
may stay under its number.
"""

import logging
import shutil
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from store.errors import NotInCatalogError, StoreError
from store.jobs import get_job, is_alive
from store.library import Library
from store.runs import RunRow, get_run
from store.schema import Run
from store.words import Status

log = logging.getLogger(__name__)

ASIDE: Final = ".deleted"
"""What is added to the name of a folder whose run is being deleted."""
_LONGEST: Final = 80
_RESERVED: Final = frozenset({"latest", "starter"})
_ACTIVE: Final = frozenset({Status.QUEUED, Status.RUNNING})


class RunBusyError(StoreError):
    """The run is being trained."""


def rename_run(library: Library, run_id: int, name: str) -> None:
    """Give a run another name.

    Raises:
        NotInCatalogError: there is no such run.
        StoreError: the name is empty, too long, taken, or means something else.
    """
    name = name.strip()
    if not name.isprintable() or not 0 < len(name) <= _LONGEST:
        raise StoreError(f"A run's name has 1 to {_LONGEST} printable characters.")
    if name.isdecimal() or name in _RESERVED:
        raise StoreError(
            f"A run cannot be named {name}.",
            hint="A number is a run's id, latest the newest, starter signtui's own.",
        )
    with library.session() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotInCatalogError(f"There is no run {run_id}.", hint="List them: signtui runs")
        taken = session.scalar(select(Run.id).where(Run.name == name, Run.id != run_id))
        if taken is not None:
            raise StoreError(f"Run {taken} is named {name} already.", hint="Choose another name.")
        run.name = name


def delete_run(library: Library, run_id: int) -> None:
    """Delete a run with its epochs, evaluations, checkpoints and model.

    Raises:
        NotInCatalogError: there is no such run.
        RunBusyError: it is being trained.
        StoreError: its folder cannot be moved.
    """
    sweep_deleted(library)
    run = get_run(library, run_id)
    require_idle(library, run)
    folder = library.run_dir(run.id)
    aside = folder.with_name(folder.name + ASIDE)
    try:
        if folder.exists():
            folder.rename(aside)
    except OSError as error:
        raise StoreError(
            f"The folder of run {run.id} cannot be moved: {error.strerror or error}.",
            hint="Close the program that uses it, such as live, and try again.",
        ) from error
    with library.session() as session:
        session.execute(delete(Run).where(Run.id == run.id))
    _remove(aside)


def sweep_deleted(library: Library) -> None:
    """Finish deletions that were killed half-way, or take them back."""
    for aside in library.runs_dir.glob(f"*{ASIDE}"):
        folder = aside.with_name(aside.name.removesuffix(ASIDE))
        with library.reading() as session:
            known = folder.name.isdecimal() and session.get(Run, int(folder.name)) is not None
        if known and not folder.exists():
            aside.rename(folder)
        else:
            _remove(aside)


def require_idle(library: Library, run: RunRow) -> None:
    """Raises RunBusyError where a job trains the run at this moment."""
    if run.status not in _ACTIVE or run.job_id is None:
        return
    job = get_job(library, run.job_id)
    if job.status == Status.QUEUED or (job.status == Status.RUNNING and is_alive(job)):
        raise RunBusyError(
            f"The run {run.name} is being trained (job {job.id}).",
            hint="Stop it first; its best epoch is kept.",
        )


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder, onerror=lambda _, path, error: log.warning("%s: %s", path, error[1]))
