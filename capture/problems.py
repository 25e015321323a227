"""What can be wrong with a camera, in one sentence each, with the way out on each system."""

import sys
from enum import StrEnum
from typing import Final

from capture.errors import CameraError


class Problem(StrEnum):
    """Why no frame comes, by the words that the sentence is known by."""

    MISSING = "there is no"
    DENIED = "is not permitted"
    BUSY = "is in use by"
    MUTE = "does not open"
    LATE = "did not open within"
    SILENT = "nothing can be read from"
    SLOW = "takes longer than usual"
    STALLED = "no frame comes"
    LOST = "is gone"


_SYSTEMS: Final = {"linux": 0, "darwin": 1, "win32": 2}
_REPLUG: Final = "Unplug it and plug it in again"
_OTHERS: Final = "close other programs that use it"
_MAC_PAGE: Final = "System Settings > Privacy & Security > Camera"
_WINDOWS_PAGE: Final = "Settings > Privacy & security > Camera"
_BACK: Final = "Plug it in again: it goes on by itself."
_COMES: Final = "Wait, or plug it in anew: it goes on by itself."
_SENDER: Final = "Is the address right, the sender running, and the network up?"

FIXES: Final[dict[Problem, tuple[str, str, str]]] = {
    Problem.MISSING: (
        "Plug one in, or name a clip instead; v4l2-ctl --list-devices lists cameras.",
        "Plug one in, or name a clip instead; System Information > Camera lists cameras.",
        "Plug one in, or name a clip instead; Device Manager > Cameras lists cameras.",
    ),
    Problem.DENIED: (
        "sudo usermod -aG video $USER, then log in again.",
        f"Allow your terminal in {_MAC_PAGE} and start it anew; where it is allowed, {_OTHERS}.",
        f"Allow desktop apps in {_WINDOWS_PAGE}.",
    ),
    Problem.BUSY: (
        "Close that program and try again.",
        f"It is shared there; a program that does not share it is told as not permitted: {_OTHERS}.",
        "Close that program and try again.",
    ),
    Problem.MUTE: (
        f"{_REPLUG}; some devices are no cameras: try another number.",
        f"{_REPLUG}, or {_OTHERS}.",
        f"{_REPLUG}, {_OTHERS}, and allow desktop apps in {_WINDOWS_PAGE}.",
    ),
    Problem.LATE: (f"{_REPLUG}, or {_OTHERS}.",) * 3,
    Problem.SILENT: (_SENDER,) * 3,
    Problem.SLOW: (
        "Wait; it is given up after a minute.",
        "Wait, and allow the camera where macOS asks for it.",
        "Wait: some drivers take half a minute.",
    ),
    Problem.STALLED: (_COMES,) * 3,
    Problem.LOST: (_BACK,) * 3,
}
"""On Linux, macOS, Windows."""


def fix(problem: Problem, system: str = sys.platform) -> str:
    """The way out on a system, as in `sys.platform`; on one nobody knows, that of Linux."""
    return FIXES[problem][_SYSTEMS.get(system, 0)]


def camera_error(
    problem: Problem, subject: str, rest: str = "", *, system: str = sys.platform
) -> CameraError:
    """One sentence and its way out.

    Args:
        problem: what is wrong.
        subject: what a user calls the source.
        rest: what follows the words of the problem.
        system: as in `sys.platform`.
    """
    first = problem in {Problem.MISSING, Problem.SILENT}
    words = f"{problem.capitalize()} {subject}" if first else f"The {subject} {problem}"
    return CameraError(f"{words}{rest}.", hint=fix(problem, system))


def wait_words(state: str, system: str = sys.platform) -> str:
    """What to show while a source gives no frame: a state of `capture.feed.FeedState`."""
    said = {
        "opening": "The source is being opened …",
        "slow": f"It {Problem.SLOW} to open. {fix(Problem.SLOW, system)}",
        "stalled": f"{Problem.STALLED.capitalize()}. {fix(Problem.STALLED, system)}",
        "lost": f"The source {Problem.LOST}. {fix(Problem.LOST, system)}",
    }
    return said.get(state, state)
