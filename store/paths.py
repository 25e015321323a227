"""Paths as people write them."""

import os
from pathlib import Path
from typing import Final

CLIP_SUFFIXES: Final = frozenset({".mp4", ".mkv", ".webm", ".mov", ".avi", ".swf", ".m4v", ".mpg"})


def user_path(written: str | os.PathLike[str]) -> Path:
    """The path that someone means: `~` is home, and the home of nobody is a name like any other."""
    path = Path(written)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):
        return path
