"""What each worker is at, in shared memory: no locks, so a killed worker can hold none."""

import multiprocessing
from ctypes import c_double
from typing import Any, Final

import psutil

_FIELDS: Final = 2
_PID: Final = 0
_FRAMES: Final = 1


class Board:
    """A line for each task in flight; its worker writes it, the coordinator reads it.

    It reaches the workers as an argument of the pool's initializer.
    """

    def __init__(self, lines: int) -> None:
        self._cells: Any = multiprocessing.get_context("spawn").RawArray(c_double, lines * _FIELDS)

    def clear(self, line: int) -> None:
        self._cells[line * _FIELDS + _PID] = 0.0
        self._cells[line * _FIELDS + _FRAMES] = 0.0

    def start(self, line: int, pid: int) -> None:
        self._cells[line * _FIELDS + _FRAMES] = 0.0
        self._cells[line * _FIELDS + _PID] = float(pid)

    def advance(self, line: int, frames: int) -> None:
        self._cells[line * _FIELDS + _FRAMES] = float(frames)

    def pid(self, line: int) -> int | None:
        """The process at work on a line, None where nobody is yet."""
        return int(self._cells[line * _FIELDS + _PID]) or None

    def frames(self, line: int) -> int:
        return int(self._cells[line * _FIELDS + _FRAMES])


def memory_bytes(pid: int | None) -> int:
    """Resident memory of a process, 0 where there is none."""
    if pid is None:
        return 0
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
