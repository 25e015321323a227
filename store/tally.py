"""Figures that are kept: the statistics of blocks of glosses and of clips, which add up to the library's.

Counting millions of instances takes many seconds. Here each block is counted once; triggers in the
catalog (`store.tally_marks`) mark blocks whose rows change, whoever changes them, and a reader counts marked
ones anew, by the same statements. So figures are right at any time and kept ones are only a saving:
`freshen` counts what is marked and keeps it, `find_wrong` holds what is kept against a new count.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from store import starts, tally_sums
from store.library import Library
from store.tally_marks import CLIPS, GLOSSES, ROOTLESS
from store.words import UNKNOWN_REASON

MOST_PER_GLOSS: Final = 60
"""Glosses with more instances are counted together."""
LENGTH_BIN: Final = 10
"""Frames."""
LONGEST_BIN: Final = 150
"""Frames; longer ones are counted together."""
_AT_ONCE: Final = 64
"""Blocks that are counted in one transaction."""
_EVERY_S: Final = 2.0
_REST: Final = 10.0
"""Times as long as it counted, a job does without."""
_COLUMNS: Final = f"kind, block, {tally_sums.COLUMNS}"


def freshen(library: Library) -> int:
    """Count the blocks that are marked, some in each transaction; returns how many.

    Raises:
        LibraryBusyError, DiskFullError, StoreError: some may have been counted.
    """
    counted = 0
    while True:
        with library.reading() as session:
            if not _any(session, "tally_stale"):
                return counted
        with library.session() as session:
            _begin(session, f"SELECT kind, block FROM tally_stale LIMIT {_AT_ONCE}")
            _count(session)
            for table in ("tally", "tally_stale"):
                session.execute(
                    text(
                        f"DELETE FROM {table} WHERE (kind, block) IN (SELECT kind, block FROM recount)"
                    )
                )
            session.execute(text(f"INSERT INTO tally ({_COLUMNS}) SELECT {_COLUMNS} FROM counted"))
            for statement in tally_sums.RENEW:
                session.execute(text(statement))
            counted += int(session.execute(text("SELECT COUNT(*) FROM recount")).scalar_one())
            _end(session)


class Freshener:
    """Counts now and then while a job changes rows, so that who looks must count little."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._next = time.monotonic() + _EVERY_S

    def tick(self) -> None:
        """Count what is marked if it is time. Raises as `freshen`."""
        started = time.monotonic()
        if started < self._next:
            return
        freshen(self._library)
        ended = time.monotonic()
        self._next = ended + max(_EVERY_S, _REST * (ended - started))


def open_figures(session: Session, *names: str) -> None:
    """Make the temporary view `figures` of this transaction: kept ones, and those that are stale anew.

    With names it has the figures of these names alone, which costs less. What does not add up
    (`store.starts`) is not in it.
    """
    _begin(session, "SELECT kind, block FROM tally_stale")
    _count(session, *names)
    session.execute(text("DROP VIEW IF EXISTS temp.figures"))
    session.execute(text(tally_sums.figures(names)))


def find_wrong(library: Library) -> list[tuple[str, int]]:
    """Blocks, by kind and number, that are not marked and whose kept figures are not what is there.

    Of a sum that is not that of its blocks one of these.
    """
    with library.reading() as session:
        _begin(session, _ALL)
        _count(session)
        wrong = {
            *session.execute(text(_WRONG)).all(),
            *session.execute(text(tally_sums.WRONG)).all(),
        }
        return sorted((str(kind), int(block)) for kind, block in wrong)


def mark(library: Library, blocks: list[tuple[str, int]]) -> None:
    """Let blocks be counted anew. Raises LibraryBusyError, StoreError."""
    with library.session() as session:
        session.execute(
            text("INSERT OR IGNORE INTO tally_stale (kind, block) VALUES (:kind, :block)"),
            [{"kind": kind, "block": block} for kind, block in blocks],
        )


def _begin(session: Session, blocks: str) -> None:
    _end(session)
    session.execute(text(f"CREATE TEMP TABLE recount AS {blocks}"))
    session.execute(text(_COUNTED))


def _end(session: Session) -> None:
    for table in ("recount", "counted", "seen"):
        session.execute(text(f"DROP TABLE IF EXISTS temp.{table}"))


def _any(session: Session, table: str) -> bool:
    return bool(session.execute(text(f"SELECT EXISTS (SELECT 1 FROM {table})")).scalar_one())


def _count(session: Session, *names: str) -> None:
    """Count the blocks in `recount` into `counted`: the figures of these names, or all."""
    if not _any(session, "recount"):
        return
    if not names or any(name in _NUMBERS for name in names):
        session.execute(text(_SEEN))
    for name, statement in _statements():
        if not names or name in names:
            session.execute(text(statement))


_ALL: Final = f"""
SELECT 'gloss' AS kind, id / {GLOSSES} AS block FROM gloss GROUP BY 2 UNION SELECT 'gloss', {ROOTLESS}
UNION SELECT 'clip', id / {CLIPS} FROM clip GROUP BY 2
UNION SELECT kind, block FROM tally WHERE {tally_sums.OF_BLOCKS}"""

_COUNTED: Final = """
CREATE TEMP TABLE counted (
  kind TEXT, block INTEGER, name TEXT, a TEXT, b TEXT, c TEXT,
  n1 REAL, n2 REAL, n3 REAL, n4 REAL, n5 REAL, n6 REAL)"""

_SEEN: Final = f"""
CREATE TEMP TABLE seen AS
SELECT r.block, i.gloss_id, i.id, v.video_id, v.split, v.url, v.frame_start, v.frame_end,
  v.availability, v.extraction, v.error_kind, v.excluded, v.length, v.frames, v.frames_left,
  v.frames_right
FROM recount r
CROSS JOIN instance i ON i.gloss_id BETWEEN r.block * {GLOSSES} AND r.block * {GLOSSES} + {GLOSSES - 1}
CROSS JOIN instances v ON v.instance_id = i.id
WHERE r.kind = 'gloss' AND r.block >= 0"""

_NUMBERS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "split": (
        "split, NULL, NULL",
        ("COUNT(*)", "COUNT(DISTINCT gloss_id)", "SUM(availability = 'available')",
         "SUM(extraction = 'done')", "SUM(excluded)",
         "SUM(availability = 'available' AND NOT excluded)"),
        "seen",
    ),
    "extraction": (
        "extraction, NULL, NULL",
        ("COUNT(*)",),
        "seen WHERE extraction <> 'pending' OR availability = 'available'",
    ),
    "failure": (
        f"COALESCE(error_kind, '{UNKNOWN_REASON}'), NULL, NULL",
        ("COUNT(*)",),
        "seen WHERE extraction = 'failed'",
    ),
    "hands": (
        "NULL, NULL, NULL",
        ("SUM(frames)", "SUM(frames_left)", "SUM(frames_right)",
         "SUM(MAX(COALESCE(frames_left, 0), COALESCE(frames_right, 0)))"),
        "seen WHERE extraction IN ('done', 'no_hands') AND frames IS NOT NULL",
    ),
    "length": (
        f"MIN(length / {LENGTH_BIN} * {LENGTH_BIN}, {LONGEST_BIN}), NULL, NULL",
        ("COUNT(*)",),
        "seen WHERE length > 0",
    ),
    "instances of a gloss": (
        f"MIN(n, {MOST_PER_GLOSS}), NULL, NULL",
        ("COUNT(*)",),
        "(SELECT block, COUNT(*) AS n FROM seen GROUP BY block, gloss_id)",
    ),
    "landmarks of a gloss": (
        f"MIN(n, {MOST_PER_GLOSS}), NULL, NULL",
        ("COUNT(*)",),
        "(SELECT block, SUM(extraction = 'done') AS n FROM seen GROUP BY block, gloss_id)",
    ),
    "extractor": (
        "e.extractor_id, e.status, e.error_kind",
        ("COUNT(*)", "SUM(e.frames)", "SUM(e.frames_left)", "SUM(e.frames_right)",
         "SUM(availability = 'available' AND NOT excluded)"),
        "seen JOIN extraction e ON e.instance_id = seen.id",
    ),
    starts.NAME: (starts.KEYS, (starts.NUMBER,), "seen"),
    "subset": (
        "n.subset, n.split, n.class_id",
        ("COUNT(*)", "SUM(availability = 'available')", "SUM(extraction = 'done')"),
        "seen JOIN subset_entry n ON n.video_id = seen.video_id",
    ),
    # Counted at the first of all instances with the same source and range.
    "contradiction": (
        "NULL, NULL, NULL",
        ("COUNT(*)",),
        """seen WHERE url <> '' AND CASE WHEN EXISTS (
          SELECT 1 FROM instance o WHERE o.url = seen.url AND o.frame_start = seen.frame_start
          AND o.frame_end IS seen.frame_end AND o.id < seen.id)
        THEN 0 ELSE EXISTS (
          SELECT 1 FROM instance o WHERE o.url = seen.url AND o.frame_start = seen.frame_start
          AND o.frame_end IS seen.frame_end AND o.gloss_id <> seen.gloss_id) END""",
    ),
}  # fmt: skip
"""What is counted in each block of glosses: the keys, the numbers, and of what."""


def _statements() -> Iterator[tuple[str, str]]:
    """The name of a figure, and the SQL that counts it."""
    for name, (keys, numbers, source) in _NUMBERS.items():
        yield name, _insert("gloss", "block", name, keys, numbers, source)
    yield "subset", _insert(
        "gloss", str(ROOTLESS), "subset", "n.subset, n.split, n.class_id", ("COUNT(*)", "0", "0"),
        f"""recount r CROSS JOIN subset_entry n WHERE r.kind = 'gloss' AND r.block = {ROOTLESS}
        AND NOT EXISTS (SELECT 1 FROM clip c JOIN instance i ON i.clip_id = c.id
        WHERE c.video_id = n.video_id)""",
    )  # fmt: skip
    yield "clip", _insert(
        "clip", "r.block", "clip", "availability, reason, NULL",
        ("COUNT(*)", "SUM(frames)", "SUM(CASE WHEN fps > 0 THEN frames / fps END) / 3600.0",
         "SUM(size_bytes)"),
        f"""recount r CROSS JOIN clip c ON c.id BETWEEN r.block * {CLIPS}
        AND r.block * {CLIPS} + {CLIPS - 1} WHERE r.kind = 'clip'""",
    )  # fmt: skip


def _insert(
    kind: str, block: str, name: str, keys: str, numbers: tuple[str, ...], source: str
) -> str:
    places = ", ".join(f"n{place}" for place in range(1, len(numbers) + 1))
    return f"""
INSERT INTO counted (kind, block, name, a, b, c, {places})
SELECT '{kind}', {block}, '{name}', {keys}, {", ".join(numbers)}
FROM {source} GROUP BY 2, 4, 5, 6 HAVING COUNT(*) > 0"""


_WRONG: Final = f"""
SELECT DISTINCT kind, block FROM (
  SELECT * FROM (SELECT {_COLUMNS} FROM tally WHERE {tally_sums.OF_BLOCKS} EXCEPT SELECT {_COLUMNS} FROM counted)
  UNION ALL
  SELECT * FROM (SELECT {_COLUMNS} FROM counted EXCEPT SELECT {_COLUMNS} FROM tally)
) WHERE (kind, block) NOT IN (SELECT kind, block FROM tally_stale) ORDER BY kind, block"""


Figures = dict[str, list[tuple[Any, ...]]]
"""By name: keys a, b, c, and the sums of n1 to n6."""


def read_figures(session: Session) -> Figures:
    """The sums of all figures but those of subsets, after `open_figures`."""
    found: Figures = {}
    for name, *rest in session.execute(text(_SUMS)):
        found.setdefault(str(name), []).append(tuple(rest))
    return found


_SUMS: Final = """
SELECT name, a, b, c, SUM(n1), SUM(n2), SUM(n3), SUM(n4), SUM(n5), SUM(n6)
FROM figures WHERE name <> 'subset' GROUP BY name, a, b, c"""
