"""What workers tell the screens. Progress replaces what was not read yet; results do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from store.jobs import JobRow
    from store.library import Library
    from tui.reading.live_events import Picture


@dataclass
class JobsRead(Message):
    """The jobs as the catalog of a library has them now, the newest first."""

    library: Library
    jobs: tuple[JobRow, ...]

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, JobsRead)


@dataclass
class LiveEvent(Message):
    """One line that the live job wrote."""

    job_id: int
    event: dict[str, Any]
    picture: Picture | None = None
    """What a `view` holds."""

    def can_replace(self, message: Message) -> bool:
        # Textual asks the older message: of pictures that wait, only the newest is drawn.
        return (
            isinstance(message, LiveEvent)
            and self.event.get("event") == message.event.get("event") == "view"
        )


@dataclass
class LiveEnded(Message):
    """The live job closed its output."""

    job_id: int
