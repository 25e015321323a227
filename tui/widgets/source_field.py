"""The field for a source: camera, clip, folder or address, with completion."""

from __future__ import annotations

import asyncio

from textual.suggester import Suggester
from textual.widgets import Input

from tui.widgets.path_field import complete_path


class _SourceSuggester(Suggester):
    """Completes by the known sources, in their order, and then by the folders that are there."""

    def __init__(self) -> None:
        # What lies in a folder changes: nothing is cached.
        super().__init__(use_cache=False, case_sensitive=True)
        self.known: tuple[str, ...] = ()

    async def get_suggestion(self, value: str) -> str | None:
        wanted = value.casefold()
        found = (name for name in self.known if name.casefold().startswith(wanted))
        return next(found, None) or await asyncio.to_thread(complete_path, value)


class SourceField(Input):
    """The right arrow takes what is offered."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        self._sources = _SourceSuggester()
        super().__init__(
            placeholder="camera 0, a clip, a folder, rtsp:// or http://",
            suggester=self._sources,
            id=id,
            compact=True,
        )

    def offer(self, sources: tuple[str, ...]) -> None:
        """Complete by these first."""
        self._sources.known = sources
