"""What goes between an extraction and the workers of a cluster.

Light: the scheduler of a cluster imports it too, to read the names of functions. All that needs
MediaPipe or OpenCV is in `capture.remote`, which a worker loads when it runs the first of these.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from capture.config import TrackerConfig

if TYPE_CHECKING:
    from capture.pool import Failure
    from capture.worker import ClipResult

METRIC: Final = "signtui"
"""Under this name a worker's heartbeats tell how far its clips are: task -> (pid, frames, bytes)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What must be the same on all workers, or the landmarks of one extractor would mix."""

    version: str
    """Of signtui."""
    tracker: TrackerConfig
    settings: dict[str, Any]
    """As `extractor_settings` gives them: MediaPipe's version and the hashes of its models."""


@dataclass(frozen=True, slots=True)
class File:
    """A clip as the scan saw it, by a name that other systems can read too."""

    path: str
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Errand:
    """One clip for a worker, all that it needs."""

    identity: Identity
    file: File
    content: bytes | None
    """The file's bytes; None: the worker reads it by its path."""
    first: int
    last: int
    timeout_s: float
    clips_per_worker: int


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a worker says of itself before it gets a clip."""

    host: str
    refusal: str
    """Why it may not work; empty where it may."""
    sees: bool = False
    """Whether it reads the same file under the same path."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """The worker does not see the file: it needs the bytes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The worker cannot be used, whatever the clip."""

    worker: str
    """Its address."""
    reason: str


def greet(identity: Identity, sample: File, clips_per_worker: int) -> Greeting:
    """Run by each worker first: whether it can do the work, tried with a process of its own."""
    from capture import remote  # noqa: PLC0415

    return remote.greet(identity, sample, clips_per_worker)


def run_errand(errand: Errand) -> "ClipResult | Failure | Unseen | Refused":
    """Run by a worker for each clip; raises nothing, so that what is raised is the cluster's."""
    from capture import remote  # noqa: PLC0415

    return remote.run_errand(errand)
