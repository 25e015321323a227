"""What an audit looks at: instances with the parts that a split gives them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.catalog import choose_extractor, list_glosses, list_sequences
from store.errors import NotInCatalogError
from store.library import Library
from store.schema import Clip, Extraction, Gloss, Instance, Signer
from store.splits import GatePolicy, Split, SplitKind, pass_gate, share_out
from store.words import SPLITS, ExtractionStatus


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One instance, whether it has landmarks or not."""

    instance_id: int
    video_id: str
    gloss: str
    signer: str | None
    url: str | None
    frame_start: int
    frame_end: int | None
    sha256: str | None
    landmarks_sha256: str | None
    """Of one extractor."""
    other_landmarks: tuple[str, ...]
    """Of further extractors."""
    parts: tuple[str, ...]
    """Before identical clips are left out; none where the split names none."""
    with_landmarks: bool
    """Those that a training would take."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The instances of an audit, and what a training would make of them."""

    rows: list[AuditRow]
    excluded: int
    """Instances of the same glosses that are left out of training."""
    glosses: list[str]
    split: Split
    used: dict[str, Counter[str]]
    """Clips by part and gloss that a training would rest on; copies of a clip are one."""


def read_scope(
    library: Library, subset: str | None, kind: SplitKind, policy: GatePolicy, seed: int
) -> Scope:
    """Read instances, and share out those with landmarks as a training would.

    Raises:
        NotInCatalogError: there is no such subset; except for `official`, no landmarks.
        SplitError: the split cannot be made.
    """
    with library.reading() as session:
        glosses = list_glosses(session, subset=subset)
        try:
            extractor_id = choose_extractor(session, glosses=set(glosses), landmark_set=None)
            usable = list_sequences(session, extractor_id=extractor_id, glosses=glosses)
        except NotInCatalogError:
            if kind != "official":
                raise
            usable = []
        shared = share_out(usable, kind, seed)
        split = pass_gate(kind, shared, policy, n_rows=len(usable))
        parts: dict[int, set[str]] = defaultdict(set)
        for name, samples in shared.items():
            for sample in samples:
                parts[sample.row.instance_id].add(name)
        taken = {row.instance_id for row in usable}
        rows, excluded = _read_rows(session, glosses, taken, None if kind == "official" else parts)
    return Scope(rows, excluded, glosses, split, _count_used(split))


def _count_used(split: Split) -> dict[str, Counter[str]]:
    found = {}
    for name, samples in (("train", split.train), ("val", split.val), ("test", split.test)):
        clips = {sample.row.instance_id: sample.row.gloss for sample in samples}
        found[name] = Counter(clips.values())
    return found


def _read_rows(
    session: Session, glosses: list[str], taken: set[int], parts: dict[int, set[str]] | None
) -> tuple[list[AuditRow], int]:
    """Instances of these glosses, and how many excluded ones there are."""
    hashes: dict[int, list[str]] = defaultdict(list)
    stored = select(Extraction.instance_id, Extraction.landmarks_sha256).where(
        Extraction.status == ExtractionStatus.DONE, Extraction.landmarks_sha256.is_not(None)
    )
    for instance_id, sha256 in session.execute(stored.order_by(Extraction.id)):
        hashes[instance_id].append(str(sha256))
    wanted, rows, excluded = set(glosses), [], 0
    for found in session.execute(_instances()):
        if found.gloss not in wanted:
            continue
        if found.excluded:
            excluded += 1
            continue
        landmarks = hashes.get(found.id, [])
        own = {found.split} if parts is None else parts[found.id]
        rows.append(
            AuditRow(
                found.id, found.video_id, found.gloss, found.signer, found.url,
                found.frame_start, found.frame_end, found.sha256,
                landmarks[0] if landmarks else None, tuple(landmarks[1:]),
                tuple(name for name in SPLITS if name in own), found.id in taken,
            )
        )  # fmt: skip
    return rows, excluded


def _instances() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Instance.id,
            Clip.video_id,
            Gloss.text.label("gloss"),
            Signer.name.label("signer"),
            Instance.url,
            Instance.frame_start,
            Instance.frame_end,
            Clip.sha256,
            Instance.split,
            Instance.excluded,
        )
        .join(Clip, Clip.id == Instance.clip_id)
        .join(Gloss, Gloss.id == Instance.gloss_id)
        .outerjoin(Signer, Signer.id == Instance.signer_id)
        .order_by(Clip.video_id, Instance.frame_start, Instance.id)
    )
