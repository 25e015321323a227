"""train --strategy multiworker on a machine that is not the chief's."""

import os
import subprocess
import sys
from typing import Final

import typer

from tui.commands.options import narrate

_END_WITHIN_S: Final = 5.0


def works_for_another(*, check: bool) -> bool:
    """Be a worker, to the end, where TF_CONFIG says that another is the chief.

    Args:
        check: only say so.

    Returns:
        Whether this process was no chief, and nothing is left to do.

    Raises:
        ClusterError: TF_CONFIG says nothing that a training can use.
        Exit: with the worker's code, where it is not 0.
    """
    from ml.cluster import read_cluster

    cluster = read_cluster(os.environ)
    if cluster.is_chief:
        return False
    if check:
        narrate(f"Worker {cluster.index}: the chief at {cluster.chief} checks the training.")
    elif code := _work():
        raise typer.Exit(code)
    return True


def _work() -> int:
    # No job: it has no library, and its log is this terminal's.
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "ml.worker"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
    )
    try:
        return worker.wait()
    except BaseException:
        # TensorFlow, waiting for the others, does not hear Ctrl-C.
        worker.terminate()
        try:
            worker.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            worker.kill()
        raise
