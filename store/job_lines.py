"""What jobs said while they ran, as the catalog keeps it."""

from dataclasses import dataclass

from sqlalchemy import select

from store.library import Library
from store.schema import JobLine


@dataclass(frozen=True, slots=True)
class JobLineRow:
    at: float
    level: str
    text: str


def list_lines(library: Library, job_id: int) -> list[JobLineRow]:
    """The kept log lines of a job, oldest first."""
    with library.reading() as session:
        rows = session.execute(
            select(JobLine.at, JobLine.level, JobLine.text)
            .where(JobLine.job_id == job_id)
            .order_by(JobLine.id)
        )
        return [JobLineRow(*row) for row in rows]
