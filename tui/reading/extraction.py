"""What is there to extract, and what failed."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from store.library import Library


@dataclass(frozen=True, slots=True)
class Failure:
    """Clips that failed for the same kind of reason."""

    kind: str
    clips: int
    example: str
    """The error of one of them."""


_FAILURES: Final = """
SELECT COALESCE(error_kind, 'unknown'), COUNT(*), MAX(video_id || ': ' || COALESCE(error, ''))
FROM instances WHERE extraction = 'failed' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50"""


def read_failures(library: Library) -> list[Failure]:
    """Failed extractions grouped by reason, the most frequent first."""
    with library.reading() as session:
        return [Failure(*row) for row in session.execute(text(_FAILURES))]


def count_available(library: Library) -> int:
    """Clips that are there and readable."""
    with library.reading() as session:
        sql = "SELECT COUNT(*) FROM clip WHERE availability = 'available'"
        return int(session.execute(text(sql)).scalar_one())
