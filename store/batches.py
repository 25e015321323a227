"""Lists of values in pieces that fit into one statement."""

from collections.abc import Iterable
from typing import Any, Final

_AT_ONCE: Final = 500
"""Values in one IN (…): far below SQLite's limit on variables."""


def batches(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Cut values into lists that fit into one statement."""
    items = list(values)
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
