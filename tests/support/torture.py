"""How often a test tries to break a promise: a few times in `make test`, far more with `--torture`."""

import os
import random
from typing import Final

ASKED: Final = "SIGNTUI_TORTURE"
"""Set by the option, so that test processes and their children know of it when they import."""


def many(short: int, long: int) -> int:
    """`long` with `--torture`, else `short`."""
    return long if os.environ.get(ASKED) else short


def dice() -> random.Random:
    """Draws anew with `--torture`; the same each time in `make test`, so that no change is blamed for luck."""
    return random.Random(many(7, 0) or None)  # noqa: S311
