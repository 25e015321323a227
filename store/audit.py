"""What makes numbers look better or worse than they are: duplicates, contradictions, gaps.

Looks at the catalog alone. Equal landmarks are found by the hash that the catalog keeps of each
stored sequence, which `signtui check` holds against the files. Excluded instances do not count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import Any, Final, Literal

from store.audit_rows import AuditRow, Scope, read_scope
from store.duplicates import EVIDENCE, Evidence, Key, evidence_of, group_by_keys, identities
from store.library import Library
from store.splits import Dropped, GatePolicy, SplitKind
from store.words import SPLITS

_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class Copy:
    """One of several instances of the same recording."""

    instance_id: int
    video_id: str
    gloss: str
    signer: str | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameRecording:
    """Instances that are one recording, and how that is known."""

    evidence: tuple[Evidence, ...]
    copies: tuple[Copy, ...]

    @property
    def glosses(self) -> tuple[str, ...]:
        return tuple(sorted({copy.gloss for copy in self.copies}))

    @property
    def parts(self) -> tuple[str, ...]:
        """In the order train, val, test."""
        there = {part for copy in self.copies for part in copy.parts}
        return tuple(part for part in SPLITS if part in there)


@dataclass(frozen=True, slots=True)
class EvidenceCount:
    """How many recordings are there more than once, as one kind of evidence tells, or any."""

    evidence: Evidence | Literal["any"]
    known: int
    """Instances for which this can be told at all."""
    recordings: int = 0
    instances: int = 0
    contradicting: int = 0
    """Recordings with several glosses."""
    contradicting_instances: int = 0
    crossing: int = 0
    """Recordings in several parts."""
    crossing_instances: int = 0


@dataclass(frozen=True, slots=True)
class Synonym:
    """Two glosses that share recordings: two names of one sign, as the index has it."""

    gloss: str
    other: str
    recordings: int
    by: dict[str, int]
    """Recordings that each kind of evidence tells of."""


@dataclass(frozen=True, slots=True)
class PartCount:
    part: str
    instances: int
    with_landmarks: int
    used: int
    """Clips that a training with the default gate rests on."""
    lacking: int
    """Glosses without an instance in this part."""
    lacking_used: int
    """Glosses without a used clip in this part."""


@dataclass(frozen=True, slots=True)
class GlossCount:
    """Instances of a gloss by part, and of these the clips that a training rests on."""

    gloss: str
    instances: dict[str, int]
    used: dict[str, int]


@dataclass(frozen=True, slots=True)
class SignerCount:
    signer: str
    instances: dict[str, int]
    """By part."""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in SPLITS if self.instances[part])


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that was found; counts first, rows after them."""

    subset: str | None
    split: SplitKind
    leaking: bool
    instances: int
    excluded: int
    counts: tuple[EvidenceCount, ...]
    """One for each kind of evidence, and the last one for any."""
    crossings: dict[str, int]
    """Recordings by the parts that they lie in, such as `train and val`."""
    own_copies: int
    """`notebook` only: instances whose own copies lie in two parts."""
    parts: tuple[PartCount, ...]
    dropped: Dropped
    """What the gate of a training leaves out by default."""
    recordings: tuple[SameRecording, ...]
    """Those in several parts first, then those with several glosses."""
    synonyms: tuple[Synonym, ...]
    """The most frequent first."""
    glosses: tuple[GlossCount, ...]
    signers: tuple[SignerCount, ...]

    @property
    def signers_in_several_parts(self) -> int:
        return sum(len(signer.parts) >= _SEVERAL for signer in self.signers)

    def as_json(self) -> dict[str, Any]:
        rows = [
            {**asdict(row), "glosses": row.glosses, "parts": row.parts} for row in self.recordings
        ]
        several = self.signers_in_several_parts
        return {**asdict(self), "signers_in_several_parts": several, "recordings": rows}


def audit(
    library: Library, subset: str | None = None, split: SplitKind = "official", seed: int = 0
) -> Audit:
    """Look for what protects no number.

    Args:
        library: whose catalog is read.
        subset: an official subset (`100`), None for all glosses.
        split: by which parts are told. `official` is about all instances of the index; `signer`
            and `notebook` share out instances with landmarks, as a training does.
        seed: of `signer`.

    Raises:
        NotInCatalogError: there is no such subset; for `signer` and `notebook`, no landmarks.
        SplitError: `signer` with fewer than two signers.
    """
    scope = read_scope(library, subset, split, GatePolicy(), seed)
    recordings = list(_same_recordings(scope.rows))
    return Audit(
        subset=subset,
        split=split,
        leaking=scope.split.leaking,
        instances=len(scope.rows),
        excluded=scope.excluded,
        counts=tuple(_count(scope.rows, recordings)),
        crossings=_crossings(recordings),
        own_copies=sum(len(row.parts) >= _SEVERAL for row in scope.rows),
        parts=tuple(_part(scope, name) for name in SPLITS),
        dropped=scope.split.dropped,
        recordings=tuple(sorted(recordings, key=_worst_first)),
        synonyms=tuple(_synonyms(scope.rows, recordings)),
        glosses=tuple(_glosses(scope)),
        signers=tuple(_signers(scope.rows)),
    )


def _same_recordings(rows: list[AuditRow]) -> Iterator[SameRecording]:
    for group in group_by_keys(rows, _keys):
        if len(group) >= _SEVERAL:
            shared = Counter(key for row in group for key in set(_keys(row)))
            known = {evidence_of(key) for key, count in shared.items() if count >= _SEVERAL}
            copies = tuple(
                Copy(row.instance_id, row.video_id, row.gloss, row.signer, row.parts)
                for row in group
            )
            yield SameRecording(tuple(name for name in EVIDENCE if name in known), copies)


def _keys(row: AuditRow) -> Iterator[Key]:
    yield from identities(row)
    for landmarks in row.other_landmarks:
        yield ("landmarks", landmarks)


def _count(rows: list[AuditRow], any_of_them: list[SameRecording]) -> Iterator[EvidenceCount]:
    for evidence in EVIDENCE:
        known = [row for row in rows if any(key[0] != "id" for key in _keys_of(evidence, row))]
        yield _counted(evidence, len(known), _groups(rows, evidence))
    by_id = {row.instance_id: row for row in rows}
    groups = [[by_id[copy.instance_id] for copy in same.copies] for same in any_of_them]
    yield _counted("any", len(rows), groups)


def _groups(rows: list[AuditRow], evidence: Evidence) -> list[list[AuditRow]]:
    """Instances that one kind of evidence alone puts together."""
    groups = group_by_keys(rows, partial(_keys_of, evidence))
    return [group for group in groups if len(group) >= _SEVERAL]


def _keys_of(evidence: Evidence, row: AuditRow) -> list[Key]:
    return [key for key in _keys(row) if evidence_of(key) == evidence]


def _counted(
    evidence: Evidence | Literal["any"], known: int, groups: list[list[AuditRow]]
) -> EvidenceCount:
    contradicting = [group for group in groups if len({row.gloss for row in group}) >= _SEVERAL]
    crossing = [group for group in groups if len({p for r in group for p in r.parts}) >= _SEVERAL]
    return EvidenceCount(
        evidence=evidence,
        known=known,
        recordings=len(groups),
        instances=sum(map(len, groups)),
        contradicting=len(contradicting),
        contradicting_instances=sum(map(len, contradicting)),
        crossing=len(crossing),
        crossing_instances=sum(map(len, crossing)),
    )


def _crossings(recordings: list[SameRecording]) -> dict[str, int]:
    found = Counter(same.parts for same in recordings if len(same.parts) >= _SEVERAL)
    return {" and ".join(parts): count for parts, count in sorted(found.items())}


def _worst_first(same: SameRecording) -> tuple[int, int, tuple[str, ...], str]:
    return (-len(same.parts), -len(same.glosses), same.glosses, same.copies[0].video_id)


def _synonyms(rows: list[AuditRow], recordings: list[SameRecording]) -> Iterator[Synonym]:
    found: Counter[tuple[str, str]] = Counter()
    for same in recordings:
        found.update(combinations(same.glosses, 2))
    by: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for evidence in EVIDENCE:
        for group in _groups(rows, evidence):
            for pair in combinations(sorted({row.gloss for row in group}), 2):
                by[pair][evidence] += 1
    for pair, count in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        yield Synonym(*pair, count, {name: by[pair][name] for name in EVIDENCE})


def _part(scope: Scope, part: str) -> PartCount:
    own = [row for row in scope.rows if part in row.parts]
    used = scope.used[part]
    return PartCount(
        part=part,
        instances=len(own),
        with_landmarks=sum(row.with_landmarks for row in own),
        used=sum(used.values()),
        lacking=len(scope.glosses) - len({row.gloss for row in own}),
        lacking_used=len(scope.glosses) - len(used),
    )


def _glosses(scope: Scope) -> Iterator[GlossCount]:
    counted = Counter((row.gloss, part) for row in scope.rows for part in row.parts)
    for gloss in scope.glosses:
        yield GlossCount(
            gloss,
            {part: counted[gloss, part] for part in SPLITS},
            {part: scope.used[part][gloss] for part in SPLITS},
        )


def _signers(rows: list[AuditRow]) -> list[SignerCount]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.signer is not None:
            found[row.signer].update(row.parts)
    counts = [SignerCount(name, {p: own[p] for p in SPLITS}) for name, own in found.items()]
    return sorted(counts, key=lambda signer: (-sum(signer.instances.values()), signer.signer))
