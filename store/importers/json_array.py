"""The values of a JSON array one after the other: a file of any size in little memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_CHUNK: Final = 2**20
"""Characters that are read at once; doubled while a value is longer."""
MAX_VALUE: Final = 2**28
"""Characters of one value."""
_SPACE: Final = " \t\n\r"
_MARKS: Final = 4
"""Bytes that tell how a JSON text is encoded (RFC 4627, section 3)."""


def starts_array(path: Path) -> bool:
    """Whether the first character that is no space opens an array. Raises OSError, ValueError."""
    with path.open(encoding=_encoding(path)) as file:
        return file.read(_CHUNK).lstrip(_SPACE).startswith("[")


def iter_array(path: Path) -> Iterator[Any]:
    """Yield each value of the array that a file holds.

    Raises:
        ValueError: it is not JSON, or one value is absurdly long.
        RecursionError: it is nested too deeply.
        OSError: it cannot be read.
    """
    with path.open(encoding=_encoding(path)) as file:
        text = _Text(file.read)
        if text.skip_space() != "[":
            raise ValueError("an array was expected")
        text.place += 1
        if text.skip_space() == "]":
            text.place += 1
        else:
            yield text.value()
            while (mark := text.skip_space()) == ",":
                text.place += 1
                text.skip_space()
                yield text.value()
            if mark != "]":
                raise ValueError("',' or ']' was expected after a value")
            text.place += 1
        if text.skip_space():
            raise ValueError("there is more after the array")


class _Text:
    """A window on a text: what was read of it and is not used up."""

    def __init__(self, read: Any) -> None:
        self._read, self._decode = read, json.JSONDecoder().raw_decode
        self._window, self.place = read(_CHUNK), 0

    def skip_space(self) -> str:
        """Go to the next character that is no space; return it, empty at the end."""
        while True:
            while self.place < len(self._window):
                if self._window[self.place] not in _SPACE:
                    return str(self._window[self.place])
                self.place += 1
            if not self._more(_CHUNK):
                return ""

    def value(self) -> Any:
        """The value that begins here."""
        while True:
            try:
                value, end = self._decode(self._window, self.place)
            except json.JSONDecodeError:
                # Half a value looks like a wrong one: only the end of the file tells them apart.
                end = -1
                length = len(self._window) - self.place
                if length > MAX_VALUE:
                    raise ValueError("one value is too long") from None
                if not self._more(max(_CHUNK, length)):
                    raise
            # A number may go on behind the window.
            if end >= 0 and (end < len(self._window) or not self._more(_CHUNK)):
                self.place = end
                return value

    def _more(self, characters: int) -> bool:
        more = self._read(characters)
        if more:
            self._window, self.place = self._window[self.place :] + more, 0
        return bool(more)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        return json.detect_encoding(file.read(_MARKS))
