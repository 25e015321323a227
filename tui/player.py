"""Open a clip in the system's own player."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from store.errors import SigntuiError
from store.paths import CLIP_SUFFIXES

_SOON_S: Final = 0.8
"""An opener that has not complained by then has found a player."""


class NoPlayerError(SigntuiError):
    pass


def play(path: Path) -> None:
    """Open a file in what the system opens it with; never through a shell.

    Raises:
        NoPlayerError: the file is not there, is no clip, or there is nothing to open it with.
    """
    if not path.is_file():
        raise NoPlayerError(
            f"{path.name} is not where the scan found it.", hint="Look again: signtui scan"
        )
    if path.suffix.lower() not in CLIP_SUFFIXES:
        # A catalog from someone else may name a program, which the system would start.
        raise NoPlayerError(f"{path.name} is no clip.", hint="Look again: signtui scan")
    if sys.platform == "win32":
        _start_file(path)
        return
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if opener is None:
        raise NoPlayerError(
            "There is no program that opens a clip.", hint=f"Play it by hand: {path}"
        )
    _run(opener, path)


def _start_file(path: Path) -> None:
    start = getattr(os, "startfile", None)
    try:
        if start is None:
            raise NoPlayerError("There is no program that opens a clip.")
        start(str(path.absolute()))
    except OSError as error:
        raise _no_player(path) from error


def _run(opener: str, path: Path) -> None:
    try:
        process = subprocess.Popen(
            # An absolute path cannot be taken for an option.
            [opener, str(path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # It stays when the dashboard ends, and has no terminal to draw on.
            start_new_session=True,
        )
    except OSError as error:
        raise _no_player(path) from error
    try:
        code = process.wait(_SOON_S)
    except subprocess.TimeoutExpired:
        # Someone must take note of its end, or it stays in the process table.
        threading.Thread(target=process.wait, daemon=True, name="player").start()
        return
    if code:
        raise _no_player(path)


def _no_player(path: Path) -> NoPlayerError:
    return NoPlayerError(
        "The system found nothing to play the clip with.", hint=f"Play it by hand: {path}"
    )
