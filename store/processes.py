"""Which process a number meant: pids are used again, and clocks are set."""

import sys
from typing import Final

import psutil

_NEAR_S: Final = 1.0
_EPOCH: Final = 1e9
"""Libraries of before kept seconds since 1970; no system has been up for so long."""


def began(pid: int) -> float:
    """When a process began, as a number that does not change with the clock.

    Linux and macOS count from when they were started: what psutil makes of that is shifted by each
    correction of the clock. Windows keeps a time that is never corrected.

    Raises:
        psutil.Error: there is no such process, or nothing may be known of it.
    """
    if sys.platform == "win32":
        return psutil.Process(pid).create_time()
    while True:
        before = psutil.boot_time()
        created = psutil.Process(pid).create_time()
        if psutil.boot_time() == before:
            return created - before


def is_same(pid: int, then: float | None) -> bool:
    """Whether the process of this pid is at work and began `then`; any, where that is unknown.

    One that has ended, but whose parent has not asked how, is not at work.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if then is None:
            return True
        now = process.create_time() if _is_epoch(then) else began(pid)
    except psutil.Error:
        return False
    return abs(now - then) < _NEAR_S


def _is_epoch(then: float) -> bool:
    return sys.platform == "win32" or then > _EPOCH
