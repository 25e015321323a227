"""Decoding while the frame before is looked at."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Item = TypeVar("_Item")
_END: Final = object()


def iter_ahead(items: Iterator[_Item]) -> Generator[_Item, None, None]:
    """Yield the same items, each fetched by a thread while the one before is worked on.

    Close it (`contextlib.closing`) before what the items come from: then nobody reads that any more.

    Raises:
        Exception: what fetching an item raised, in its place.
    """
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, items, _END)
            yield item  # type: ignore[misc]
