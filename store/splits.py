"""Who learns from which clip: splits made of clips, before any augmentation.

`official` takes train, val and test from the dataset's index. `signer` shares out people, so that
nobody is seen in two parts. In both, by default, identical clips never cross: a train clip that is
identical to one in val or test is left out, and so is a val clip identical to one in test. Within
train, further copies under the same gloss are left out, while identical clips under different
glosses stay, one for each: the model then learns that both answers are right. Within val and test
all stay, so that accuracies remain comparable with those of others. How many of each kind there
were is kept. `GatePolicy` says otherwise.

`notebook` repeats what the notebook did: slow, fast and noisy copies first, then a random 80/20.
Copies of one clip land on both sides, so its numbers say nothing about new clips; it is there for
comparison and is called leaking wherever it is shown, and so is a split that keeps duplicates.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from store.duplicates import Key, group_identical, identities
from store.errors import StoreError
from store.splits_by_signer import assign_signers
from store.words import SPLITS

if TYPE_CHECKING:
    from store.catalog import SequenceRow

SplitKind = Literal["official", "signer", "notebook"]
CopyKind = Literal["original", "slow", "fast", "noise"]
Part = Literal["train", "val", "test"]
Treatment = Literal["drop", "keep"]

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
class GatePolicy:
    """What becomes of identical clips."""

    duplicates: Treatment = "drop"
    """Those in a later part as well, and repeats within train; `keep` leaves all as they are, and
    the split leaks."""
    contradictions: Treatment = "keep"
    """Those in train under several glosses: one for each gloss, or none."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many clips were treated how, because of identical ones."""

    crossing: int = 0
    """Left out of train or val: identical to one in val or test."""
    repeated: int = 0
    """Left out of train: the same clip under the same gloss once more."""
    disputed: int = 0
    """Left out of train: an identical clip there bears another gloss."""
    contradicting: int = 0
    """Kept in train although an identical clip there bears another gloss."""
    crossing_kept: int = 0
    """Kept in train or val although identical to one in val or test: a leak."""
    judged_repeated: int = 0
    """Stay in val or test although an identical clip of the same gloss is there."""
    judged_contradicting: int = 0
    """Stay in val or test although an identical clip there bears another gloss: of these, one
    answer at most can be right."""
    no_signer: int = 0
    """Left out by `signer`: nobody knows who signs."""
    no_part: int = 0
    """Left out by `official`: the index names no part for it."""

    def in_words(self) -> str:
        """What became of identical clips, for one line; empty where there are none."""
        parts = (
            (self.crossing, "left out, as they are in a later part"),
            (self.repeated, "left out of train as repeats"),
            (self.disputed, "left out of train as contradicting"),
            (self.contradicting, "kept in train under several glosses"),
            (self.crossing_kept, "kept although in a later part"),
        )
        return ", ".join(f"{number:,} {said}" for number, said in parts if number)


@dataclass(frozen=True)
class Split:
    """Train, val and test, and how they came about."""

    kind: SplitKind
    train: tuple[Sample, ...]
    val: tuple[Sample, ...]
    test: tuple[Sample, ...]
    dropped: Dropped = Dropped()
    policy: GatePolicy = GatePolicy()

    @property
    def leaking(self) -> bool:
        """Whether its numbers are flattered by copies on both sides."""
        return self.kind == "notebook" or self.policy.duplicates == "keep"

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

    @property
    def identity(self) -> dict[str, Any]:
        """What a run's record and bundle keep of it."""
        return {
            "kind": self.kind,
            "hash": self.hash,
            "leaking": self.leaking,
            **asdict(self.policy),
            "dropped": asdict(self.dropped),
        }


def make_split(
    rows: Collection["SequenceRow"],
    kind: SplitKind,
    policy: GatePolicy = GatePolicy(),
    seed: int = 0,
) -> Split:
    """Share out clips. The same rows in any order give the same split.

    Args:
        rows: instances with landmarks.
        kind: `notebook` has its own way and knows neither policy nor seed.
        policy: what becomes of identical clips.
        seed: of `signer`: another seed is another choice of people.

    Raises:
        SplitError: `signer` with fewer than two known signers.
    """
    parts = share_out(rows, kind, seed)
    return pass_gate(kind, parts, policy, n_rows=len(rows))


def share_out(
    rows: Collection["SequenceRow"], kind: SplitKind, seed: int = 0
) -> dict[str, list[Sample]]:
    """Train, val and test before anything is done about identical clips.

    Raises:
        SplitError: `signer` with fewer than two known signers.
    """
    ordered = sorted(rows, key=lambda row: (row.video_id, row.frame_start, row.gloss))
    if kind == "notebook":
        return _by_lot(ordered)
    if kind == "signer":
        part_of = _parts_of_signers(ordered, seed)
        named = [(row.signer and part_of[row.signer], row) for row in ordered]
    else:
        named = [(row.split, row) for row in ordered]
    return {name: [Sample(row) for part, row in named if part == name] for name in SPLITS}


def pass_gate(
    kind: SplitKind, parts: Mapping[str, list[Sample]], policy: GatePolicy, n_rows: int
) -> Split:
    """Leave out what the policy says of identical clips; `n_rows` clips there were in all."""
    if kind == "notebook":
        train, val, test = (tuple(parts[name]) for name in SPLITS)
        return Split(kind, train, val, test)
    left_out = n_rows - sum(len(part) for part in parts.values())
    named = Dropped(no_signer=left_out) if kind == "signer" else Dropped(no_part=left_out)
    gate = _Gate(parts, policy)
    train, val, test = (tuple(sorted(gate.kept[name], key=_place)) for name in SPLITS)
    return Split(kind, train, val, test, replace(named, **gate.counts), policy)


def _parts_of_signers(rows: list["SequenceRow"], seed: int) -> dict[str, str]:
    glosses: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.signer:
            glosses[row.signer][row.gloss] += 1
    if len(glosses) < 2:  # noqa: PLR2004
        raise SplitError(
            f"A split by signer needs at least two known signers, here are {len(glosses)}.",
            hint="Use --split official, or name the signers in the index.",
        )
    return assign_signers(glosses, seed)


class _Gate:
    """Sorts out identical clips; what came of them is in `kept` and `counts`."""

    def __init__(self, parts: Mapping[str, list[Sample]], policy: GatePolicy) -> None:
        self._policy = policy
        rows = {name: [sample.row for sample in parts[name]] for name in SPLITS}
        self._part_of = {id(row): name for name in SPLITS for row in rows[name]}
        self.kept: dict[str, list[Sample]] = {name: [] for name in SPLITS}
        self.counts: Counter[str] = Counter()
        for group in group_identical(row for name in SPLITS for row in rows[name]):
            self._take(group)

    def _take(self, group: list["SequenceRow"]) -> None:
        last = max((self._part_of[id(row)] for row in group), key=SPLITS.index)
        staying = [row for row in group if self._part_of[id(row)] == last]
        earlier = len(group) - len(staying)
        if self._policy.duplicates == "keep":
            self.counts["crossing_kept"] += earlier
            for row in group:
                self.kept[self._part_of[id(row)]].append(Sample(row))
            return
        self.counts["crossing"] += earlier
        if last == "train":
            staying = self._one_of_each_gloss(staying)
        elif len(staying) > 1:
            disputed = len({row.gloss for row in staying}) > 1
            self.counts["judged_contradicting" if disputed else "judged_repeated"] += len(staying)
        self.kept[last].extend(Sample(row) for row in staying)

    def _one_of_each_gloss(self, group: list["SequenceRow"]) -> list["SequenceRow"]:
        """What of identical clips in train stays there."""
        distinct = list({row.gloss: row for row in reversed(group)}.values())
        self.counts["repeated"] += len(group) - len(distinct)
        if len(distinct) == 1:
            return distinct
        dropping = self._policy.contradictions == "drop"
        self.counts["disputed" if dropping else "contradicting"] += len(distinct)
        return [] if dropping else distinct


def _place(sample: Sample) -> tuple[str, int, str]:
    return (sample.row.video_id, sample.row.frame_start, sample.row.gloss)


def check_no_leak(split: Split) -> None:
    """Make sure that nothing identical, and for `signer` nobody, is in two parts.

    Raises:
        LeakError: something is.
    """
    seen: dict[Key, str] = {}
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


def _by_lot(rows: list["SequenceRow"]) -> dict[str, list[Sample]]:
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
    val = [samples[index] for index in order[:n_val]]
    return {"train": [samples[index] for index in order[n_val:]], "val": val, "test": []}
