"""Which signer goes into which part, so that nobody is in two and few glosses lack a part.

Threshold accepting (Dueck and Scheuer 1990) from a few starts: signers are moved and exchanged at
random, a step that makes things worse is taken while it stays within a limit, and the limit falls
to nothing. Only sums and comparisons decide, so that the same clips and the same seed give the
same parts on every machine.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.words import SPLITS

HELD_OUT: Final = 0.15
"""Share of the clips that is aimed at for val, and again for test."""
TOLERANCE: Final = 0.1
"""How far a part may be from its share, relative to it, before that counts."""
_SHARE_WEIGHT: Final = 2.0
_TRAIN_WEIGHT: Final = 5.0
"""A gloss without a train clip is worse than one without a val or a test clip."""
_STARTS: Final = 6
_STEPS: Final = 10_000
_STEPS_PER_SIGNER: Final = 150
"""So many steps from each start, at most the number above."""
_FIRST_LIMIT: Final = 0.03
"""How much worse a first step may be, as a share of the glosses."""
_TRAIN, _VAL, _TEST = range(len(SPLITS))

_Counts = NDArray[np.int32]


def assign_signers(glosses: Mapping[str, Counter[str]], seed: int = 0) -> dict[str, str]:
    """Give each signer a part. The same in whatever order signers and glosses come.

    Args:
        glosses: how many clips of each gloss each signer has; at least two signers.
        seed: another one gives another, equally valid assignment.

    Returns:
        train, val or test for each signer; train and val have somebody, and test from three
        signers on.
    """
    names = sorted(glosses)
    clips = _count(glosses, names)
    found = []
    for start in range(_STARTS):
        rng = np.random.default_rng([seed, start])
        search = _Search(clips, _first_parts(clips, rng))
        found.append(search.run(rng))
    _, best = min(found, key=lambda item: item[0])
    return {name: SPLITS[part] for name, part in zip(names, _val_first(clips, best), strict=True)}


def _val_first(clips: _Counts, parts: list[int]) -> list[int]:
    """Call the one of val and test val that has more glosses: epochs are chosen on it."""
    covered = {
        part: np.count_nonzero(clips[np.array(parts) == part].sum(axis=0)) for part in (_VAL, _TEST)
    }
    if covered[_VAL] >= covered[_TEST]:
        return parts
    exchanged = {_TRAIN: _TRAIN, _VAL: _TEST, _TEST: _VAL}
    return [exchanged[part] for part in parts]


def _count(glosses: Mapping[str, Counter[str]], names: list[str]) -> _Counts:
    """Clips of each signer by gloss. shape=(signers, glosses)."""
    every = sorted({gloss for own in glosses.values() for gloss in own})
    columns = {gloss: column for column, gloss in enumerate(every)}
    clips = np.zeros((len(names), len(columns)), np.int32)
    for row, name in enumerate(names):
        for gloss, count in glosses[name].items():
            clips[row, columns[gloss]] = count
    return clips


def _first_parts(clips: _Counts, rng: np.random.Generator) -> list[int]:
    """Somebody for each part, then val and test are filled up to their share."""
    sizes = clips.sum(axis=1)
    wanted = HELD_OUT * sizes.sum()
    small_first = [int(row) for row in np.argsort(sizes, kind="stable")]
    parts = [_TRAIN] * len(clips)
    filled = {}
    for name, row in zip((_VAL, _TEST), small_first[:-1], strict=False):
        parts[row], filled[name] = name, int(sizes[row])
    others = np.array(small_first[len(filled) : -1], np.int64)
    for row in rng.permutation(others):
        name = min(filled, key=lambda name: filled[name])
        if filled[name] + sizes[row] <= wanted:
            parts[row] = name
            filled[name] += int(sizes[row])
    return parts


class _Search:
    """A walk through assignments. Signers, glosses and parts are numbers."""

    def __init__(self, clips: _Counts, parts: list[int]) -> None:
        self._clips = clips
        self._parts = parts
        self._members = [parts.count(part) for part in range(len(SPLITS))]
        held = np.zeros((len(SPLITS), clips.shape[1]), np.int32)
        np.add.at(held, parts, clips)
        self._held = list(held)
        """Clips by gloss in each part, each of shape=(glosses,)."""
        self._lacking = [self._count_lacking(row) for row in self._held]
        self._sizes = [int(row.sum()) for row in self._held]
        self._wanted = HELD_OUT * sum(self._sizes)

    def run(self, rng: np.random.Generator) -> tuple[float, list[int]]:
        """Return the lowest cost met, and its part of each signer."""
        signers, glosses = self._clips.shape
        cost = self._cost(self._lacking, self._sizes)
        best, best_parts = cost, self._parts.copy()
        steps = min(_STEPS, _STEPS_PER_SIGNER * signers)
        draws = rng.integers(0, [signers, signers, len(SPLITS)], (steps, 3)).tolist()
        for step, (one, other, turn) in enumerate(draws):
            limit = _FIRST_LIMIT * glosses * (1 - step / steps)
            cost = self._step(one, other, turn, cost, cost + limit)
            if cost < best:
                best, best_parts = cost, self._parts.copy()
        return best, best_parts

    def _step(self, one: int, other: int, turn: int, cost: float, most: float) -> float:
        """Move a signer, or exchange two where `turn` is 0, and return the cost.

        Nothing changes where that would cost more than `most` or leave a part empty.
        """
        here = self._parts[one]
        there = (here + turn) % len(SPLITS) if turn else self._parts[other]
        if here == there or (turn and self._members[here] == 1):
            return cost
        moving = self._clips[one] if turn else self._clips[one] - self._clips[other]
        rows = {here: self._held[here] - moving, there: self._held[there] + moving}
        lacking, sizes = self._lacking.copy(), self._sizes.copy()
        for part, row in rows.items():
            lacking[part], sizes[part] = self._count_lacking(row), int(row.sum())
        new = self._cost(lacking, sizes)
        if new > most:
            return cost
        for part, row in rows.items():
            self._held[part] = row
        self._lacking, self._sizes = lacking, sizes
        self._parts[one] = there
        if turn:
            self._members[here] -= 1
            self._members[there] += 1
        else:
            self._parts[other] = here
        return new

    def _cost(self, lacking: list[int], sizes: list[int]) -> float:
        """Glosses that parts lack, and how far parts are from their share; less is better."""
        glosses = self._clips.shape[1]
        off = sum(
            max(0.0, abs(sizes[part] - self._wanted) / self._wanted - TOLERANCE)
            for part in (_VAL, _TEST)
        )
        share = _SHARE_WEIGHT * glosses * off
        return _TRAIN_WEIGHT * lacking[_TRAIN] + lacking[_VAL] + lacking[_TEST] + share

    @staticmethod
    def _count_lacking(row: _Counts) -> int:
        return len(row) - int(np.count_nonzero(row))
