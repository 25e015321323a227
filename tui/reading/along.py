"""Orders that an index has, video ids and lengths: SQLite goes along it and looks at each instance.

Left to itself it may begin with an index on what is asked for, and sort all that it finds there.
"""

import re
from collections.abc import Iterator
from typing import Final

from tui.reading.pieces import Asker, Piece, Question

_INSTANCES: Final = {
    "length": "SELECT length AS _key, id AS _piece FROM instance",
    "video_id": "SELECT n.video_id AS _key, i.id AS _piece "
    "FROM clip n CROSS JOIN instance i ON i.clip_id = n.id",
}
"""All instances, with what they are ordered by."""
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
    to_words = question.words and question.sort == "video_id"
    beyond, ends = _beyond(asker, question) if to_words else ("1", ())
    falling = "DESC" if question.descending else ""
    second = falling if question.sort == "length" else ""
    sql = f"""SELECT instance_id FROM ({_INSTANCES[question.sort]})
    CROSS JOIN instances ON instance_id = _piece
    WHERE {question.where} AND {beyond} ORDER BY _key {falling} NULLS LAST, _piece {second}"""
    yield from asker.ids(sql, ends)


def _beyond(asker: Asker, question: Question) -> tuple[str, tuple[str, ...]]:
    """The condition, and its value, to be no video id before the first that words can mean.

    Each of the others would be looked at in vain.
    """
    like, falling = (f"{question.words}%",), question.descending
    if asker.count(_OF_GLOSSES, like, _FEW_OF_GLOSSES) > _FEW_OF_GLOSSES:
        return "1", ()
    # Capitals come before small letters, and LIKE takes one for the other.
    start = _ANY.split(question.words, maxsplit=1)[0]
    start = start.lower() + _LAST if falling else start.upper()
    of_glosses = asker.rows(f"SELECT MIN(video_id), MAX(video_id) FROM ({_OF_GLOSSES})", like)[0]
    ends = [start, *(str(one) for one in of_glosses if one is not None)]
    return f"_key {'<=' if falling else '>='} ?1", (max(ends) if falling else min(ends),)
