"""A query of the command line: its whole answer, or an error."""

from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import QueryError
from store.library import Library
from store.results import Limits, Results, State


@contextmanager
def answered(library: Library, sql: str, limits: Limits) -> Iterator[Results]:
    """Ask, wait, give the answer, and delete its rows in the end.

    Raises:
        QueryError: the SQL is wrong, would change something or took too long.
        StoreError: the rows found no room.
    """
    results = Results(library, sql, limits)
    try:
        results.run()
        if results.error is not None:
            raise results.error
        if results.state is State.TIME_LIMIT:
            raise QueryError(
                f"The query took longer than {limits.seconds:g} s.",
                hint="Narrow it down with WHERE, or raise --time-limit.",
            )
        yield results
    finally:
        results.close()
