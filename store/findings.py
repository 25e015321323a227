"""What a check finds."""

from dataclasses import asdict, dataclass
from typing import Any, Final

BEYOND_REPAIR: Final = frozenset({"bundle", "checkpoint"})
"""Kinds of findings that are only named: what is lost cannot be made of the rest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that catalog and files disagree about."""

    kind: str
    """damaged, missing, stale, orphan, folder, bundle, checkpoint, clip or catalog."""
    name: str
    """A file of the library, or a place in the catalog."""
    text: str
    repaired: bool


@dataclass(frozen=True, slots=True)
class CheckReport:
    files: int
    sequences: int
    findings: list[Finding]

    @property
    def clean(self) -> bool:
        """Nothing is left to repair."""
        return all(finding.repaired for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "clean": self.clean}
