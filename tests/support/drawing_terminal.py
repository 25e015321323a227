"""A terminal that answers questions about its graphics, and keeps what was sent; Unix only."""

import os
import re
import time

from tests.support.pty import read_chunk, start_in_terminal

KITTY_ANSWERS = {
    b"\x1b_Gi=31": b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b[>q": b"\x1bP>|kitty(0.35.2)\x1b\\",
    b"\x1b[16t": b"\x1b[6;18;9t",
    b"\x1b[c": b"\x1b[?62;c",
    b"\x1b[6n": b"\x1b[1;1R",
}
SIXEL_ANSWERS = {
    b"\x1b[>q": b"\x1bP>|XTerm(379)\x1b\\",
    b"\x1b[16t": b"\x1b[6;18;9t",
    b"\x1b[?1;3;256S": b"\x1b[?1;0;256S",
    b"\x1b[c": b"\x1b[?63;1;2;4;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}


class DrawingTerminal:
    """A Python process in a terminal that answers what it is told to answer."""

    def __init__(self, arguments, folder, answers, environment=None, *, columns=80, lines=24):
        self.drawn = bytearray()
        self._answers = answers
        self._answered = 0
        given = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        for name in ("TMUX", "NO_COLOR", "SSH_CONNECTION", "TERM_PROGRAM", "SIGNTUI_GRAPHICS"):
            given.setdefault(name, None)
        self.process, self.handle = start_in_terminal(
            arguments, given, folder, columns=columns, lines=lines
        )

    def press(self, keys):
        os.write(self.handle, keys.encode())

    def read(self, within_s=0.1):
        """Take what was drawn and answer; says whether the terminal is still open."""
        chunk = read_chunk(self.handle, within_s)
        if chunk:
            self.drawn += chunk
            self._answer()
        return chunk is not None

    def _answer(self):
        """Answer every question that has come whole, in the order of the questions."""
        if not self._answers:
            return
        pattern = re.compile(b"|".join(re.escape(question) for question in self._answers))
        for asked in pattern.finditer(self.drawn, self._answered):
            self._answered = asked.end()
            os.write(self.handle, self._answers[bytes(asked[0])])

    def end(self, within_s=60.0):
        """Read to the end; returns the exit code."""
        deadline = time.monotonic() + within_s
        while self.read() and time.monotonic() < deadline:
            pass
        self.kill()
        return self.process.wait(60)

    def kill(self):
        if self.process.poll() is None and self.read(0):
            self.process.kill()
        self.process.wait(60)
