"""Orders by a column of few values, such as the split: the first page is sought value by value.

To sort millions of instances takes seconds. Those that come first are found by the index on the value
where they are few, and in the order of glosses where they are many.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from store.words import ExtractionStatus
from tui.reading import stretches
from tui.reading.candidates import CLIPS, OF_COLUMNS, OF_MARKED
from tui.reading.pieces import Asker, Piece, Question, Value
from tui.widgets.row_pages import PAGE_ROWS

FEW: Final = 5_000
"""Instances of first values that are sorted whole."""
_STRETCHES: Final = 6
_STRETCHES_OF_FEW: Final = 2
"""Of a value with more, so many stretches are looked through; then the page is sorted like the rest."""
_MOST_VALUES: Final = 100
"""After so many values without a page all is sorted."""
_MANY: Final = 50_000
"""So many instances of first values are looked at, gloss by gloss, where an index has the gloss."""
_WITH_GLOSS: Final = ("split", "source", "variation")
"""Columns that have an index with the gloss beside them."""
_INSTANCES: Final = {
    **{name: OF_COLUMNS[name] for name in (*_WITH_GLOSS, "availability", "fps")},
    "size": f"SELECT i.id FROM {CLIPS} c.width * c.height = ?1",
    "extraction": OF_MARKED["extraction"],
    "reason": " UNION ALL ".join(
        OF_MARKED[name] for name in ("excluded_reason", "error", "reason")
    ),
}
"""The instances that may have a value, by index; of those that wait there may be more."""
SORTS: Final = tuple(_INSTANCES)
_PRESENT: Final = """WITH RECURSIVE present(value) AS (
SELECT MIN({0}) FROM {1} WHERE {0} IS NOT NULL UNION ALL
SELECT (SELECT MIN({0}) FROM {1} WHERE {0} > value) FROM present WHERE value IS NOT NULL)
SELECT value FROM present WHERE value IS NOT NULL"""
"""The values of a column, each found by index."""
_COLUMNS: Final = {
    "split": (("split", "instance"),),
    "source": (("source", "instance"),),
    "variation": (("variation", "instance"),),
    "availability": (("availability", "clip"),),
    "fps": (("fps", "clip"),),
    "size": (("width * height", "clip"),),
    "reason": (("excluded_reason", "instance"), ("error", "extraction"), ("reason", "clip")),
}
_STATUSES: Final = " UNION ".join(f"SELECT '{status}'" for status in ExtractionStatus)


def first_ids(
    asker: Asker, question: Question, instances: int, there: set[int] | None
) -> Iterator[Piece]:
    """The ids that come first, a page of them if that is quickly found; all others come after them."""
    found, few, left = 0, FEW, _most(question.sort)
    for value in _present(asker, question)[:_MOST_VALUES]:
        count = _count(asker, question.sort, value)
        many, left = count > left, left - count
        if count <= few:
            few -= count
            pieces = _of_few(asker, question, value)
        else:
            spread = instances if many else count
            names = stretches.iter_stretches(asker, "gloss", spread, descending=False, there=there)
            some = _enough(instances) if many else None
            pieces = _by_glosses(asker, question, value, islice(names, some))
        for piece in pieces:
            yield Piece(piece.ids)
            found += len(piece.ids)
            if found >= PAGE_ROWS:
                return
        if many:
            return


def _present(asker: Asker, question: Question) -> list[Value]:
    """The values that there are, and that the filter may show, in order."""
    parts = [f"SELECT * FROM ({_PRESENT.format(*one)})" for one in _COLUMNS.get(question.sort, ())]
    sql = " UNION ".join(parts or [_STATUSES])
    falling = "DESC" if question.descending else ""
    there = (row[0] for row in asker.rows(f"{sql} ORDER BY 1 {falling}"))
    wanted = question.wanted.values.get(question.sort) if question.sort == question.key else None
    # Numbers may be written in several ways.
    return [one for one in there if not wanted or one in wanted or not isinstance(one, str)]


def _most(sort: str) -> int:
    """Of so many instances, those of the first values, all may be looked at."""
    return _MANY if sort in _WITH_GLOSS else FEW


def _count(asker: Asker, sort: str, value: Value) -> int:
    """How many instances may have a value; one more than are looked at is enough."""
    if (sort, value) == ("extraction", ExtractionStatus.PENDING):
        return FEW + 1
    return asker.count(_INSTANCES[sort], (value,), _most(sort))


def _enough(instances: int) -> int:
    """So many stretches are looked through for a value that many have."""
    return _STRETCHES if instances >> _STRETCHES > stretches.FIRST else _STRETCHES_OF_FEW


def _of_few(asker: Asker, question: Question, value: Value) -> Iterator[Piece]:
    select = question.select_among(_INSTANCES[question.sort])
    sql = f"{select} AND {question.key} = ?1 ORDER BY {question.order}"
    yield from asker.ids(sql, (value,))


def _by_glosses(
    asker: Asker, question: Question, value: Value, names: Iterator[tuple[str, str]]
) -> Iterator[Piece]:
    narrower = f"i.{question.sort} = ?3" if question.sort in _WITH_GLOSS else "1"
    select = question.select_from(stretches.pieces_of("gloss", narrower))
    sql = f"{select} AND {question.key} = ?3 ORDER BY {question.order}"
    for ends in names:
        yield from asker.ids(sql, (*ends, value))
