"""Pages of instances: filtered, sorted, counted."""

from dataclasses import dataclass, replace
from typing import Any, Final

from store.library import Library
from store.query import run_query

PAGE_ROWS: Final = 200

COLUMNS: Final = (
    "gloss", "video_id", "signer", "split", "availability", "extraction", "clip_frames", "source",
)  # fmt: skip
"""Columns of the instances table, in the names of the `instances` view."""

_OPERATORS: Final = ("=", "<", ">", " like ", " in ", " in(", " is ", " between ", " not ")


@dataclass(frozen=True, slots=True)
class InstanceQuery:
    """Which instances a page shows."""

    search: str = ""
    sort: str = "gloss"
    descending: bool = False
    page: int = 0

    @property
    def condition(self) -> str:
        """The SQL condition that the search stands for; empty shows all."""
        words = self.search.strip()
        if not words:
            return ""
        if words.lower().startswith("where "):
            return words[6:].strip()
        if any(operator in f" {words.lower()} " for operator in _OPERATORS):
            return words
        quoted = words.replace("'", "''")
        return f"gloss LIKE '{quoted}%' OR video_id LIKE '{quoted}%'"

    @property
    def where(self) -> str:
        return f" WHERE ({self.condition})" if self.condition else ""

    @property
    def sql(self) -> str:
        order = f"{self.sort}{' DESC' if self.descending else ''}, video_id"
        return (
            f"SELECT instance_id, {', '.join(COLUMNS)} FROM instances{self.where}"  # noqa: S608 - read-only
            f" ORDER BY {order} LIMIT {PAGE_ROWS} OFFSET {self.page * PAGE_ROWS}"
        )

    @property
    def count_sql(self) -> str:
        return f"SELECT COUNT(*) FROM instances{self.where}"  # noqa: S608 - read-only connection

    def sorted_by(self, column: str) -> "InstanceQuery":
        """Sort by a column; the same column again turns the order round."""
        turned = column == self.sort and not self.descending
        return replace(self, sort=column, descending=turned, page=0)


@dataclass(frozen=True, slots=True)
class InstancePage:
    query: InstanceQuery
    rows: list[tuple[Any, ...]]
    """Instance id, then `COLUMNS`."""
    total: int

    @property
    def first(self) -> int:
        return self.query.page * PAGE_ROWS

    @property
    def last_page(self) -> int:
        return max(0, (self.total - 1) // PAGE_ROWS)


def read_page(library: Library, query: InstanceQuery) -> InstancePage:
    """One page of instances. Raises QueryError where the condition is wrong."""
    total = int(run_query(library, query.count_sql).rows[0][0])
    return InstancePage(query, run_query(library, query.sql).rows, total)
