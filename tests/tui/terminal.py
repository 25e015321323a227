"""The real dashboard in a pseudo terminal, whose screen is read as text; Unix only."""

import os
import select
import sys
import time

import psutil
import pyte

from tests.tui.conftest import ROOT


class Terminal:
    """`signtui` as a user starts it, with everything that its processes left behind."""

    def __init__(self, arguments, environment, *, columns=100, lines=30):
        import fcntl
        import pty
        import struct
        import termios

        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.drawn = b""
        self.family = {}
        """Every process that was seen below the dashboard, by pid."""
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            command = [sys.executable, "-m", "tui.cli", *arguments]
            os.execve(sys.executable, command, {**os.environ, **environment})  # noqa: S606 - ours
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def text(self):
        return "\n".join(self.screen.display)

    def press(self, keys):
        os.write(self.handle, keys.encode())

    def read(self, within_s=0.1):
        """Take what was drawn; says whether the terminal is still open."""
        ready, _, _ = select.select([self.handle], [], [], within_s)
        if not ready:
            return True
        try:
            chunk = os.read(self.handle, 65536)
        except OSError:
            return False
        self.drawn += chunk
        self.stream.feed(chunk)
        return bool(chunk)

    def until(self, condition, within_s=60.0):
        """Read until a condition holds; fails with what the screen shows."""
        deadline = time.monotonic() + within_s
        while not condition(self.text):
            assert time.monotonic() < deadline, self.text
            assert self.read(), self.text
            self._look_at_family()

    def end(self):
        """Wait for the end; returns the exit code."""
        deadline = time.monotonic() + 60
        while self.read():
            assert time.monotonic() < deadline, self.text
        _, status = os.waitpid(self.pid, 0)
        os.close(self.handle)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def left_over(self):
        """Processes that are still there."""
        return [process for process in self.family.values() if _runs(process)]

    def kill(self):
        """For a test that failed: leave nothing behind."""
        if self.pid:
            self._look_at_family()
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
            os.close(self.handle)
        for process in self.left_over():
            process.kill()

    def _look_at_family(self):
        try:
            found = psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return
        for process in found:
            self.family.setdefault(process.pid, process)


def _runs(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
