"""What tells that two clips are the same recording, and which clips are.

Three kinds of evidence: the same source and frame range, the same bytes of the file and range, and
equal landmarks. Each is enough by itself, and what is the same as a third is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, Literal, Protocol, TypeVar

Evidence = Literal["range", "content", "landmarks"]
EVIDENCE: Final[dict[Evidence, str]] = {
    "range": "source and range",
    "content": "content",
    "landmarks": "landmarks",
}
"""The kinds of evidence and their names in sentences."""

_KIND: Final[dict[str, Evidence]] = {
    "id": "range",
    "url": "range",
    "sha256": "content",
    "landmarks": "landmarks",
}
Key = tuple[str, ...]
_Item = TypeVar("_Item")


class Recording(Protocol):
    """What must be known of an instance to tell whether another one is the same recording."""

    @property
    def video_id(self) -> str: ...
    @property
    def url(self) -> str | None: ...
    @property
    def frame_start(self) -> int: ...
    @property
    def frame_end(self) -> int | None: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def landmarks_sha256(self) -> str | None: ...


def identities(row: Recording) -> Iterator[Key]:
    """What a clip is known by: two clips that share any of these are identical."""
    yield ("id", row.video_id, str(row.frame_start))
    if row.url:
        yield ("url", row.url, str(row.frame_start), str(row.frame_end))
    if row.sha256:
        yield ("sha256", row.sha256, str(row.frame_start), str(row.frame_end))
    if row.landmarks_sha256:
        yield ("landmarks", row.landmarks_sha256)


def evidence_of(key: Key) -> Evidence:
    """Which kind of evidence an identity is."""
    return _KIND[key[0]]


def group_identical(rows: Iterable["_Row"]) -> list[list["_Row"]]:
    """Groups of identical clips, in the order of their first; most hold one clip."""
    return group_by_keys(rows, identities)


_Row = TypeVar("_Row", bound=Recording)


def group_by_keys(
    items: Iterable[_Item], keys: Callable[[_Item], Iterable[Hashable]]
) -> list[list[_Item]]:
    """Put together what shares a key, also through others; in the order of their first."""
    everyone = list(items)
    parent = list(range(len(everyone)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[Hashable, int] = {}
    for index, item in enumerate(everyone):
        for key in keys(item):
            parent[find(index)] = find(first.setdefault(key, index))
    groups: dict[int, list[_Item]] = defaultdict(list)
    for index, item in enumerate(everyone):
        groups[find(index)].append(item)
    return list(groups.values())
