"""Who learns from which clip: splits made of clips, before any augmentation.

`official` takes train, val and test from the dataset's index. `signer` shares out people, so that
nobody is seen in two parts. In both, identical clips never cross: a train clip that is identical to
one in val or test is left out, and so is a val clip identical to one in test. Within train, further
copies under the same gloss are left out, while identical clips under different glosses all stay:
the model then learns that both answers are right. How many of each kind there were is kept.

`notebook` repeats what the notebook did: slow, fast and noisy copies first, then a random 80/20.
Copies of one clip land on both sides, so its numbers say nothing about new clips; it is there for
comparison and is called leaking wherever it is shown.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from store.errors import StoreError
from store.words import SPLITS

if TYPE_CHECKING:
    from store.catalog import SequenceRow

SplitKind = Literal["official", "signer", "notebook"]
CopyKind = Literal["original", "slow", "fast", "noise"]
Part = Literal["train", "val", "test"]

_HELD_OUT: Final = 0.15
"""Share of the clips that `signer` aims at for val, and again for test."""
_NOTEBOOK_SEED: Final = 42
_NOTEBOOK_HELD_OUT: Final = 0.2
_RARE: Final = 10
"""The notebook copies clips of glosses with fewer instances than this …"""
_SHORTEST: Final = 10
_SHORTEST_FAST: Final = 15
"""… and at least so many frames."""


class SplitError(StoreError):
    """The split that was asked for cannot be made."""


class LeakError(StoreError):
    """Something that val or test rests on is in train as well."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One clip in a part; a `copy` other than `original` exists only for the notebook's sake."""

    row: "SequenceRow"
    copy: CopyKind = "original"


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many clips were treated how, because of identical ones."""

    crossing: int = 0
    """Left out of train or val: identical to one in val or test."""
    repeated: int = 0
    """Left out of train: the same clip under the same gloss once more."""
    contradicting: int = 0
    """Kept in train although an identical clip there bears another gloss."""
    no_signer: int = 0
    """Left out by `signer`: nobody knows who signs."""
    no_part: int = 0
    """Left out by `official`: the index names no part for it."""


@dataclass(frozen=True)
class Split:
    """Train, val and test, and how they came about."""

    kind: SplitKind
    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    test: tuple[Sample, ...]
    dropped: Dropped = Dropped()

    @property
    def leaking(self) -> bool:
        """Whether its numbers are flattered by copies on both sides."""
        return self.kind == "notebook"

    def part(self, name: Part) -> tuple[Sample, ...]:
        return {"train": self.train, "val": self.val, "test": self.test}[name]

    @cached_property
    def hash(self) -> str:
        """The same in every library for the same clips in the same parts."""
        lines = [
            f"{name}\t{sample.row.video_id}\t{sample.row.frame_start}\t{sample.row.frame_end}\t"
            f"{sample.row.gloss}\t{sample.copy}"
            for name in ("train", "val", "test")
            for sample in self.part(name)
        ]
        text = "\n".join([self.kind, *sorted(lines)])
        return hashlib.sha256(text.encode()).hexdigest()


def make_split(rows: Collection["SequenceRow"], kind: SplitKind) -> Split:
    """Share out clips. The same rows in any order give the same split.

    Raises:
        SplitError: `signer` with fewer than two known signers.
    """
    ordered = sorted(rows, key=lambda row: (row.video_id, row.frame_start, row.gloss))
    if kind == "notebook":
        return _notebook_split(ordered)
    parts = _by_signer(ordered) if kind == "signer" else _by_index(ordered)
    left_out = len(ordered) - sum(len(part) for part in parts.values())
    named = Dropped(no_signer=left_out) if kind == "signer" else Dropped(no_part=left_out)
    return _without_twins(kind, parts, named)


def _by_index(rows: list["SequenceRow"]) -> dict[str, list["SequenceRow"]]:
    return {name: [row for row in rows if row.split == name] for name in SPLITS}


def _by_signer(rows: list["SequenceRow"]) -> dict[str, list["SequenceRow"]]:
    """Give whole signers to val and test until each has its share, the rest to train."""
    clips: dict[str, list[SequenceRow]] = defaultdict(list)
    for row in rows:
        if row.signer is not None:
            clips[row.signer].append(row)
    if len(clips) < 2:  # noqa: PLR2004
        raise SplitError(
            f"A split by signer needs at least two known signers, here are {len(clips)}.",
            hint="Use --split official, or name the signers in the index.",
        )
    free = sorted(clips, key=lambda signer: hashlib.sha256(signer.encode()).hexdigest())
    wanted = _HELD_OUT * sum(len(own) for own in clips.values())
    held: dict[str, list[str]] = {}
    for name in ("val", "test"):
        held[name] = _hold_out(free, clips, wanted)
        free = [signer for signer in free if signer not in held[name]]
    held["train"] = free
    return {name: [row for signer in held[name] for row in clips[signer]] for name in SPLITS}


def _hold_out(
    free: list[str], clips: Mapping[str, list["SequenceRow"]], wanted: float
) -> list[str]:
    """Choose signers with about `wanted` clips whose glosses others sign as well."""
    left = Counter(row.gloss for signer in free for row in clips[signer])
    taken: list[str] = []
    size = 0
    for signer in free:
        own = Counter(row.gloss for row in clips[signer])
        covered = all(left[gloss] > count for gloss, count in own.items())
        if covered and size < wanted and size + own.total() <= 1.5 * wanted:
            taken.append(signer)
            size += own.total()
            left -= own
    if not taken and len(free) > 1:
        # Small data sets have no such signer: the smallest one it is.
        taken = [min(free, key=lambda signer: (len(clips[signer]), signer))]
    return taken


def identities(row: "SequenceRow") -> Iterator[tuple[str, ...]]:
    """What a clip is known by: two clips that share any of these are identical."""
    yield ("id", row.video_id, str(row.frame_start))
    if row.url:
        yield ("url", row.url, str(row.frame_start), str(row.frame_end))
    if row.sha256:
        yield ("sha256", row.sha256, str(row.frame_start), str(row.frame_end))
    if row.landmarks_sha256:
        yield ("landmarks", row.landmarks_sha256)


def group_identical(rows: Iterable["SequenceRow"]) -> list[list["SequenceRow"]]:
    """Groups of identical clips, in the order of their first; most hold one clip."""
    everyone = list(rows)
    parent = list(range(len(everyone)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(everyone):
        for key in identities(row):
            parent[find(index)] = find(first.setdefault(key, index))
    groups: dict[int, list[SequenceRow]] = defaultdict(list)
    for index, row in enumerate(everyone):
        groups[find(index)].append(row)
    return list(groups.values())


def _without_twins(
    kind: SplitKind, parts: Mapping[str, list["SequenceRow"]], dropped: Dropped
) -> Split:
    part_of = {id(row): name for name, rows in parts.items() for row in rows}
    kept: dict[str, list[Sample]] = {name: [] for name in SPLITS}
    crossing = repeated = contradicting = 0
    for group in group_identical(row for name in SPLITS for row in parts[name]):
        last = max((part_of[id(row)] for row in group), key=SPLITS.index)
        staying = [row for row in group if part_of[id(row)] == last]
        crossing += len(group) - len(staying)
        if last == "train":
            distinct = list({row.gloss: row for row in reversed(staying)}.values())
            repeated += len(staying) - len(distinct)
            contradicting += len(distinct) if len(distinct) > 1 else 0
            staying = distinct
        kept[last].extend(Sample(row) for row in staying)
    counted = replace(dropped, crossing=crossing, repeated=repeated, contradicting=contradicting)
    train, val, test = (tuple(sorted(kept[name], key=_place)) for name in SPLITS)
    return Split(kind, train, val, test, counted)


def _place(sample: Sample) -> tuple[str, int, str]:
    return (sample.row.video_id, sample.row.frame_start, sample.row.gloss)


def check_no_leak(split: Split) -> None:
    """Make sure that nothing identical, and for `signer` nobody, is in two parts.

    Raises:
        LeakError: something is.
    """
    seen: dict[tuple[str, ...], str] = {}
    for name in SPLITS:
        for sample in split.part(name):
            keys = list(identities(sample.row))
            if split.kind == "signer":
                keys.append(("signer", str(sample.row.signer)))
            for key in keys:
                if seen.setdefault(key, name) != name:
                    raise LeakError(
                        f"Clip {sample.row.video_id} is in {seen[key]} and in {name} "
                        f"(same {key[0]}).",
                        hint="Make the split again with `make_split`, which leaves such clips out.",
                    )


def notebook_copies(frames: int, n_instances: int) -> tuple[CopyKind, ...]:
    """Which samples the notebook makes of a clip of a gloss with so many instances."""
    if n_instances >= _RARE or frames < _SHORTEST:
        return ("original",)
    if frames < _SHORTEST_FAST:
        return ("original", "slow", "noise")
    return ("original", "slow", "fast", "noise")


def add_copies(split: Split, rows: Collection["SequenceRow"]) -> Split:
    """The notebook's copies of rare glosses, in train alone; a leaking split has them already."""
    if split.leaking:
        return split
    instances = Counter(row.gloss for row in rows)
    train = tuple(
        Sample(sample.row, copy)
        for sample in split.train
        for copy in notebook_copies(sample.row.frames, instances[sample.row.gloss])
    )
    return replace(split, train=train)


def _notebook_split(rows: list["SequenceRow"]) -> Split:
    """Copies first, then 80/20 at random, as scikit-learn's `train_test_split` draws them."""
    instances = Counter(row.gloss for row in rows)
    samples = [
        Sample(row, copy)
        for row in rows
        for copy in notebook_copies(row.frames, instances[row.gloss])
    ]
    # The notebook's own generator and seed, so that the parts are drawn as it drew them.
    order = np.random.RandomState(_NOTEBOOK_SEED).permutation(len(samples))
    n_val = -int(-_NOTEBOOK_HELD_OUT * len(samples) // 1)
    val = tuple(samples[index] for index in order[:n_val])
    return Split("notebook", tuple(samples[index] for index in order[n_val:]), val, ())
