"""A field for a path, which completes what is being typed from the folders that are there."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from textual.suggester import Suggester
from textual.widgets import Input

from store.paths import user_path

_LOOKED_AT: Final = 5000
"""Entries of a folder that are looked through at most: a folder of a million clips must not hold."""


class PathSuggester(Suggester):
    """Completes a path by the first entry, in the order of names, that goes on like it."""

    def __init__(self, *, folders_only: bool = False) -> None:
        # What lies in a folder changes: nothing is cached.
        super().__init__(use_cache=False, case_sensitive=True)
        self._folders_only = folders_only

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(complete_path, value, folders_only=self._folders_only)


def complete_path(value: str, *, folders_only: bool = False) -> str | None:
    """The whole path that `value` begins, or None; folders end with a separator."""
    head, part = os.path.split(value)
    if not part:
        return None
    best: str | None = None
    try:
        with os.scandir(user_path(head or ".")) as entries:
            for _, entry in zip(range(_LOOKED_AT), entries, strict=False):
                if not entry.name.startswith(part) or (folders_only and not entry.is_dir()):
                    continue
                name = entry.name + (os.sep if entry.is_dir() else "")
                best = name if best is None or name < best else best
    except (OSError, ValueError):
        return None
    return None if best is None else value[: len(value) - len(part)] + best


class PathField(Input):
    """A compact field with completion: the right arrow takes what is offered."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        folders_only: bool = False,
        id: str | None = None,  # noqa: A002 - as in Textual
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            suggester=PathSuggester(folders_only=folders_only),
            id=id,
            compact=True,
        )
