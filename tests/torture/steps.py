"""Every step that a process takes to the disk, by name, and death at one of them.

Steps are what the system is asked for: `fsync` of a file or folder, `rename`, `unlink`, and SQLite's
COMMIT. Nothing of the product knows of this: the calls themselves are wrapped.
"""

import os
import signal
import sys
from pkgutil import resolve_name
from typing import Final
from unittest.mock import patch

VARIABLE: Final = "SIGNTUI_TEST_DIE"
CALLS: Final = {
    "fsync": "os.fsync",
    "replace": "pathlib.Path.replace",
    "rename": "pathlib.Path.rename",
    "unlink": "pathlib.Path.unlink",
    "commit": "sqlalchemy.engine.default.DefaultDialect.do_commit",
}

_taken: list[str] = []
_die_at: tuple[str, int] | None = None


def watch_from_environment() -> None:
    """Wrap the calls as the environment asks for it."""
    global _die_at  # noqa: PLW0603
    when, _, number = os.environ[VARIABLE].partition(":")
    _die_at = (when, int(number)) if number else None
    for name, place in CALLS.items():
        patch(place, _watched(name, resolve_name(place))).start()


def say_how_many() -> None:
    if _taken:
        sys.stdout.write("\n".join(_taken) + "\n")


def _watched(name, call):
    def watched(*arguments, **options):
        _taken.append(name)
        _die_if(("before", len(_taken)))
        try:
            return call(*arguments, **options)
        finally:
            _die_if(("after", len(_taken)))

    return watched


def _die_if(moment) -> None:
    if moment == _die_at:
        sys.stdout.flush()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
