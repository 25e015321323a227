"""Views and triggers of a catalog: they hold no data, and are made anew where they are not those of the code."""

from collections.abc import Iterator

from store import lengths, tally_marks, views


def definitions() -> Iterator[str]:
    """The SQL of each, in the words that SQLite keeps."""
    yield from views.definitions()
    yield from _triggers()


def statements() -> Iterator[str]:
    """The SQL that renews all."""
    yield from views.statements()
    for sql in _triggers():
        yield f"DROP TRIGGER IF EXISTS {sql.split()[2]}"
    yield from _triggers()


def _triggers() -> Iterator[str]:
    yield from tally_marks.triggers()
    yield from lengths.triggers()
