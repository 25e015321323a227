"""Foreign text as a terminal shows it, and does not obey it."""

import re
from typing import Final

_OBEYED: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # commands and escape sequences, but for tabs and new lines
    r"\u2028\u2029\u202a-\u202e\u2066-\u2069"  # other line ends, and turns of the writing direction
    r"\ud800-\udfff"  # what is no character: no terminal takes it
)
_IN_TEXT: Final = re.compile(f"[{_OBEYED}]")


def harmless(text: str) -> str:
    """Text with a mark in the place of each character that is a command to a terminal."""
    return _IN_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def harmless_json(text: str) -> str:
    """JSON that says the same, with such characters escaped."""
    return _IN_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
