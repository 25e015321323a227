"""Clips of one part as arrays, varied anew in each epoch where it is train."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.augment import augment, notebook_copy
from ml.config import FeatureConfig, TrainConfig
from ml.errors import EmptySplitError
from ml.features import Floats, extract_features, notebook_frames, notebook_window
from store.catalog import load_sequences
from store.landmarks import Sequence
from store.library import Library
from store.splits import CopyKind, Sample

Targets = NDArray[np.int64]
_ORDER: Final = 1
_VARIATION: Final = 2
_COPY: Final = 3
"""Streams of random numbers, so that none depends on how much another draws."""


@dataclass(frozen=True, slots=True)
class Part:
    """Train, val or test, ready to be turned into arrays."""

    sequences: tuple[Sequence, ...]
    copies: tuple[CopyKind, ...]
    targets: Targets
    """Index of the gloss among the labels. shape=(clips,)."""

    def __len__(self) -> int:
        return len(self.sequences)


def load_part(library: Library, samples: tuple[Sample, ...], labels: list[str]) -> Part:
    """Read the landmarks of a part.

    Raises:
        EmptySplitError: there are no clips in it.
        DamagedFileError: a landmark file cannot be read.
    """
    if not samples:
        raise EmptySplitError(
            "There are no clips with landmarks in one part of this split.",
            hint="Extract more clips, or choose another --split.",
        )
    index = {gloss: number for number, gloss in enumerate(labels)}
    sequences = load_sequences(library, [sample.row for sample in samples])
    targets = np.array([index[sample.row.gloss] for sample in samples], np.int64)
    return Part(tuple(sequences), tuple(sample.copy for sample in samples), targets)


def plain_features(part: Part, config: FeatureConfig, seed: int = 0) -> Floats:
    """The features of a part as it is. shape=(clips, length, channels)."""
    rows = []
    for index, (sequence, copy) in enumerate(zip(part.sequences, part.copies, strict=True)):
        if copy == "original":
            rows.append(extract_features(sequence, config))
        else:
            rng = np.random.default_rng([seed, _COPY, index])
            rows.append(_copy_features(sequence, copy, config, rng))
    return np.stack(rows)


def _copy_features(
    sequence: Sequence, copy: CopyKind, config: FeatureConfig, rng: np.random.Generator
) -> Floats:
    """The features of one of the notebook's copies. shape=(length, channels)."""
    if config.kind == "notebook":
        return notebook_window(
            notebook_copy(notebook_frames(sequence.landmarks), copy, rng), config
        )
    # The notebook's split with our own features: the same copies, made of the landmarks.
    landmarks = notebook_copy(sequence.landmarks, copy, rng)
    body = None if sequence.body is None else notebook_copy(sequence.body, copy, rng)
    return extract_features(replace(sequence, landmarks=landmarks, score=None, body=body), config)


@dataclass(slots=True)
class TrainingData:
    """Gives the arrays of any epoch: the same for the same seed and epoch, whatever came before."""

    part: Part
    config: TrainConfig
    _plain: Floats | None = None

    def epoch(
        self, epoch: int, positions: NDArray[np.int64] | None = None
    ) -> tuple[Floats, Targets]:
        """Features, shape=(clips, length, channels), and targets, shape=(clips,), shuffled.

        Args:
            epoch: from 0.
            positions: places in the epoch, where not all clips are wanted.
        """
        rng = np.random.default_rng([self.config.seed, _ORDER, epoch])
        order = rng.permutation(len(self.part))
        if positions is not None:
            order = order[positions]
        if self.config.augment.copies:
            if self._plain is None:
                self._plain = plain_features(self.part, self.config.features, self.config.seed)
            return self._plain[order], self.part.targets[order]
        rows = [self._varied(int(index), epoch) for index in order]
        return np.stack(rows), self.part.targets[order]

    def _varied(self, index: int, epoch: int) -> Floats:
        rng = np.random.default_rng([self.config.seed, _VARIATION, epoch, index])
        sequence, times = augment(self.part.sequences[index], self.config.augment, rng)
        return extract_features(sequence, self.config.features, timestamps=times)
