"""The sums of many blocks' kept figures, beside them in `tally`: who asks for all adds up few rows.

They are made anew with the figures of their blocks (`store.tally.freshen`), in the same transaction. Where one of
the blocks is marked, the figures of the others are read instead.
"""

from typing import Final

from store import starts

_TOGETHER: Final = 64
"""Blocks of a sum."""
_SUM: Final = f"(block + 1) / {_TOGETHER}"
"""The number of a block's sum; blocks begin with -1 (`store.tally_marks.ROOTLESS`)."""
_KEYS: Final = "name, a, b, c"
_NUMBERS: Final = ("n1", "n2", "n3", "n4", "n5", "n6")
COLUMNS: Final = ", ".join((_KEYS, *_NUMBERS))
_ADDS: Final = f"t.name <> '{starts.NAME}'"
"""The condition on `t` to be a figure that has a sum."""
OF_BLOCKS: Final = "kind IN ('gloss', 'clip')"
"""The condition on `tally` to be of a block, and no sum."""
_OF_SUMS: Final = "kind IN ('gloss+', 'clip+')"
_ADDED: Final = ", ".join((_KEYS, *(f"SUM({name}) AS {name}" for name in _NUMBERS)))
_OF_R: Final = (
    f"t.kind = r.kind AND t.block BETWEEN r.number * {_TOGETHER} - 1 "
    f"AND r.number * {_TOGETHER} + {_TOGETHER - 2}"
)
"""The condition on `t` to be a block of the sum that `r` names."""
_CHANGED: Final = f"(SELECT DISTINCT kind, {_SUM} AS number FROM recount)"
_MARKED: Final = f"(SELECT DISTINCT kind, {_SUM} AS number FROM main.tally_stale)"
_GROUPED: Final = f"GROUP BY r.kind, number, {_KEYS}"

RENEW: Final = (
    f"DELETE FROM tally WHERE (kind, block) IN (SELECT kind || '+', number FROM {_CHANGED})",
    f"""INSERT INTO tally (kind, block, {COLUMNS})
    SELECT r.kind || '+', r.number, {_ADDED} FROM {_CHANGED} r CROSS JOIN tally t ON {_OF_R}
    AND {_ADDS} {_GROUPED}""",
)
"""The SQL that makes the sums anew whose blocks stand in `recount`."""


def figures(names: tuple[str, ...]) -> str:
    """The SQL of the view of all figures that add up, or of those with names: kept ones, and those of marked blocks from `counted`."""
    wanted = f"t.name IN ({', '.join(map(repr, names))})" if names else _ADDS
    return f"""
CREATE TEMP VIEW figures AS
SELECT {COLUMNS} FROM main.tally t WHERE {_OF_SUMS} AND {wanted}
AND (kind, block) NOT IN (SELECT kind || '+', number FROM {_MARKED})
UNION ALL
SELECT {COLUMNS} FROM {_MARKED} r CROSS JOIN main.tally t ON {_OF_R} AND {wanted}
WHERE NOT EXISTS (SELECT 1 FROM main.tally_stale s WHERE s.kind = t.kind AND s.block = t.block)
UNION ALL SELECT {COLUMNS} FROM temp.counted t WHERE {wanted}"""


# Hours are rounded by the order in which they are added.
_KEPT: Final = f"""SELECT kind, block, {COLUMNS.replace("n3", "ROUND(n3, 6)")} FROM tally
WHERE {_OF_SUMS}"""
_DUE: Final = f"""SELECT r.kind || '+', r.number, {_ADDED.replace("SUM(n3)", "ROUND(SUM(n3), 6)")}
FROM (SELECT DISTINCT kind, {_SUM} AS number FROM tally WHERE {OF_BLOCKS}) r
CROSS JOIN tally t ON {_OF_R} AND {_ADDS} {_GROUPED}"""
WRONG: Final = f"""
SELECT DISTINCT SUBSTR(kind, 1, LENGTH(kind) - 1), block * {_TOGETHER} FROM (
  SELECT * FROM ({_KEPT} EXCEPT {_DUE}) UNION ALL SELECT * FROM ({_DUE} EXCEPT {_KEPT}))"""
"""A block of each sum that is not that of its blocks."""
