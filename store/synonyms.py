"""Which wrong answers about a clip are another name of the same sign.

Two glosses are known synonyms where they share a recording, as `store.audit` finds them in the
whole index, whatever the part. About a clip only recordings other than its own are evidence: that
it lies in the index under two glosses itself says that both are right of it, and is counted apart;
it says nothing of what else is a synonym.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from store.audit import audit
from store.library import Library

_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Recordings of an index that bear several glosses."""

    recordings: Mapping[_Pair, frozenset[int]]
    """By the two glosses, in alphabetical order: which recordings they share."""
    own: Mapping[int, int]
    """The recording of an instance, where it bears several glosses."""
    glosses: tuple[tuple[str, ...], ...]
    """Of each recording."""

    def are(self, gloss: str, answer: str, instance_id: int) -> bool:
        """Whether they share a recording that is not this instance's own."""
        shared = self.recordings.get(_pair(gloss, answer), frozenset())
        return bool(shared - {self.own.get(instance_id, -1)})

    def others_of(self, instance_id: int, gloss: str) -> tuple[str, ...]:
        """What else the index calls this very recording."""
        recording = self.own.get(instance_id)
        known = () if recording is None else self.glosses[recording]
        return tuple(other for other in known if other != gloss)

    def count_pairs(self, glosses: Collection[str]) -> int:
        """Pairs of these glosses that share a recording."""
        wanted = set(glosses)
        return sum(wanted.issuperset(pair) for pair in self.recordings)


def read_synonyms(library: Library) -> Synonyms:
    """Find them in all instances of the index; excluded ones do not count."""
    recordings: dict[_Pair, set[int]] = defaultdict(set)
    own: dict[int, int] = {}
    glosses: list[tuple[str, ...]] = []
    for same in audit(library).recordings:
        if len(same.glosses) > 1:
            own |= {copy.instance_id: len(glosses) for copy in same.copies}
            for pair in combinations(same.glosses, 2):
                recordings[pair].add(len(glosses))
            glosses.append(same.glosses)
    return Synonyms(
        {pair: frozenset(shared) for pair, shared in recordings.items()}, own, tuple(glosses)
    )


def _pair(one: str, other: str) -> _Pair:
    return (one, other) if one < other else (other, one)
