"""The settings of scanning and extraction. Light: the dashboard imports it."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from capture.errors import ClusterError
from store.errors import SettingsError


class LandmarkSet(StrEnum):
    HANDS = "hands"
    HOLISTIC = "holistic"
    """Hands, upper body and lips."""


@dataclass(frozen=True, slots=True)
class HandsConfig:
    """What decides the landmarks themselves: a changed value makes another extraction."""

    landmark_set: ClassVar[LandmarkSet] = LandmarkSet.HANDS
    detection_confidence: float = 0.5
    """Least score of the palm detector for a hand to be looked at, 0 to 1."""
    tracking_confidence: float = 0.5
    """Least hand presence for a hand to be followed into the next frame, 0 to 1."""
    complexity: int = 1
    """Hand landmark model: 0 lite, 1 full."""
    thorough: bool = False
    """Search every frame for palms, as MediaPipe does: slower, and half a percent more hands."""

    def __post_init__(self) -> None:
        _check_confidences(self)
        if self.complexity not in (0, 1):
            raise SettingsError("complexity must be 0 or 1.", hint="1 is the full model.")


@dataclass(frozen=True, slots=True)
class HolisticConfig:
    """What decides `holistic` landmarks; the pose model is `full`, the face is not refined."""

    landmark_set: ClassVar[LandmarkSet] = LandmarkSet.HOLISTIC
    detection_confidence: float = 0.5
    """Least score of the pose detector for a person to be looked at, 0 to 1."""
    tracking_confidence: float = 0.5
    """Least pose presence for a person to be followed into the next frame, 0 to 1."""

    def __post_init__(self) -> None:
        _check_confidences(self)


TrackerConfig = HandsConfig | HolisticConfig


def _check_confidences(config: TrackerConfig) -> None:
    for name in ("detection_confidence", "tracking_confidence"):
        if not 0.0 <= getattr(config, name) <= 1.0:
            raise SettingsError(f"{name} must lie between 0 and 1.", hint="0.5 is usual.")


@dataclass(frozen=True, slots=True)
class ExtractConfig:
    """One extraction job."""

    hands: HandsConfig = field(default_factory=HandsConfig)
    landmarks: LandmarkSet = LandmarkSet.HANDS
    """Which landmark set; only its own settings count."""
    holistic: HolisticConfig = field(default_factory=HolisticConfig)
    workers: int = 0
    """Worker processes; 0 takes one for each CPU core, but no more than 8."""
    limit: int | None = None
    """Stop after so many clips."""
    glosses: tuple[str, ...] | None = None
    """Only instances of these glosses."""
    retry_failed: bool = False
    """Try clips again that failed before."""
    retry_kind: str | None = None
    """Try only clips again that failed for this reason (`timeout`, `crash` …), and nothing else."""
    time_limit_s: float = 120.0
    """Longest time for one clip, plus `time_per_frame_s` for each of its frames."""
    time_per_frame_s: float = 1.0
    attempts: int = 3
    """A clip fails for good after so many attempts."""
    clips_per_worker: int = 200
    """A worker is replaced after so many clips, which bounds what native code can leak."""
    cluster: str | None = None
    """Scheduler of a Dask cluster, by address or file; None: processes of this machine."""
    bytes_in_flight: int = 256 * 2**20
    """Clips that are on their way to a cluster are no more than this together, or one clip."""

    def __post_init__(self) -> None:
        if self.workers < 0 or min(self.attempts, self.clips_per_worker, self.bytes_in_flight) < 1:
            raise SettingsError(
                "workers, attempts, clips_per_worker and bytes_in_flight are counts."
            )
        if self.limit is not None and self.limit < 0:
            raise SettingsError("limit must not be negative.")
        if self.time_limit_s <= 0 or self.time_per_frame_s < 0:
            raise SettingsError("The time limits must be positive numbers of seconds.")

    @property
    def worker_count(self) -> int:
        return self.workers or default_workers()

    @property
    def tracker(self) -> TrackerConfig:
        """The settings of the chosen landmark set."""
        return self.holistic if self.landmarks is LandmarkSet.HOLISTIC else self.hands

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ExtractConfig":
        """Read what `to_json` wrote.

        Raises:
            SettingsError: an unknown name or a value out of bounds.
        """
        values = dict(data)
        values["landmarks"] = landmark_set(values.get("landmarks", LandmarkSet.HANDS))
        values["hands"] = _build(HandsConfig, values.get("hands", {}))
        values["holistic"] = _build(HolisticConfig, values.get("holistic", {}))
        if values.get("glosses") is not None:
            values["glosses"] = tuple(values["glosses"])
        return _build(cls, values)


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """One scan job."""

    full: bool = False
    """Decode every file again, also those whose size and time have not changed."""
    workers: int = 0
    time_limit_s: float = 120.0
    """Longest time for one clip."""

    @property
    def worker_count(self) -> int:
        return self.workers or default_workers()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ScanConfig":
        """Read what `to_json` wrote.

        Raises:
            SettingsError: an unknown name.
        """
        return _build(cls, data)


_Config = TypeVar("_Config", HandsConfig, HolisticConfig, ExtractConfig, ScanConfig)


def landmark_set(name: object) -> LandmarkSet:
    """The landmark set of a name. Raises SettingsError."""
    try:
        return LandmarkSet(str(name))
    except ValueError as error:
        raise SettingsError(
            f"There is no landmark set {str(name)[:40]}.",
            hint=f"There are: {', '.join(LandmarkSet)}.",
        ) from error


def require_cluster_extra() -> None:
    """Raises ClusterError where Dask is not installed; imports nothing."""
    if importlib.util.find_spec("distributed") is None:
        raise ClusterError(
            "Extraction on a cluster needs Dask, which is not installed.",
            hint="Install it: pip install -c constraints.txt '.[cluster]'",
        )


def default_workers() -> int:
    return max(1, min(8, os.cpu_count() or 1))


def _build(kind: type[_Config], values: Mapping[str, Any]) -> _Config:
    names = {item.name for item in fields(kind)}
    unknown = sorted(set(values) - names)
    if unknown:
        raise SettingsError(
            f"{kind.__name__} has no setting named {', '.join(unknown)}.",
            hint=f"It has: {', '.join(sorted(names))}.",
        )
    return kind(**values)
