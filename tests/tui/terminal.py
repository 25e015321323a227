"""The real dashboard in a pseudo terminal, whose screen is read as text; Unix only."""

import os
import re
import time

import psutil
import pyte

from tests.support.pty import read_chunk, start_in_terminal
from tests.tui.conftest import ROOT


class Terminal:
    """`signtui` as a user starts it, with everything that its processes left behind."""

    def __init__(self, arguments, environment, *, columns=100, lines=30):
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.drawn = b""
        self.family = {}
        """Every process that was seen below the dashboard, by pid."""
        self.process, self.handle = start_in_terminal(
            ["-m", "tui.cli", *arguments], environment, ROOT, columns=columns, lines=lines
        )

    @property
    def text(self):
        return "\n".join(self.screen.display)

    def press(self, keys):
        os.write(self.handle, keys.encode())

    def read(self, within_s=0.1):
        """Take what was drawn; says whether the terminal is still open."""
        chunk = read_chunk(self.handle, within_s)
        if chunk:
            self.drawn += chunk
            self.stream.feed(chunk)
        return chunk is not None

    def until_all(self, *patterns, within_s=60.0):
        """Read until the screen shows all of them: it may be read while it is half drawn."""
        deadline = time.monotonic() + within_s
        while not all(re.search(pattern, self.text) for pattern in patterns):
            assert time.monotonic() < deadline, self.text
            assert self.read(), self.text
            self._look_at_family()

    def end(self):
        """Wait for the end; returns the exit code."""
        deadline = time.monotonic() + 60
        while self.read():
            assert time.monotonic() < deadline, self.text
        os.close(self.handle)
        return self.process.wait(60)

    def left_over(self):
        """Processes that are still there."""
        return [process for process in self.family.values() if _runs(process)]

    def kill(self):
        """For a test that failed: leave nothing behind."""
        if self.process.poll() is None:
            self._look_at_family()
            self.process.kill()
            self.process.wait()
            os.close(self.handle)
        for process in self.left_over():
            process.kill()

    def _look_at_family(self):
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return
        for process in found:
            self.family.setdefault(process.pid, process)


def _runs(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
