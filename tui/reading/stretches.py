"""Stretches of names: parts of the order by gloss or signer that SQLite finds by index, one after the other."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from store import starts
from tui.reading import pieces
from tui.reading.candidates import CLIPS
from tui.reading.pieces import Asker

FIRST: Final = 1_500
"""Instances of the first stretch, about; each one after it is twice as long as the one before."""
FEW_CLIPS: Final = 10_000
"""Of so many clips the glosses are looked for, rather than taken from the kept figures."""
_MOST_IDS: Final = 50_000
"""More than so many might not fit into a statement."""
_NAMES: Final = {"gloss": ("text", "gloss"), "signer": ("name", "signer")}
SORTS: Final = tuple(_NAMES)
_INSTANCES: Final = {
    "gloss": "gloss n CROSS JOIN instance i ON i.gloss_id = n.id WHERE n.text BETWEEN ? AND ?",
    "signer": "signer n CROSS JOIN instance i ON i.signer_id = n.id WHERE n.name BETWEEN ? AND ?",
}
"""The instances of a stretch. What stands left of a CROSS JOIN is what SQLite begins with, whatever
else is wanted: an index on that, such as the one on splits, leads through all of the library."""


def pieces_of(sort: str, narrower: str = "1") -> str:
    """The SQL of the ids in a stretch, whose first and last name in the alphabet are its first two values.

    What is `narrower` is a condition on the table `instance i`, and may use an index on it and the name.
    """
    return f"SELECT i.id AS _piece FROM {_INSTANCES[sort]} AND {narrower}"


def iter_stretches(
    asker: Asker, sort: str, instances: int, *, descending: bool, there: set[int] | None = None
) -> Iterator[tuple[str, str]]:
    """First and last name of each stretch, in order; where `there` has ids, each begins with one of them."""
    column, table = _NAMES[sort]
    count = asker.number(f"SELECT COUNT(*) FROM {table}")
    falling, beyond = ("DESC", "<=") if descending else ("", ">=")
    start = ""
    if there is not None and len(there) < min(count / 2, _MOST_IDS):
        # The names before the first of few are many, and to read them costs more than to ask for it.
        ids = ", ".join(map(str, there))
        first = (
            f"SELECT {column} FROM {table} WHERE id IN ({ids}) ORDER BY {column} {falling} LIMIT 1"
        )
        start = f"WHERE {column} {beyond} ({first})"
    names = asker.each(f"SELECT id, {column} FROM {table} {start} ORDER BY {column} {falling}")
    length = float(FIRST)
    while some := list(islice((row for row in names if there is None or row[0] in there), 1)):
        some += islice(names, max(0, round(length * count / instances) - 1))
        yield some[0][1], some[-1][1]
        length = min(pieces.LONGEST, 2 * length)


def glosses_of(asker: Asker, words: str) -> set[int]:
    """Ids of the glosses that begin with words or have such a clip, and perhaps of some more."""
    like = (f"{words}%",)
    found = {row[0] for row in asker.rows("SELECT id FROM gloss WHERE text LIKE ?1", like)}
    clips = "SELECT 1 FROM clip WHERE video_id LIKE ?1"
    if asker.count(clips, like, FEW_CLIPS) > FEW_CLIPS:
        with asker.limited(""):
            return found | starts.glosses_of(asker.connection, words)
    return found.union(
        row[0] for row in asker.rows(f"SELECT i.gloss_id FROM {CLIPS} c.video_id LIKE ?1", like)
    )
