"""The instances that one part of a filter leaves, found by index: few are sorted whole.

Whoever goes along an order looks in vain at all that the filter rules out; where it leaves nothing,
that is the whole library.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from store.words import ExtractionStatus
from tui.reading.filters import YES, Wanted
from tui.reading.pieces import Asker, Value

CLIPS: Final = "clip c CROSS JOIN instance i ON i.clip_id = c.id WHERE"
"""Instances by what their clip is."""
OF_WORDS: Final = f"""SELECT i.id FROM gloss g CROSS JOIN instance i ON i.gloss_id = g.id
WHERE g.text LIKE ?1 UNION ALL SELECT i.id FROM {CLIPS} c.video_id LIKE ?1"""
"""The instances whose gloss or video id begins with words, some of them twice."""
OF_COLUMNS: Final = {
    "split": "SELECT id FROM instance WHERE split IS ?1",
    "source": "SELECT id FROM instance WHERE source IS ?1",
    "variation": "SELECT id FROM instance WHERE variation IS ?1",
    "url": "SELECT id FROM instance WHERE url IS ?1",
    "signer": "SELECT id FROM instance WHERE signer_id = (SELECT id FROM signer WHERE name = ?1) "
    "UNION ALL SELECT id FROM instance WHERE ?1 IS NULL AND signer_id IS NULL",
    "availability": f"SELECT i.id FROM {CLIPS} c.availability IS ?1",
    "fps": f"SELECT i.id FROM {CLIPS} c.fps IS ?1",
    "sha256": f"SELECT i.id FROM {CLIPS} c.sha256 IS ?1",
}
"""The instances that have a value, or none, in a column of the `instances` view."""
OF_MARKED: Final = {
    "extraction": "SELECT e.instance_id FROM extractor x CROSS JOIN extraction e "
    "ON e.extractor_id = x.id WHERE e.status = ?1",
    "error": "SELECT instance_id FROM extraction WHERE error = ?1",
    "excluded_reason": "SELECT id FROM instance WHERE excluded_reason = ?1",
    "reason": f"SELECT i.id FROM {CLIPS} c.reason = ?1",
}
"""The same where none is not sought; with extractions, of the newest or of an older one."""
_NEVER: Final = {None, ExtractionStatus.PENDING}
"""Values that are not sought there: they have no row."""
_MOST_VALUES: Final = 100
"""More would make too long a statement."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The SQL of ids, some perhaps twice, and its values."""

    sql: str
    values: tuple[Value, ...] = ()


def fewest(asker: Asker, wanted: Wanted, most: int) -> Candidates | None:
    """What the part of a filter leaves that leaves fewest; None where they are more than `most`."""
    found = None
    for one in _parts(wanted):
        count = asker.count(one.sql, one.values, most)
        if count <= most:
            found, most = one, count
    return found


def _parts(wanted: Wanted) -> Iterator[Candidates]:
    if wanted.words:
        yield Candidates(OF_WORDS, (f"{wanted.words}%",))
    if wanted.lengths:
        compared = " AND ".join(f"length {one}" for one in wanted.lengths)
        yield Candidates(f"SELECT id FROM instance WHERE {compared}")
    for column, values in wanted.values.items():
        if column in OF_COLUMNS and len(values) <= _MOST_VALUES:
            yield _of_any(OF_COLUMNS[column], values)
        elif column in OF_MARKED and len(values) <= _MOST_VALUES and not _NEVER & set(values):
            yield _of_any(OF_MARKED[column], values)
        elif column == "excluded" and str(values[0]).lower() in YES:
            yield Candidates("SELECT id FROM instance WHERE excluded")


def _of_any(sql: str, values: tuple[str | None, ...]) -> Candidates:
    places = range(1, len(values) + 1)
    return Candidates(" UNION ALL ".join(sql.replace("?1", f"?{one}") for one in places), values)
