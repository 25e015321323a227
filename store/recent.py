"""The libraries that were open last, remembered beside the settings file."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from store.errors import StoreError
from store.files import write_text
from store.settings import settings_path

KEPT: Final = 8


def recent_path() -> Path:
    """Where the list lies."""
    return settings_path().with_name("recent.json")


def list_recent() -> list[Path]:
    """Folders of libraries, the one opened last first; those that are gone are left out."""
    try:
        names = json.loads(recent_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not isinstance(names, list):
        return []
    paths = [Path(name) for name in names if isinstance(name, str)]
    return [path for path in paths if (path / "catalog.sqlite").is_file()][:KEPT]


def remember(root: Path) -> None:
    """Put a library first in the list; a list that cannot be written is no reason to stop."""
    root = root.absolute()
    others = [path for path in list_recent() if path != root]
    text = json.dumps([str(path) for path in [root, *others][:KEPT]], ensure_ascii=False, indent=1)
    with suppress(StoreError):
        write_text(recent_path(), text + "\n")
