"""The dashboard in a pseudo terminal: keys in, a screen of text out, and the time between.

Unix only: Windows has no pseudo terminals that Python knows.
"""

import fcntl
import os
import pty
import queue
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil
import pyte

from tui import theme

_LISTENER = """
import os, struct, time
who, i_am = b"\\x1b[c", b"\\x1b[?62;22c"  # each terminal says what it is: a VT220 with colours
while True:
    try:
        data = os.read(0, 65536)
    except OSError:
        break
    at = time.perf_counter()
    os.write(0, i_am * data.count(who))
    os.write(1, struct.pack("=dI", at, len(data)) + data)
"""
"""Takes bytes as they come, in a process of its own: to draw them takes longer than to make them, and the
time until the one that draws gives way would count as the dashboard's."""
_HEAD = struct.Struct("=dI")
_CURSOR = theme.DARK.variables["block-cursor-background"].removeprefix("#")
_WITHIN = 3
"""A column of cells that lies in the tables of all screens."""


class Terminal:
    """A program on a screen of its own."""

    def __init__(self, command: list[str], *, columns: int = 120, lines: int = 40) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.started = time.perf_counter()
        pid, self._pty = pty.fork()
        if pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(command[0], command)  # noqa: S606 - what the caller names
        fcntl.ioctl(self._pty, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = psutil.Process(pid)
        self._listener = subprocess.Popen(
            [sys.executable, "-S", "-c", _LISTENER], stdin=self._pty, stdout=subprocess.PIPE
        )
        self._came: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGTERM)
        deadline = time.perf_counter() + 30
        while time.perf_counter() < deadline:
            self._read(0.05)
            if os.waitpid(self.process.pid, os.WNOHANG)[0]:
                break
        self._listener.kill()
        self._listener.wait()
        os.close(self._pty)

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return list(self._screen.display)

    def cursor_row(self) -> str:
        """Place and text of the row under a table's cursor; empty where there is none."""
        for y, line in enumerate(self.lines):
            if self._screen.buffer[y][_WITHIN].bg == _CURSOR:
                return f"{y} {line}"
        return ""

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def press(self, keys: str) -> float:
        """Send keys as the terminal sends them; returns when."""
        at = time.perf_counter()
        os.write(self._pty, keys.encode())
        return at

    def wait(self, condition: Callable[[], bool], within_s: float = 60.0) -> float:
        """When the bytes came that made the condition true. Raises TimeoutError."""
        deadline = time.perf_counter() + within_s
        at = time.perf_counter()
        while not condition():
            if at > deadline:
                raise TimeoutError("\n".join(self.lines))
            at = self._read(0.2)
        return at

    def rest(self, seconds: float) -> None:
        """Let it draw for a while."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self._read(0.05)

    def _read(self, within_s: float) -> float:
        """Draw what came next; when it came, or when nothing had come."""
        try:
            at, data = self._came.get(timeout=within_s)
        except queue.Empty:
            return time.perf_counter()
        self._stream.feed(data)
        return at

    def _listen(self) -> None:
        came = self._listener.stdout
        while came is not None and (head := came.read(_HEAD.size)):
            at, length = _HEAD.unpack(head)
            self._came.put((at, came.read(length)))


def signtui(library: Path) -> list[str]:
    """The command that opens the dashboard on a library."""
    return [sys.executable, "-m", "tui.cli", "--library", str(library)]
