"""Which runs can go on, and from where."""

from pathlib import Path
from typing import Final

from ml.checkpoint import Checkpoint, read_checkpoint
from ml.errors import CheckpointError, ModelError
from store.library import Library
from store.run_changes import require_idle
from store.runs import RunRow, get_run
from store.words import Status

LAST: Final = "last.npz"
"""The checkpoint of the newest epoch, in the run's folder."""


def run_to_resume(library: Library, reference: str | int) -> RunRow:
    """A run that has not come to its end.

    Raises:
        NotInCatalogError: there is no such run.
        ModelError: it is finished.
        RunBusyError: a job trains it already.
    """
    run = get_run(library, reference)
    if run.status == Status.FINISHED:
        raise ModelError(f"The run {run.name} is finished.", hint="Train a new one: signtui train")
    require_idle(library, run)
    return run


def last_checkpoint(folder: Path, split_hash: str) -> Checkpoint:
    """Where a run was left.

    Raises:
        CheckpointError: there is none, it is damaged, or it was made with other clips.
    """
    checkpoint = read_checkpoint(folder / LAST)
    if checkpoint.state.get("split") != split_hash:
        raise CheckpointError(
            "The clips of this run have changed since it was interrupted.",
            hint="Start a new run: a resumed one would mix two different splits.",
        )
    return checkpoint
