"""WLASL's index and subset files, read with distrust.

Format: the README of dxli94/WLASL. Frames are counted from 1 there and -1 means the end; here
they become 0-based half-open ranges, and nothing else in signtui knows about it.
"""

import json
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from store.errors import ImportSourceError
from store.importers.json_array import iter_array, starts_array
from store.words import SPLITS

INDEX_NAME: Final = "WLASL_v0.3.json"
SUBSET_NAME: Final = re.compile(r"nslt_([0-9A-Za-z_-]{1,32})\.json")
MAX_INDEX_BYTES: Final = 8 * 2**30
_MAX_SUBSET_BYTES: Final = 512 * 2**20
MAX_GLOSS_LENGTH: Final = 200
MAX_TEXT_LENGTH: Final = 4096
_MAX_FRAMES: Final = 2**31
_MAX_SIGNER: Final = 64
_MAX_EXTRA: Final = 65_536
_MAX_DEPTH: Final = 32
_VIDEO_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_FIELDS: Final = frozenset(
    {
        "bbox", "fps", "frame_start", "frame_end", "instance_id", "signer_id", "source", "split",
        "url", "variation_id", "video_id",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IndexInstance:
    """One instance of the index, checked, with frames as signtui counts them."""

    gloss: str
    video_id: str
    signer: str | None
    split: str | None
    frame_start: int
    frame_end: int | None
    fps: float | None
    bbox: tuple[int | None, int | None, int | None, int | None]
    source: str | None
    url: str | None
    variation: int | None
    number: int | None
    extra: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class SubsetLine:
    subset: str
    video_id: str
    split: str
    class_id: int
    frame_start: int
    frame_end: int | None


def read_index(path: Path) -> list[IndexInstance]:
    """The whole index, read and checked. Raises as `iter_index`."""
    return list(iter_index(path))


def iter_index(path: Path) -> Iterator[IndexInstance]:
    """Read and check an index, gloss by gloss: of a large one little is in memory at a time.

    Raises:
        ImportSourceError: it is not JSON, not WLASL's, or a value cannot be right; one that
            occurs twice is found at the end.
    """
    hashes, empty = array("q"), True
    with _readable_json(path):
        _refuse_size(path, MAX_INDEX_BYTES)
        if not starts_array(path):
            # Is it JSON at all? The answer is another sentence.
            load_json(path)
            raise _not_wlasl(path, "it should be a list of glosses")
        for entry in iter_array(path):
            empty = False
            for instance in _read_entry(path, entry):
                hashes.append(hash(instance.video_id))
                yield instance
    if empty:
        raise _not_wlasl(path, "it should be a list of glosses")
    if not hashes:
        raise _not_wlasl(path, "no gloss has an instance")
    _refuse_duplicates(path, hashes)


def load_json(path: Path) -> Any:
    """Parse a JSON file of bounded size. Raises ImportSourceError."""
    with _readable_json(path):
        _refuse_size(path, _MAX_SUBSET_BYTES)
        return json.loads(path.read_bytes())


def _refuse_size(path: Path, most: int) -> None:
    if path.stat().st_size > most:
        raise ImportSourceError(f"{path} is too large for an index (over {most >> 20} MiB).")


@contextmanager
def _readable_json(path: Path) -> Iterator[None]:
    """Say in one sentence why a file cannot be read or is not JSON. Raises ImportSourceError."""
    try:
        yield
    except OSError as error:
        raise ImportSourceError(
            f"{path} cannot be read: {error.strerror}.",
            hint=f"Give the index with --index FILE, or a folder that holds {INDEX_NAME}.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise ImportSourceError(
            f"{path} is not JSON: {str(error)[:120]}.",
            hint="Download the index again; half a download looks like this.",
        ) from error


def _not_wlasl(path: Path, why: str) -> ImportSourceError:
    return ImportSourceError(
        f"{path.name} is not an index in WLASL's format: {why}.",
        hint='Expected: [{"gloss": "book", "instances": [{"video_id": "69241", …}, …]}, …]',
    )


def _read_entry(path: Path, entry: Any) -> Iterator[IndexInstance]:
    if not isinstance(entry, dict) or not isinstance(entry.get("instances"), list):
        raise _not_wlasl(path, "an entry has no gloss or no list of instances")
    gloss = _read_gloss(path, entry.get("gloss"))
    for raw in entry["instances"]:
        if not isinstance(raw, dict):
            raise _not_wlasl(path, f"an instance of {gloss} is not an object")
        try:
            yield _read_instance(gloss, raw)
        except _WrongValueError as error:
            where = str(raw.get("video_id", "?"))[:40]
            raise _not_wlasl(path, f"instance {where!r} of {gloss!r}: {error}") from error


def _read_gloss(path: Path, gloss: Any) -> str:
    if not isinstance(gloss, str) or not gloss.strip():
        raise _not_wlasl(path, "a gloss is not a text")
    if len(gloss) > MAX_GLOSS_LENGTH:
        raise _not_wlasl(path, f"a gloss has {len(gloss)} characters ({gloss[:20]}…)")
    if not gloss.isprintable():
        raise _not_wlasl(path, f"the gloss {gloss[:40]!r} holds unprintable characters")
    return gloss.strip()


class _WrongValueError(ValueError):
    pass


def _read_instance(gloss: str, raw: dict[str, Any]) -> IndexInstance:
    start, end = read_range(
        _whole(raw, "frame_start", default=1), _whole(raw, "frame_end", default=-1)
    )
    return IndexInstance(
        gloss=gloss,
        video_id=check_video_id(raw.get("video_id")),
        signer=_signer(raw.get("signer_id")),
        split=_split(raw.get("split")),
        frame_start=start,
        frame_end=end,
        fps=_rate(raw.get("fps")),
        bbox=_box(raw.get("bbox")),
        source=_text(raw, "source"),
        url=_text(raw, "url"),
        variation=_whole(raw, "variation_id", default=None),
        number=_whole(raw, "instance_id", default=None),
        extra=_extra({name: raw[name] for name in sorted(raw.keys() - _FIELDS)}),
    )


def check_video_id(value: Any) -> str:
    """A video id becomes part of file names: letters, digits, `_` and `-` only."""
    if not isinstance(value, str) or not _VIDEO_ID.fullmatch(value):
        raise _WrongValueError(f"the video id {str(value)[:40]!r} is not letters, digits, _ and -")
    return value


def read_range(first: Any, last: Any) -> tuple[int, int | None]:
    """WLASL's inclusive range from 1 (-1 = end) as a 0-based half-open one."""
    if first < 1:
        raise _WrongValueError(f"frame_start is {first}, but frames are counted from 1")
    if last == -1:
        return first - 1, None
    if last < first:
        raise _WrongValueError(f"the frames {first} to {last} are no range")
    return first - 1, last


def _whole(raw: dict[str, Any], name: str, *, default: int | None) -> Any:
    value = raw.get(name, default)
    if value is None and default is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_FRAMES:
        raise _WrongValueError(f"{name} is {str(value)[:40]!r}, not a whole number")
    return value


def _text(raw: dict[str, Any], name: str) -> str | None:
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_TEXT_LENGTH or not value.isprintable():
        raise _WrongValueError(
            f"{name} is not a printable text of at most {MAX_TEXT_LENGTH} characters"
        )
    return value


def _extra(found: dict[str, Any]) -> dict[str, Any] | None:
    """What signtui has no name for, as it came; SQLite must be able to read it as JSON."""
    try:
        size = len(json.dumps(found, allow_nan=False))
    except ValueError as error:
        raise _WrongValueError("a number is not finite") from error
    if size > _MAX_EXTRA or _depth(found) > _MAX_DEPTH:
        raise _WrongValueError(f"there is more beside it than {_MAX_EXTRA} characters of JSON")
    return found or None


def _depth(value: Any) -> int:
    """How deep lists and objects are nested; not far beyond what is allowed."""
    level, depth = [value], 0
    while level and depth <= _MAX_DEPTH:
        depth += 1
        nested = [part for part in level if isinstance(part, dict | list)]
        level = [
            inner
            for part in nested
            for inner in (part.values() if isinstance(part, dict) else part)
        ]
    return depth


def _signer(value: Any) -> str | None:
    if value is None or value == -1:
        return None
    name = str(value)
    usual = isinstance(value, int | str) and not isinstance(value, bool)
    if not usual or len(name) > _MAX_SIGNER or not name.isprintable():
        raise _WrongValueError(f"signer_id is {name[:40]!r}")
    return name


def _split(value: Any) -> str | None:
    if value is not None and value not in SPLITS:
        raise _WrongValueError(f"split is {str(value)[:40]!r}, not train, val or test")
    return value  # type: ignore[no-any-return]


def _rate(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1000:  # noqa: PLR2004
        raise _WrongValueError(f"fps is {str(value)[:40]!r}")
    return float(value)


def _box(value: Any) -> tuple[int | None, int | None, int | None, int | None]:
    if value is None:
        return (None, None, None, None)
    whole = isinstance(value, list) and all(type(side) is int for side in value)
    if not whole or len(value) != 4 or any(abs(side) > _MAX_FRAMES for side in value):  # noqa: PLR2004
        raise _WrongValueError(f"bbox is {str(value)[:40]!r}, not four whole numbers")
    left, top, right, bottom = value
    return (left, top, right, bottom)


def _refuse_duplicates(path: Path, hashes: "array[int]") -> None:
    """Eight bytes for each id tell that there is none twice; only else are the ids read again."""
    values, times = np.unique(np.frombuffer(hashes, np.int64), return_counts=True)
    suspects = set(values[times > 1].tolist())
    if not suspects:
        return
    seen = Counter(
        instance.video_id
        for entry in iter_array(path)
        for instance in _read_entry(path, entry)
        if hash(instance.video_id) in suspects
    )
    for video_id, count in seen.items():
        if count > 1:
            raise _not_wlasl(path, f"the video id {video_id!r} occurs twice")


def read_subset(path: Path) -> list[SubsetLine]:
    """Read an official subset file, `nslt_<name>.json`. Raises ImportSourceError."""
    match = SUBSET_NAME.fullmatch(path.name)
    if match is None:
        raise ImportSourceError(f"{path.name} is not named like a subset (nslt_100.json).")
    lines = load_json(path)
    if not isinstance(lines, dict):
        raise _not_subset(path, "it should be an object of video ids")
    try:
        return [_read_line(match[1], *line) for line in lines.items()]
    except (_WrongValueError, KeyError, TypeError, ValueError) as error:
        raise _not_subset(path, str(error)[:120]) from error


def _read_line(subset: str, video_id: str, value: dict[str, Any]) -> SubsetLine:
    class_id, first, last = value["action"]
    if any(type(number) is not int or abs(number) > _MAX_FRAMES for number in value["action"]):
        raise _WrongValueError(f"the action of {video_id[:40]!r} is not three whole numbers")
    split = _split(value["subset"])
    if split is None:
        raise _WrongValueError(f"{video_id[:40]!r} has no split")
    start, end = read_range(max(first, 1), last)
    return SubsetLine(subset, check_video_id(video_id), split, class_id, start, end)


def _not_subset(path: Path, why: str) -> ImportSourceError:
    return ImportSourceError(
        f"{path.name} is not a subset file of WLASL: {why}.",
        hint='Expected: {"69241": {"subset": "train", "action": [0, 1, 75]}, …}',
    )
