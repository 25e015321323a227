"""The states and kinds of the domain, in the words that the catalog stores."""

from enum import StrEnum
from typing import Final


class Availability(StrEnum):
    """What a scan found where a clip should be."""

    UNKNOWN = "unknown"
    AVAILABLE = "available"
    MISSING = "missing"
    CORRUPT = "corrupt"


class ExtractionStatus(StrEnum):
    """How far the extraction of one instance is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    NO_HANDS = "no_hands"
    FAILED = "failed"


class Status(StrEnum):
    """How far a job or a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class JobKind(StrEnum):
    IMPORT = "import"
    SCAN = "scan"
    EXTRACT = "extract"
    TRAIN = "train"
    EVALUATE = "evaluate"
    LIVE = "live"
    DEMO = "demo"


class Request(StrEnum):
    """What a watcher may ask of a running job."""

    PAUSE = "pause"
    STOP = "stop"


ENDED: Final = frozenset(
    {Status.FINISHED, Status.FAILED, Status.CANCELLED, Status.INTERRUPTED},
)
SPLITS: Final = ("train", "val", "test")

UNKNOWN_REASON: Final = "unknown"
"""What a failed extraction without a reason is said to have failed for."""
