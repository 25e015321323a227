"""What a training's clips and glosses let one expect of it."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from sqlalchemy import select

from ml.config import TrainConfig
from ml.prepare import Data
from store.catalog import list_glosses
from store.intervals import wilson
from store.library import Library
from store.schema import Clip, SubsetEntry
from store.splits import Sample

_NAMED: Final = 4
"""Glosses that a sentence names before it stops counting them up."""
_FEW_TRAIN: Final = 5
"""Fewer train clips to a gloss are few: WLASL's own official split has at least so many."""
_FEW_VAL: Final = 60
"""With fewer val clips a ratio of a half is known to within 12 points at best."""


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The training would not start, or not end well."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    kind: str
    """A word for programs, such as `leak`."""
    message: str
    hint: str = ""


def count_clips(samples: Collection[Sample]) -> int:
    """Copies of a clip are one clip."""
    return len({sample.row.instance_id for sample in samples})


def find_leak(data: Data) -> Iterator[Finding]:
    if data.split.kind == "notebook":
        yield Finding(
            Level.WARNING,
            "leak",
            "This split leaks: copies of the same clips are in train and val, so its numbers say "
            "nothing about new clips.",
            "It is there for comparison; take --split official or signer to learn something.",
        )
    elif data.split.leaking:
        kept = data.split.dropped.crossing_kept
        yield Finding(
            Level.WARNING,
            "leak",
            f"This split leaks: duplicates are kept, and {_clips(kept)} of train or val "
            f"{'is' if kept == 1 else 'are'} in a later part as well.",
            "Take --duplicates drop to learn how well new clips go.",
        )


def find_glosses(library: Library, config: TrainConfig, data: Data) -> Iterator[Finding]:
    labels = data.labels
    if len(labels) == 1:
        yield Finding(Level.WARNING, "one_gloss", "With one gloss there is nothing to tell apart.")
    unseen = [gloss for gloss in _wanted(library, config) if gloss not in set(labels)]
    if unseen:
        yield Finding(
            Level.WARNING,
            "no_landmarks",
            f"{_some(unseen)} without any landmarks: the model will not know them.",
            "Run: signtui extract",
        )
    train, val = (Counter(s.row.gloss for s in part) for part in (data.split.train, data.split.val))
    if lacking := [gloss for gloss in labels if not train[gloss]]:
        said = f"{_some(lacking)} without a train clip: they cannot be learnt."
        yield Finding(Level.WARNING, "no_train_clip", said)
    if lacking := [gloss for gloss in labels if not val[gloss]]:
        said = f"{_some(lacking)} without a val clip: nobody will know how well they go."
        yield Finding(Level.WARNING, "no_val_clip", said)


def _wanted(library: Library, config: TrainConfig) -> list[str]:
    if not isinstance(config.glosses, str):
        return config.glosses or []
    with library.reading() as session:
        return list_glosses(session, subset=config.glosses)


def _some(glosses: list[str]) -> str:
    """The first few by name and how many there are, as the start of a sentence."""
    named = ", ".join(glosses[:_NAMED]) + (" …" if len(glosses) > _NAMED else "")
    return f"{len(glosses):,} gloss{'' if len(glosses) == 1 else 'es'} ({named})"


def find_clips(data: Data) -> Iterator[Finding]:
    clips = {(s.row.gloss, s.row.instance_id) for s in data.split.train}
    each = Counter(gloss for gloss, _ in clips)
    middle = median(each[gloss] for gloss in data.labels)
    if middle < _FEW_TRAIN:
        said = f"Half of the glosses have {middle:g} train clips or fewer."
        yield Finding(Level.WARNING, "few_train_clips", said, "Fewer glosses, or more clips, help.")
    n_val = count_clips(data.split.val)
    if n_val < _FEW_VAL:
        low, high = wilson(n_val // 2, n_val)
        yield Finding(
            Level.WARNING,
            "few_val_clips",
            f"Val has {n_val} clips: a top-1 of about 50 % could be anything from "
            f"{100 * low:.0f} to {100 * high:.0f} %.",
        )
    if not data.split.test and not data.split.leaking:
        said = "No test clip has landmarks: only val, which chooses the epoch, can be measured."
        yield Finding(Level.INFO, "no_test_clip", said)


def find_dropped(data: Data) -> Iterator[Finding]:
    dropped = data.split.dropped
    for number, kind, said in (
        (dropped.crossing, "crossing", "left out of train or val: identical ones are in a later part"),
        (dropped.repeated, "repeated", "left out of train: the same clip stands there already"),
        (dropped.disputed, "disputed", "left out of train: it has the same under another gloss"),
        (dropped.contradicting, "contradicting", "of train also stand there under another gloss"),
        (dropped.judged_contradicting, "judged_contradicting",
         "of val or test are there under several glosses: one answer at most is right"),
        (dropped.judged_repeated, "judged_repeated", "of val or test are there more than once"),
        (dropped.no_signer, "no_signer", "left out: the index names no signer"),
        (dropped.no_part, "no_part", "left out: the index names no split"),
    ):  # fmt: skip
        if number:
            yield Finding(Level.INFO, kind, f"{_clips(number)} {said}.")


def _clips(number: int) -> str:
    return "1 clip" if number == 1 else f"{number:,} clips"


def find_subset(library: Library, config: TrainConfig, data: Data) -> Iterator[Finding]:
    """What the official subset names and the library lacks."""
    if not isinstance(config.glosses, str):
        return
    with library.reading() as session:
        named = select(SubsetEntry.video_id, Clip.id).outerjoin(
            Clip, Clip.video_id == SubsetEntry.video_id
        )
        found = session.execute(named.where(SubsetEntry.subset == config.glosses)).all()
    missing = [video_id for video_id, clip in found if clip is None]
    if missing:
        ids = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        said = f"The subset names {len(missing):,} clips that the index lacks ({ids})."
        yield Finding(Level.INFO, "not_in_index", said)
    there = {row.video_id for row in data.rows}
    waiting = sum(video_id not in there for video_id, _ in found)
    if waiting:
        said = f"{waiting:,} of the subset's {len(found):,} clips have no landmarks."
        yield Finding(Level.INFO, "not_extracted", said)
