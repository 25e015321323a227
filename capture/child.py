"""What every worker process of this package does first."""

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Final

import cv2

_STDERR: Final = 2


def start_child(log_path: Path | None) -> None:
    """Make this process a worker: quiet, on one core, and gone when its coordinator is.

    Args:
        log_path: where its standard error goes, None to leave it.
    """
    if log_path is not None:
        _send_stderr_to(log_path)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True, name="end-with-parent").start()


def _send_stderr_to(path: Path) -> None:
    """Native libraries write to descriptor 2 whatever Python says: it must not be a terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, _STDERR)
    os.close(handle)


def _end_with_parent() -> None:
    """A worker in a hung decoder cannot see that its coordinator was killed: this thread does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
