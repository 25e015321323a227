"""Orders by a column of few values, such as the split: the first page is sought value by value.

To sort millions of instances takes seconds. Those that come first are found by the index on the value
where they are few, and in the order of glosses where they are many.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from store.words import ExtractionStatus
from tui.reading import stretches
from tui.reading.pieces import Asker, Piece, Question, Value
from tui.widgets.row_pages import PAGE_ROWS

FEW: Final = 5_000
"""Instances of first values that are sorted whole."""
_STRETCHES: Final = 6
_STRETCHES_OF_FEW: Final = 2
"""Of a value with more, so many stretches are looked through; then the page is sorted like the rest."""
_MOST_VALUES: Final = 100
"""After so many values without a page all is sorted."""
_OF_CLIPS: Final = "SELECT i.id FROM clip c CROSS JOIN instance i ON i.clip_id = c.id WHERE"
_INSTANCES: Final = {
    "split": "SELECT id FROM instance WHERE split = ?1",
    "source": "SELECT id FROM instance WHERE source = ?1",
    "variation": "SELECT id FROM instance WHERE variation = ?1",
    "availability": f"{_OF_CLIPS} c.availability = ?1",
    "fps": f"{_OF_CLIPS} c.fps = ?1",
    "size": f"{_OF_CLIPS} c.width * c.height = ?1",
    "extraction": "SELECT e.instance_id FROM extractor x CROSS JOIN extraction e "
    "ON e.extractor_id = x.id WHERE e.status = ?1",
    "reason": "SELECT id FROM instance WHERE excluded_reason = ?1 UNION ALL "
    f"SELECT instance_id FROM extraction WHERE error = ?1 UNION ALL {_OF_CLIPS} c.reason = ?1",
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
    found, sort, left = 0, question.sort, FEW
    present = _present(asker, sort, descending=question.descending)
    for value in present[:_MOST_VALUES]:
        count = _count(asker, sort, value)
        many, left = count > left, left - count
        if many:
            pieces = _of_many(asker, question, value, instances, there)
        else:
            of_value = f"{question.key} = ?1 AND instance_id IN ({_INSTANCES[sort]})"
            sql = f"{question.select} AND {of_value} ORDER BY {question.order}"
            pieces = asker.ids(sql, (value,))
        for piece in pieces:
            yield Piece(piece.ids)
            found += len(piece.ids)
            if found >= PAGE_ROWS:
                return
        if many:
            return


def _present(asker: Asker, sort: str, *, descending: bool) -> list[Value]:
    """The values that there are, in order."""
    parts = [f"SELECT * FROM ({_PRESENT.format(*one)})" for one in _COLUMNS.get(sort, ())]
    sql = " UNION ".join(parts or [_STATUSES])
    return [row[0] for row in asker.rows(f"{sql} ORDER BY 1 {'DESC' if descending else ''}")]


def _count(asker: Asker, sort: str, value: Value) -> int:
    """How many instances may have a value; one more than few are enough."""
    if (sort, value) == ("extraction", ExtractionStatus.PENDING):
        return FEW + 1
    return asker.count(_INSTANCES[sort], (value,), FEW)


def _of_many(
    asker: Asker, question: Question, value: Value, instances: int, there: set[int] | None
) -> Iterator[Piece]:
    names = stretches.iter_stretches(asker, "gloss", instances, descending=False, there=there)
    of_value = f"{question.where} AND {question.key} = ?3"
    sql = stretches.select("gloss", of_value, question.order)
    most = _STRETCHES if instances >> _STRETCHES > stretches.FIRST else _STRETCHES_OF_FEW
    for ends in islice(names, most):
        yield from asker.ids(sql, (*ends, value))
