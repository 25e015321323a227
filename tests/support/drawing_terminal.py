"""A terminal that answers questions about its graphics, and keeps what was sent; Unix only."""

import base64
import os
import re
import select
import time
import zlib

import numpy as np

from tests.support.pty import start_in_terminal

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
_KITTY = re.compile(rb"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")
_SIXEL = re.compile(rb"\x1b\[(\d+);(\d+)H(\x1bP[^\x1b]*\x1b\\)")


class DrawingTerminal:
    """A Python process in a terminal that answers what it is told to answer."""

    def __init__(self, arguments, folder, answers, environment=None, *, columns=80, lines=24):
        self.drawn = bytearray()
        self._answers = answers
        self._answered = 0
        given = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        for name in ("TMUX", "NO_COLOR", "SSH_CONNECTION", "TERM_PROGRAM", "SIGNTUI_GRAPHICS"):
            given.setdefault(name, "")
        self.process, self.handle = start_in_terminal(
            arguments, given, folder, columns=columns, lines=lines
        )

    def press(self, keys):
        os.write(self.handle, keys.encode())

    def read(self, within_s=0.1):
        """Take what was drawn and answer; says whether the terminal is still open."""
        ready, _, _ = select.select([self.handle], [], [], within_s)
        if not ready:
            return True
        try:
            chunk = os.read(self.handle, 65536)
        except OSError:
            return False
        self.drawn += chunk
        self._answer()
        return bool(chunk)

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


def kitty_commands(drawn):
    """Keys and payload of every graphics command, chunks put together."""
    found, open_keys, data = [], {}, b""
    for keys, payload in _KITTY.findall(drawn):
        said = dict(part.split("=") for part in keys.decode().split(","))
        open_keys, data = {**said, **open_keys}, data + payload
        if said.get("m", "0") == "0":
            found.append((open_keys, data))
            open_keys, data = {}, b""
    return found


def kitty_picture(keys, payload):
    """The pixels of a command that transmits them. shape=(height, width, 3)."""
    assert (keys["a"], keys["f"], keys["o"]) == ("t", "24", "z")
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(payload)), np.uint8)
    return pixels.reshape(int(keys["v"]), int(keys["s"]), 3)


def sixel_pictures(drawn):
    """Line, column (from 1) and pixels of every sixel picture that was placed."""
    return [
        (int(line), int(column), sixel_picture(data))
        for line, column, data in _SIXEL.findall(drawn)
    ]


def sixel_picture(data):
    """The pixels of a sixel picture. shape=(height, width, 3); -1 where none was drawn."""
    body = re.fullmatch(rb'\x1bP\d*;1q"1;1;(\d+);(\d+)(.*)\x1b\\', data, re.DOTALL)
    width, height = int(body[1]), int(body[2])
    pixels = np.full((height, width, 3), -1)
    colours, colour, x, y = {}, None, 0, 0
    pattern = rb"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])"
    rest = body[3]
    for token in re.finditer(pattern, rest):
        if token[1]:
            colours[int(token[1])] = [round(int(part) * 2.55) for part in token.groups()[1:4]]
        elif token[5]:
            colour = colours[int(token[5])]
        elif token[7]:
            length = int(token[6] or 1)
            for bit in range(6):
                if token[7][0] - 63 >> bit & 1:
                    assert x + length <= width
                    assert y + bit < height
                    pixels[y + bit, x : x + length] = colour
            x += length
        else:
            x, y = 0, y + 6 * (token[8] == b"-")
    assert b"".join(token[0] for token in re.finditer(pattern, rest)) == rest
    return pixels
