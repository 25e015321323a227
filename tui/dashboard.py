"""Start the dashboard in a terminal, and say what became of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from platformdirs import user_log_path

from store.errors import SigntuiError
from store.settings import read_settings
from tui.app import SignApp
from tui.graphics import find_drawing
from tui.memory import share_heaps
from tui.terminal import guarded_terminal

_SWITCH_S: Final = 0.001
"""After so long a thread gives way to another one that waits. Python's own five milliseconds, once for
each time that a reading thread meets the painting one, are a good part of what a key may take."""


def run_dashboard(root: Path, given: Mapping[str, Any] | None = None) -> int:
    """Run the dashboard on the library in `root`, or on the welcome page where there is none.

    Args:
        root: the library's folder.
        given: settings that the command line named.

    Raises:
        SigntuiError: there is no terminal, the library cannot be opened, or a bug ended the
            dashboard; its traceback is in the log that the message names.
    """
    if not (
        sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()
    ):
        raise SigntuiError(
            "The dashboard needs a terminal.", hint="Without one: signtui stats, signtui status"
        )
    share_heaps()
    sys.setswitchinterval(_SWITCH_S)
    log_path = user_log_path("signtui", appauthor=False) / "dashboard.log"
    settings = read_settings()
    drawing = find_drawing(settings.graphics)
    app = SignApp(root=root, settings=settings, given=given, drawing=drawing)
    with guarded_terminal(log_path):
        logging.basicConfig(
            filename=log_path,
            encoding="utf-8",
            level=logging.WARNING,
            format="%(asctime)s %(levelname)s %(name)s %(message)s",
        )
        app.run()
    if app.opening_error is not None:
        raise app.opening_error
    if app.return_code:
        raise SigntuiError(
            "The dashboard ended because of a bug. Jobs that it started were stopped.",
            hint=f"The traceback is in {log_path}",
        )
    return 0
