"""Instances that training leaves out, each with the reason someone gave."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from store.batches import batches
from store.errors import NotInCatalogError, StoreError
from store.library import Library
from store.query import run_query
from store.schema import Clip, Instance

COMMON_REASONS: Final = (
    "wrong gloss",
    "more than one sign",
    "sign cut off",
    "hands out of the picture",
    "picture too poor",
    "same clip under another gloss",
)
"""What is offered; any other text is as good."""
LONGEST_REASON: Final = 200
_ENDLESS: Final = 100_000_000


@dataclass(frozen=True, slots=True)
class Marking:
    """What marking did."""

    found: int
    """Instances that were named."""
    changed: int
    """Those that were not marked like that already."""


def exclude(session: Session, instance_ids: Iterable[int], reason: str) -> Marking:
    """Leave instances out of training, or give another reason for it.

    Raises:
        StoreError: there is no reason, or it is no short text in one line.
    """
    why = check_reason(reason)
    other = or_(Instance.excluded.is_(False), Instance.excluded_reason.is_distinct_from(why))
    return _mark(session, instance_ids, other, excluded=True, excluded_reason=why)


def include(session: Session, instance_ids: Iterable[int]) -> Marking:
    """Take instances back into training."""
    marked = Instance.excluded.is_(True)
    return _mark(session, instance_ids, marked, excluded=False, excluded_reason=None)


def check_reason(reason: str) -> str:
    """The reason without the space around it. Raises StoreError."""
    why = reason.strip()
    if not why:
        raise StoreError("An exclusion needs a reason.", hint=f"Such as: {COMMON_REASONS[0]}")
    if len(why) > LONGEST_REASON or not why.isprintable():
        raise StoreError(f"A reason is one line of at most {LONGEST_REASON} characters.")
    return why


def find_instances(
    library: Library, *, video_ids: Collection[str] = (), condition: str = ""
) -> list[int]:
    """Ids of the instances of some clips, and of those that fulfil an SQL condition.

    Raises:
        NotInCatalogError: a clip is not in the catalog.
        QueryError: the condition is wrong.
    """
    found = _of_clips(library, video_ids) if video_ids else []
    if condition.strip():
        # The line break ends a comment at the condition's end.
        sql = f"SELECT instance_id FROM instances WHERE ({condition}\n)"  # noqa: S608 - read-only
        rows = run_query(library, sql, row_limit=_ENDLESS).rows
        found += [int(row[0]) for row in rows]
    return list(dict.fromkeys(found))


def _of_clips(library: Library, video_ids: Collection[str]) -> list[int]:
    instances: dict[str, list[int]] = {}
    with library.reading() as session:
        for some in batches(dict.fromkeys(video_ids)):
            wanted = select(Clip.video_id, Instance.id).join(Instance, Instance.clip_id == Clip.id)
            for video_id, instance_id in session.execute(wanted.where(Clip.video_id.in_(some))):
                instances.setdefault(video_id, []).append(instance_id)
    unknown = [video_id for video_id in video_ids if video_id not in instances]
    if unknown:
        raise NotInCatalogError(
            f"Not in this library: {', '.join(unknown[:5])}"
            f"{f' and {len(unknown) - 5} more' if len(unknown) > 5 else ''}.",  # noqa: PLR2004
            hint='Look for it: signtui sql "SELECT video_id, gloss FROM instances"',
        )
    return [instance_id for video_id in video_ids for instance_id in instances[video_id]]


def _mark(session: Session, ids: Iterable[int], other: object, **values: object) -> Marking:
    wanted = list(dict.fromkeys(ids))
    changed = 0
    for some in batches(wanted):
        statement = update(Instance).where(Instance.id.in_(some), other).values(**values)  # type: ignore[arg-type]
        done = session.execute(statement.execution_options(synchronize_session=False))
        changed += done.rowcount if isinstance(done, CursorResult) else 0
    return Marking(len(wanted), changed)
