"""What every worker process of this package does first."""

import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import cv2

_STDERR: Final = 2
MOST_MEMORY: Final = 8 * 2**30 + (os.cpu_count() or 1) * 2**27
"""Address space of a worker, in bytes: a file that asks its decoder for more costs only itself.

Native libraries start a thread for each core, and each reserves a stack and a heap of its own.
"""


def start_child(log_path: Path | None) -> None:
    """Make this process a worker: quiet, on one core, and gone when its coordinator is.

    Args:
        log_path: where its standard error goes, None to leave it.
    """
    if log_path is not None:
        _send_stderr_to(log_path)
    cv2.setNumThreads(1)
    _limit_memory()
    threading.Thread(target=_end_with_parent, daemon=True, name="end-with-parent").start()


def _send_stderr_to(path: Path) -> None:
    """Native libraries write to descriptor 2 whatever Python says: it must not be a terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, _STDERR)
    os.close(handle)


def _limit_memory() -> None:
    """Windows knows no such limit for a running process, and macOS does not enforce it."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Unix only

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most in {resource.RLIM_INFINITY, -1} or most > MOST_MEMORY:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, most))


def _end_with_parent() -> None:
    """A worker in a hung decoder cannot see that its coordinator was killed: this thread does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
