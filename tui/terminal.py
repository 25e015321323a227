"""Keep native libraries' chatter off the screen.

Textual draws on `sys.__stderr__`. Whatever writes to file descriptor 2 below Python (codecs,
drivers) would land in the middle of the picture, so Textual gets a private copy of the terminal and
descriptor 2 goes to a log.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STDERR: int = 2


@contextmanager
def guarded_terminal(log: Path) -> Iterator[None]:
    """Point descriptor 2 at `log` while Textual keeps the terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    private = os.dup(_STDERR)
    terminal, original = os.fdopen(os.dup(private), "w", encoding="utf-8"), sys.__stderr__
    with log.open("ab") as file:
        os.dup2(file.fileno(), _STDERR)
    sys.__stderr__ = terminal  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stderr__ = original  # type: ignore[misc]
        terminal.flush()
        os.dup2(private, _STDERR)
        os.close(private)
        terminal.close()
