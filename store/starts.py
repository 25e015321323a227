"""The glosses of clips whose video ids begin alike, among the kept figures of `store.tally`.

A letter alone can begin hundreds of thousands of video ids, all of them of glosses far from the first
page. To look for these glosses takes longer than to read the page; kept, they are there at once.
"""

import sqlite3
from collections import defaultdict
from typing import Final

from store.tally_marks import GLOSSES

NAME: Final = "start"
"""What stands in `tally.name`."""
LETTERS: Final = 2
"""What is kept of a video id; beyond it, words are few enough to be looked for."""
KEYS: Final = f"SUBSTR(video_id, 1, {LETTERS}), NULL, NULL"
NUMBER: Final = f"SUM(DISTINCT 1 << gloss_id % {GLOSSES})"
"""The glosses of a block that have such a clip: one bit each."""
_KEPT: Final = f"SELECT block, n1 FROM tally WHERE name = '{NAME}' AND a LIKE ?"  # noqa: S608 - no outside text
_MARKED: Final = "SELECT block FROM tally_stale WHERE kind = 'gloss'"


def glosses_of(connection: sqlite3.Connection, words: str) -> set[int]:
    """The ids of all glosses that may have a clip whose video id is `LIKE` words and more.

    Some have none: where words are longer than what is kept, and where rows have changed since.
    """
    start = words[:LETTERS].partition("%")[0]
    of_block: defaultdict[int, int] = defaultdict(int)
    for block, bits in connection.execute(_KEPT, (f"{start}%",)):
        of_block[block] |= int(bits)
    for (block,) in connection.execute(_MARKED):
        of_block[block] = ~0
    return {
        block * GLOSSES + place
        for block, bits in of_block.items()
        for place in range(GLOSSES)
        if bits >> place & 1
    }
