"""How a Dask cluster is named: the address of its scheduler, or the file in which that stands."""

import re
from pathlib import Path
from typing import Final

from store.errors import SettingsError
from store.paths import user_path

HERE: Final = "local"
"""What stands for this machine where a cluster could be named."""
_BARE: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}")
_WHOLE: Final = re.compile(r"[a-z]+://\S+")


def cluster_address(text: str) -> str | None:
    """An address with its protocol, the absolute path of a scheduler file, or None for `local`.

    Raises:
        SettingsError: it is none of these.
    """
    said = text.strip()
    if said == HERE:
        return None
    if _WHOLE.fullmatch(said):
        return said
    if _BARE.fullmatch(said):
        return f"tcp://{said}"
    path = user_path(said) if said else Path()
    if path.suffix == ".json" or path.is_file():
        return str(path.absolute())
    raise SettingsError(
        f"{said[:80]!r} names no cluster.",
        hint="Give tcp://host:8786, tls://host:8786, a scheduler file, or local for this machine.",
    )


def is_address(cluster: str) -> bool:
    """Whether it is an address, and not a scheduler file."""
    return "://" in cluster
