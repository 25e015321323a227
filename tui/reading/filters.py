"""What someone types into the filter, as the SQL condition it stands for.

Plain words look for a gloss or a video id; `key:value` asks for one column (`split:val`,
`state:failed`, `signer:11,12`, `frames:60..120`, `seconds:>2`, `gloss:b*`, `url:none`); anything
with an operator is SQL already.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from textual.suggester import Suggester

from store.words import SPLITS, Availability, ExtractionStatus

VIEW_COLUMNS: Final = (
    "instance_id", "video_id", "gloss", "signer", "split", "source", "url", "frame_start",
    "frame_end", "variation", "excluded", "excluded_reason", "availability", "reason", "path",
    "clip_frames", "fps", "width", "height", "size_bytes", "sha256", "extraction", "attempts",
    "error_kind", "error", "frames", "frames_left", "frames_right", "seconds", "length",
)  # fmt: skip
"""All columns of the `instances` view."""
_NUMBERS: Final = frozenset(
    ("instance_id", "frame_start", "frame_end", "variation", "clip_frames", "fps", "width",
     "height", "size_bytes", "attempts", "frames", "frames_left", "frames_right", "seconds", "length")
)  # fmt: skip
_ALIASES: Final = {
    "video": "video_id", "id": "video_id", "clip": "availability", "landmarks": "extraction",
    "bytes": "size_bytes", "why": "excluded_reason",
}  # fmt: skip
_WORDS: Final = ("gloss", "video_id")
YES: Final = frozenset(("yes", "1", "true"))
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "split": SPLITS,
    "availability": tuple(Availability),
    "extraction": tuple(ExtractionStatus),
    "state": (*Availability, *ExtractionStatus),
    "excluded": ("yes", "no"),
}
_SQL: Final = re.compile(
    r"""[=<>] | \b(in\s*\( | (like|glob)\s*['"] | between\s+\S+\s+and\b | is\s+(not\s+)?null\b)
    | ^not\s+excluded$""",
    re.IGNORECASE | re.VERBOSE,
)
"""What shows that something is SQL; `fall in love` is a gloss."""
_TOKEN: Final = re.compile(r'[^\s"]*"[^"]*"|\S+')
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_COMPARED: Final = re.compile(rf"(<=|>=|<|>)?({_NUMBER})")
_RANGE: Final = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_LENGTHS: Final = ("length", "frames")
"""Who asks for frames of landmarks asks for the same length."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a filter can be sought by index."""

    words: str
    """What a gloss or a video id begins with; may be empty."""
    values: Mapping[str, tuple[str | None, ...]]
    """What columns are one of; None is `none`."""
    lengths: tuple[str, ...]
    """What the length is compared with, such as `> 60`."""


def condition(typed: str) -> str:
    """The condition on the `instances` view that a filter stands for; empty shows all."""
    sql, columns, plain = _read(typed)
    asked = [_asked(column, value) for column, value in columns]
    if plain:
        text = _quoted(plain + "%")
        search = f"gloss LIKE {text} OR video_id LIKE {text}"
        asked.append(f"({search})" if asked else search)
    return sql or " AND ".join(asked)


def wanted(typed: str) -> Wanted:
    """What of a filter can be sought by index."""
    _, asked, plain = _read(typed)
    starts = (
        value.partition("*")[0] for column, value in asked if column in _WORDS and "*" in value
    )
    values = {column: some for column, value in asked if (some := _values(column, value))}
    lengths = (one for column, value in asked if column in _LENGTHS for one in _compared(value))
    return Wanted(plain or next(starts, ""), values, tuple(lengths))


def _values(column: str, value: str) -> tuple[str | None, ...]:
    """What the column is one of; nothing where it is only within bounds or begins so."""
    if value.lower() == "none":
        return (None,)
    if column == "excluded" or re.fullmatch(_NUMBER, value):
        return (value,)
    bounded = column in _NUMBERS and _compared(value)
    return () if bounded or "*" in value else _listed(value)


def _read(typed: str) -> tuple[str, list[tuple[str, str]], str]:
    """SQL that was typed; or else columns and their values, and plain words."""
    words = "".join(letter if letter.isprintable() else " " for letter in typed).strip()
    if words.lower().startswith("where "):
        return words[6:].strip(), [], ""
    asked, plain = _parts(words)
    if _SQL.search(" ".join(plain)):
        return words, [], ""
    return "", asked, " ".join(plain)


def _parts(words: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Columns and values of the `key:value` parts, and the other words."""
    asked: list[tuple[str, str]] = []
    plain: list[str] = []
    for token in _TOKEN.findall(words):
        key, colon, value = token.partition(":")
        column = _column(key.lower(), value) if colon else ""
        if column:
            asked += [(column, value.strip('"'))] if value else []
        else:
            plain.append(token)
    return asked, plain


def _column(key: str, value: str) -> str:
    """The column that a key names; empty where there is none."""
    if key == "state":
        return "availability" if value in _VALUES["availability"] else "extraction"
    column = _ALIASES.get(key, key)
    return column if column in VIEW_COLUMNS else ""


def _asked(column: str, value: str) -> str:
    if value.lower() == "none":
        return f"{column} IS NULL"
    if column == "excluded":
        return "excluded" if value.lower() in YES else "NOT excluded"
    return _of_number(column, value) if column in _NUMBERS else _of_text(column, value)


def _of_number(column: str, value: str) -> str:
    compared = " AND ".join(f"{column} {one}" for one in _compared(value))
    return compared or _of_text(column, value)


def _compared(value: str) -> list[str]:
    """What a number is compared with, such as `> 60`; nothing where the value is none such."""
    if compared := _COMPARED.fullmatch(value):
        return [f"{compared[1] or '='} {compared[2]}"]
    first, last = span.groups() if (span := _RANGE.fullmatch(value)) else (None, None)
    return [f">= {first}"] * bool(first) + [f"<= {last}"] * bool(last)


def _of_text(column: str, value: str) -> str:
    if "*" in value:
        return f"{column} LIKE {_quoted(value.replace('*', '%'))}"
    values = [_quoted(part) for part in _listed(value)]
    return f"{column} = {values[0]}" if len(values) == 1 else f"{column} IN ({', '.join(values)})"


def _listed(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.split(",") if part) or (value,)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class FilterSuggester(Suggester):
    """Completes the names of columns, and the values of those that have few."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The whole filter with its last word completed."""
        last = re.split(r"[\s(]", value)[-1]
        if not last:
            return None
        key, colon, start = last.partition(":")
        names = (*_VALUES, *VIEW_COLUMNS)
        known = _VALUES.get(_ALIASES.get(key, key), ()) if colon else names
        given = start if colon else last
        for name in dict.fromkeys(known):
            if name.startswith(given) and name != given:
                return value + name[len(given) :]
        return None
