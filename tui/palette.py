"""Every action by name: what the command palette finds, named as on the command line."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    about: str
    screen: str
    action: str = ""
    """Action of the screen; empty: just go there."""


ENTRIES: Final = (
    Entry("stats", "The dataset at a glance", "library"),
    Entry("import", "Bring a dataset or landmarks into the library", "library", "import_data"),
    Entry("filter", "Filter the instances by gloss, video id or SQL", "library", "filter"),
    Entry("scan", "Look which clips are there and can be read", "extract", "scan"),
    Entry("extract", "Find the hands in all clips that wait for it", "extract", "start"),
    Entry("extract --retry-failed", "Try failed clips again", "extract", "retry"),
    Entry("runs", "All trainings and their results", "runs"),
    Entry("train", "Train a model", "runs", "new_run"),
    Entry("train --resume", "Go on with an interrupted run", "runs", "resume"),
    Entry("evaluate", "Measure a run on a split", "runs", "evaluate"),
    Entry("live", "Predictions from a clip", "live"),
    Entry("sql", "Ask the catalog", "sql"),
    Entry("status", "All jobs, running and past", "jobs"),
)
