"""The sums of many blocks' kept figures, beside them in `tally`: who asks for all adds up few rows.

They are made anew with the figures of their blocks (`store.tally.freshen`), in the same transaction. Where one of
the blocks is marked, the figures of the others are read instead.
"""

from typing import Final

_TOGETHER: Final = 64
"""Blocks of a sum."""
_SUM: Final = f"(block + 1) / {_TOGETHER}"
"""The number of a block's sum; blocks begin with -1 (`store.tally_marks.ROOTLESS`)."""
COLUMNS: Final = "name, a, b, c, n1, n2, n3, n4, n5, n6"
_ADDED: Final = ", ".join(
    f"SUM(t.{name}) AS {name}" if name.startswith("n") and name != "name" else f"t.{name}"
    for name in COLUMNS.split(", ")
)


def _blocks(of: str) -> str:
    """The condition on `t` to be a block of the sum that a row stands for."""
    return (
        f"t.kind = {of}.kind AND t.block BETWEEN {of}.number * {_TOGETHER} - 1 "
        f"AND {of}.number * {_TOGETHER} + {_TOGETHER - 2}"
    )


_CHANGED: Final = f"(SELECT DISTINCT kind, {_SUM} AS number FROM recount)"
_MARKED: Final = f"(SELECT DISTINCT kind, {_SUM} AS number FROM main.tally_stale)"
_GROUPED: Final = "GROUP BY r.kind, r.number, t.name, t.a, t.b, t.c"

RENEW: Final = (
    f"DELETE FROM tally WHERE (kind, block) IN (SELECT kind || '+', number FROM {_CHANGED})",
    f"""INSERT INTO tally (kind, block, {COLUMNS})
    SELECT r.kind || '+', r.number, {_ADDED} FROM {_CHANGED} r CROSS JOIN tally t ON {_blocks("r")}
    {_GROUPED}""",
)
"""The SQL that makes the sums anew whose blocks stand in `recount`."""


def figures(names: tuple[str, ...]) -> str:
    """The SQL of the view of all figures, or of those with names: kept ones, and those of marked blocks from `counted`."""
    wanted = f"t.name IN ({', '.join(map(repr, names))})" if names else "1"
    return f"""
CREATE TEMP VIEW figures AS
SELECT {COLUMNS} FROM main.tally t WHERE kind IN ('gloss+', 'clip+') AND {wanted}
AND (kind, block) NOT IN (SELECT kind || '+', number FROM {_MARKED})
UNION ALL
SELECT {", ".join(f"t.{name}" for name in COLUMNS.split(", "))}
FROM {_MARKED} r CROSS JOIN main.tally t ON {_blocks("r")} AND {wanted}
WHERE NOT EXISTS (SELECT 1 FROM main.tally_stale s WHERE s.kind = t.kind AND s.block = t.block)
UNION ALL SELECT {COLUMNS} FROM temp.counted"""


# Hours are rounded by the order in which they are added.
_KEPT: Final = f"""SELECT kind, block, {COLUMNS.replace("n3", "ROUND(n3, 6)")} FROM tally
WHERE kind IN ('gloss+', 'clip+')"""
_DUE: Final = f"""SELECT r.kind || '+', r.number, {_ADDED.replace("SUM(t.n3)", "ROUND(SUM(t.n3), 6)")}
FROM (SELECT DISTINCT kind, {_SUM} AS number FROM tally WHERE kind IN ('gloss', 'clip')) r
CROSS JOIN tally t ON {_blocks("r")} {_GROUPED}"""
WRONG: Final = f"""
SELECT DISTINCT SUBSTR(kind, 1, LENGTH(kind) - 1), block * {_TOGETHER} FROM (
  SELECT * FROM ({_KEPT} EXCEPT {_DUE}) UNION ALL SELECT * FROM ({_DUE} EXCEPT {_KEPT}))"""
"""A block of each sum that is not that of its blocks."""
