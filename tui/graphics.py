"""Which pictures the terminal draws: it is asked before Textual takes it over.

Kitty's graphics are used where the terminal also places them by Unicode placeholders, so that they
are text for everything else; sixels where it has them; half blocks elsewhere.

Sources: kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol); xterm's control
sequences (invisible-island.net/xterm/ctlseqs): DA1, XTVERSION, XTWINOPS 16, XTSMGRAPHICS.
"""

from __future__ import annotations

import os
import re
import struct
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from store.settings import Graphics

_LIMIT_S: Final = 0.2
_LIMIT_FAR_S: Final = 1.0
"""Over SSH, where an answer may go round the world; every terminal answers sooner or later."""
_REGISTERS: Final = 256
_USUAL_CELL: Final = (10, 20)
"""VT340's, which Windows Terminal keeps to."""
_WHO: Final = b"\x1b[c"
_QUESTIONS: Final = (
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"  # kitty: could you draw this pixel?
    b"\x1b[>q"  # name and version
    b"\x1b[16t"  # pixels of a cell
    b"\x1b[?1;3;%dS" % _REGISTERS  # colours of a sixel: as many as we need
) + _WHO
_ANSWER: Final = re.compile(rb"\x1b\[\?([\d;]*)c")
_KITTY: Final = re.compile(rb"\x1b_G[^\x1b;]*;OK\x1b\\")
_NAME: Final = re.compile(rb"\x1bP>\|([^\x1b]*)\x1b\\")
_CELL: Final = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
_COLOURS: Final = re.compile(rb"\x1b\[\?1;0;(\d{1,5})S")
_SIXEL: Final = b"4"
_PLACEHOLDERS: Final = (("kitty", (0, 28)), ("ghostty", (0, 0)))
"""Terminals that know Unicode placeholders, and since when; WezTerm and Konsole do not."""
_BLOCKS_ONLY: Final = ("dumb", "linux", "screen", "tmux")
"""What passes pictures on to no terminal, or to one that cannot be asked."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How pictures are drawn in this terminal."""

    kind: Graphics = Graphics.BLOCKS
    """`kitty`, `sixel` or `blocks`."""
    cell: tuple[int, int] = _USUAL_CELL
    """Width and height of a cell in pixels."""
    colours: int = _REGISTERS
    """Colours that a sixel may have."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the terminal said of itself; nothing where it did not answer."""

    kitty: bool = False
    sixel: bool = False
    name: str = ""
    cell: tuple[int, int] | None = None
    colours: int | None = None

    @property
    def placeholders(self) -> bool:
        """Whether kitty's graphics may be placed by text."""
        found = re.match(r"(\w+)\D*(\d+)\.(\d+)", self.name)
        if not self.kitty or found is None:
            return False
        version = int(found[2]), int(found[3])
        return any(found[1] == name and version >= since for name, since in _PLACEHOLDERS)


def find_drawing(wanted: Graphics, environ: Mapping[str, str] | None = None) -> Drawing:
    """How to draw here; asks the terminal on descriptors 0 and 2 where that helps."""
    environ = os.environ if environ is None else environ
    plain = wanted is Graphics.AUTO and _is_plain(environ)
    # Textual makes all colours grey then, also those that name kitty's pictures.
    if wanted is Graphics.BLOCKS or plain or "NO_COLOR" in environ:
        return Drawing()
    limit_s = _LIMIT_FAR_S if environ.get("SSH_CONNECTION") else _LIMIT_S
    return choose(wanted, ask(limit_s), measure())


def choose(wanted: Graphics, answers: Answers, measured: tuple[int, int] | None) -> Drawing:
    """How to draw, from what is wanted and what the terminal said."""
    kind = wanted
    if wanted is Graphics.AUTO:
        kind = Graphics.SIXEL if answers.sixel else Graphics.BLOCKS
        kind = Graphics.KITTY if answers.placeholders else kind
    cell = measured or answers.cell or _USUAL_CELL
    return Drawing(kind, cell, min(_REGISTERS, answers.colours or _REGISTERS))


def measured_again(drawing: Drawing) -> Drawing:
    """The same with the cells of now: fonts change while we run."""
    return replace(drawing, cell=measure() or drawing.cell)


def _is_plain(environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    return (
        sys.platform == "win32"
        or bool(environ.get("TMUX"))
        or environ.get("TERM_PROGRAM") == "Apple_Terminal"
        or not term
        or term.startswith(_BLOCKS_ONLY)
    )


def read_answers(said: bytes) -> Answers:
    """What the terminal's answers mean; keys that were pressed between them are skipped."""
    who, name, cell, colours = (found.search(said) for found in (_ANSWER, _NAME, _CELL, _COLOURS))
    height, width = (int(cell[1]), int(cell[2])) if cell else (0, 0)
    return Answers(
        kitty=_KITTY.search(said) is not None,
        sixel=who is not None and _SIXEL in who[1].split(b";")[1:],
        name=name[1].decode("ascii", "replace") if name else "",
        cell=(width, height) if width and height else None,
        colours=int(colours[1]) if colours else None,
    )


if sys.platform == "win32":

    def ask(limit_s: float) -> Answers:
        """Windows' consoles are not asked: what they answer comes as keys."""
        del limit_s
        return Answers()

    def measure() -> tuple[int, int] | None:
        """Windows' consoles do not tell of pixels."""
        return None

else:
    import fcntl
    import select
    import termios
    import tty

    def ask(limit_s: float) -> Answers:
        """Ask the terminal; keys that are pressed meanwhile are lost.

        The question that every terminal answers comes first. One that has not answered it is
        asked no more: what comes late would be read as keys.
        """
        try:
            before = termios.tcgetattr(0)
        except termios.error:
            return Answers()
        end = time.monotonic() + limit_s
        try:
            tty.setcbreak(0, termios.TCSANOW)
            began = time.monotonic()
            if not _ANSWER.search(_answered(_WHO, end)):
                return Answers()
            took = time.monotonic() - began
            if time.monotonic() + 2 * took > end:
                return Answers()
            return read_answers(_answered(_QUESTIONS, end))
        except OSError:
            return Answers()
        finally:
            termios.tcsetattr(0, termios.TCSANOW, before)

    def _answered(question: bytes, end: float) -> bytes:
        """What comes until the terminal has said who it is, or time is over."""
        os.write(2, question)
        said = b""
        while not _ANSWER.search(said):
            ready, _, _ = select.select([0], [], [], max(0.0, end - time.monotonic()))
            chunk = os.read(0, 4096) if ready else b""
            if not chunk:
                break
            said += chunk
        return said

    def measure() -> tuple[int, int] | None:
        """Pixels of a cell, as the terminal's driver knows them; None where it does not."""
        try:
            size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return None
        rows, columns, width, height = struct.unpack("HHHH", size)
        if not (rows and columns and width >= columns and height >= rows):
            return None
        return width // columns, height // rows
