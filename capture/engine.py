"""What runs the clips of an extraction: processes of this machine, or a cluster."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

from capture.pool import Failure
from capture.worker import ClipResult
from store.extractions import Work

Outcome = tuple[int, ClipResult | Failure]
"""The extraction's id, and what became of it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a clip is that was handed out."""

    frames: int = 0
    pid: int | None = None
    """The process at work on it; None while it waits for one."""
    memory_bytes: int = 0
    host: str = ""
    """Where that process is; empty for this machine."""


class Engine(Protocol):
    """Takes work, gives landmarks; use it in a `with`, whose end leaves unfinished work undone.

    It writes neither landmarks nor catalog.
    """

    @property
    def workers(self) -> int:
        """Clips that are worked on at the same time, at least 1."""
        ...

    @property
    def note(self) -> str:
        """What keeps it from working, for people; empty where nothing does."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """What the job's result shall tell of it, as JSON."""
        ...

    def takes(self, work: Work) -> bool:
        """Whether there is room for a clip; if so, it is kept until the clip is sent and back."""
        ...

    def send(self, work: Work, *, timeout_s: float) -> None:
        """Hand out a clip for which there was room; its time starts when a worker takes it."""
        ...

    def collect(self, wait_s: float) -> list[Outcome]:
        """Wait for clips to finish, at most `wait_s`.

        Raises:
            CaptureError: nothing can be worked on.
            JobInterruptedError: what works is gone.
        """
        ...

    def standing(self, extraction_id: int) -> Standing:
        """How far a clip is that was sent and is not back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
