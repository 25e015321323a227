"""Orders that an index has, such as by video id or length: SQLite goes along it and looks at each instance.

Left to itself it may begin with an index on what is asked for, and sort all that it finds there.
"""

import re
from collections.abc import Iterator
from typing import Final

from tui.reading.pieces import EXPRESSIONS, Asker, Piece, Question

_INSTANCES: Final = {
    "length": "SELECT length AS _key, id AS _piece FROM instance",
    "hands": f"SELECT {EXPRESSIONS['hands']} AS _key, instance_id AS _piece FROM extraction",
    "video_id": "SELECT n.video_id AS _key, i.id AS _piece "
    "FROM clip n CROSS JOIN instance i ON i.clip_id = n.id",
}
"""Instances, with what they are ordered by; with hands, of each extraction, also others than the newest."""
SORTS: Final = tuple(_INSTANCES)
_OF_GLOSSES: Final = """SELECT c.video_id FROM gloss g CROSS JOIN instance i ON i.gloss_id = g.id
CROSS JOIN clip c ON c.id = i.clip_id WHERE g.text LIKE ?1"""
"""The video ids of the glosses that begin with words."""
_FEW_OF_GLOSSES: Final = 10_000
"""Of more than so many the first is not sought."""
_ANY: Final = re.compile(r"[^ -$&-^`-~]")
"""What stands for more in words than itself or the same letter in the other case."""
_LAST: Final = chr(0x10FFFF)


def ids(asker: Asker, question: Question) -> Iterator[Piece]:
    """The ids of a question, in order."""
    falling = "DESC" if question.descending else ""
    if question.sort == "hands":
        yield from _by_hands(asker, question, falling)
    elif question.sort == "length":
        order = f"_key {falling} NULLS LAST, _piece {falling}"
        within = " AND ".join(f"_key {one}" for one in question.wanted.lengths)
        yield from asker.ids(_along(question, within or "1", order))
    else:
        beyond, ends = _beyond(asker, question) if question.wanted.words else ("1", ())
        yield from asker.ids(_along(question, beyond, f"_key {falling}, _piece"), ends)


def _by_hands(asker: Asker, question: Question, falling: str) -> Iterator[Piece]:
    """By extractions: an older one may be as the newest, and of some instances there is none."""
    newest = f"_key = {question.key} GROUP BY _key, _piece"
    for piece in asker.ids(_along(question, newest, f"_key {falling}, _piece {falling}")):
        yield Piece(piece.ids)
    none = f"{question.select} AND {question.key} IS NULL ORDER BY instance_id {falling}"
    yield from asker.ids(none)


def _along(question: Question, narrower: str, order: str) -> str:
    return f"{question.select_from(_INSTANCES[question.sort])} AND {narrower} ORDER BY {order}"


def _beyond(asker: Asker, question: Question) -> tuple[str, tuple[str, ...]]:
    """The condition, and its value, to be no video id before the first that words can mean.

    Each of the others would be looked at in vain.
    """
    words, falling = question.wanted.words, question.descending
    like = (f"{words}%",)
    if asker.count(_OF_GLOSSES, like, _FEW_OF_GLOSSES) > _FEW_OF_GLOSSES:
        return "1", ()
    # Capitals come before small letters, and LIKE takes one for the other.
    start = _ANY.split(words, maxsplit=1)[0]
    start = start.lower() + _LAST if falling else start.upper()
    of_glosses = asker.rows(f"SELECT MIN(video_id), MAX(video_id) FROM ({_OF_GLOSSES})", like)[0]
    ends = [start, *(str(one) for one in of_glosses if one is not None)]
    return f"_key {'<=' if falling else '>='} ?1", (max(ends) if falling else min(ends),)
