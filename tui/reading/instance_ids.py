"""The ids of instances in order, piece by piece: what is seen first does not wait for the rest.

To sort millions takes seconds. In the order of glosses or signers a piece is a stretch of names
(`stretches`); of columns with few values the first are sought value by value (`values`); others go
along an index (`along`). Where all of that is not worth it SQLite sorts what there is. What a filter
leaves is sought by index first (`candidates`): few are sorted whole, in any order.
"""

import math
import re
import threading
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Final

from store.library import Library
from tui.reading import along, stretches, values
from tui.reading.candidates import Candidates, fewest
from tui.reading.filters import Wanted
from tui.reading.pieces import Asker, Piece, Question, asking
from tui.widgets.row_pages import PAGE_ROWS

FEW: Final = 25_000
"""So many are read at once, after the first piece."""
_FEW_OF_MANY: Final = 6
"""So many times the root of all instances are sorted whole, rather than sought in the order: to sort
the candidates takes as long then as to look at all that lie between those of the first page."""
_MOST: Final = 100_000
"""So many rather than to sort all of the library."""
_NARROW: Final = re.compile(r"SEARCH [gci] USING .*\((text|video_id|rowid)=\?\)")


def iter_ids(
    library: Library, condition: str, order: str, *, sort: str, descending: bool, wanted: Wanted,
    cancelled: threading.Event,
) -> Iterator[Piece]:  # fmt: skip
    """Yield the ids of the instances that meet a condition, in order, in pieces of any length.

    Args:
        library: whose.
        condition: SQL on the `instances` view, and nothing behind it; empty means all.
        order: what stands behind ORDER BY.
        sort: the column that `order` begins with, none before others.
        descending: whether it falls; none come last all the same.
        wanted: what of the condition can be sought by index.
        cancelled: ends it at once.

    Raises:
        QueryError: the condition is wrong, a piece took too long, or it was cancelled.
    """
    where = f"({condition}\n)" if condition else "1"
    question = Question(where, order, sort, descending, wanted)
    with asking(library, cancelled) as asker:
        yield from _answer(asker, question)


def _answer(asker: Asker, question: Question) -> Iterator[Piece]:
    sort = question.sort
    instances = asker.number("SELECT MAX(id) FROM instance")
    size = _size(instances)
    if instances < stretches.FIRST or _is_narrow(asker, question.select):
        yield from _whole(asker, question, size)
    elif found := fewest(asker, question.wanted, _few(sort, instances)):
        yield from _whole(asker, question, size, found)
    elif sort in stretches.SORTS:
        yield from _by_names(asker, question, instances)
    elif sort in values.SORTS:
        yield from _by_values(asker, question, instances)
    elif sort in along.SORTS:
        yield from along.ids(asker, question)
    else:
        yield from _whole(asker, question, size)


def _size(instances: int) -> int:
    """How many ids come at once, where SQLite has them in order."""
    return FEW if instances < FEW else PAGE_ROWS


def _few(sort: str, instances: int) -> int:
    """So many candidates are sorted whole."""
    known = (*stretches.SORTS, *values.SORTS, *along.SORTS)
    return round(_FEW_OF_MANY * math.sqrt(instances)) if sort in known else _MOST


def _whole(
    asker: Asker, question: Question, size: int, found: Candidates | None = None
) -> Iterator[Piece]:
    select = question.select_among(found.sql) if found else question.select
    yield from asker.ids(
        f"{select} ORDER BY {question.order}", found.values if found else (), size=size
    )


def _is_narrow(asker: Asker, select: str) -> bool:
    """Whether SQLite begins with one gloss, clip or instance: then there is nothing to cut."""
    plan = asker.rows(f"EXPLAIN QUERY PLAN {select}")
    return bool(plan) and bool(_NARROW.match(str(plan[0][-1])))


def _by_names(asker: Asker, question: Question, instances: int) -> Iterator[Piece]:
    sort, few = question.sort, instances < FEW
    there = _there(asker, question) if sort == "gloss" else None
    after: tuple[str, ...] = ()
    falling = question.descending
    names = stretches.iter_stretches(asker, sort, instances, descending=falling, there=there)
    sql = f"{question.select_from(stretches.pieces_of(sort))} ORDER BY {question.order}"
    for ends in islice(names, 1 if few else None):
        for piece in asker.ids(sql, (min(ends), max(ends))):
            yield Piece(piece.ids)
        after = ends[1:] if few else ()
    # The plus keeps SQLite from the index on names, a detour where most rows are asked for.
    beyond = f"+{sort} {'<' if falling else '>'} ? OR " if after else ""
    sql = f"{question.select} AND ({beyond}{sort} IS NULL) ORDER BY {question.order}"
    yield from asker.ids(sql, after, size=_size(instances))


def _by_values(asker: Asker, question: Question, instances: int) -> Iterator[Piece]:
    seen: set[int] = set()
    for piece in values.first_ids(asker, question, instances, _there(asker, question)):
        seen.update(piece.ids)
        yield piece
    found = fewest(asker, question.wanted, _MOST)
    for piece in _whole(asker, question, _size(instances), found):
        yield Piece(array("q", (one for one in piece.ids if one not in seen)), piece.last)


def _there(asker: Asker, question: Question) -> set[int] | None:
    words = question.wanted.words
    return stretches.glosses_of(asker, words) if words else None
