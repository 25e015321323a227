"""From a config to labels and a checked split of the catalog's clips."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.config import TrainConfig
from ml.errors import EmptySplitError
from store.catalog import (
    SequenceRow,
    choose_extractor,
    list_extractors,
    list_glosses,
    list_sequences,
)
from store.files import write_text
from store.library import Library
from store.splits import Split, add_copies, check_no_leak, make_split

SPLIT_FILE: Final = "split.json"


@dataclass(frozen=True, slots=True)
class Data:
    """What a training or an evaluation works on."""

    labels: list[str]
    """Glosses in the order of the model's outputs."""
    rows: list[SequenceRow]
    split: Split
    extractor_id: int
    extractor: dict[str, Any]
    """What produced the landmarks; live must use the same."""


def prepare_data(library: Library, config: TrainConfig, extractor_id: int | None = None) -> Data:
    """Choose the clips and share them out.

    Raises:
        NotInCatalogError: the glosses or landmarks for them are not there.
        SplitError: the split cannot be made.
        EmptySplitError: train or val has no clip.
        LeakError: identical clips would lie in two parts.
    """
    with library.reading() as session:
        wanted = config.glosses
        glosses = list_glosses(session, subset=wanted) if isinstance(wanted, str) else wanted
        if extractor_id is None:
            extractor_id = choose_extractor(
                session, glosses=glosses, landmark_set=config.features.landmark_set
            )
        rows = list_sequences(session, extractor_id=extractor_id, glosses=glosses)
        about = next(row for row in list_extractors(session) if row.id == extractor_id)
    split = make_split(rows, config.split, config.gate, config.split_seed)
    if not split.leaking:
        check_no_leak(split)
    if config.augment.copies:
        split = add_copies(split, rows)
    require_parts(split)
    extractor = {
        "key": about.key,
        "landmark_set": about.landmark_set,
        "origin": about.origin,
        "settings": about.settings,
    }
    labels = _labels(glosses, rows)
    return Data(labels, rows, split, extractor_id, extractor)


def _labels(glosses: list[str] | None, rows: list[SequenceRow]) -> list[str]:
    """All glosses with landmarks, in the order asked for."""
    there = {row.gloss for row in rows}
    return [gloss for gloss in dict.fromkeys(glosses or sorted(there)) if gloss in there]


def require_parts(split: Split) -> None:
    """Raises EmptySplitError where train or val has no clip."""
    for name, samples in (("train", split.train), ("val", split.val)):
        if not samples:
            raise EmptySplitError(
                f"The split {split.kind} has no clips with landmarks in {name}.",
                hint="Extract more clips, or choose another --split.",
            )


def write_split(folder: Path, data: Data) -> None:
    """Keep which clip was in which part, so that later clips can be told from them."""
    parts = {
        name: sorted({sample.row.video_id for sample in samples})
        for name, samples in (
            ("train", data.split.train),
            ("val", data.split.val),
            ("test", data.split.test),
        )
    }
    text = json.dumps({**data.split.identity, **parts}, indent=1)
    write_text(folder / SPLIT_FILE, text + "\n")
