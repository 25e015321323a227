"""SQL as it is being written: tokens, statements and what is named, however broken the text is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["word", "quoted", "string", "number", "comment", "symbol"]

_TOKEN: Final = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*[\s\S]*?(?:\*/|\Z) )
  | (?P<string> '(?:[^']|'')*(?:'|\Z) )
  | (?P<quoted> "(?:[^"]|"")*(?:"|\Z) | `[^`]*(?:`|\Z) | \[[^\]]*(?:\]|\Z) )
  | (?P<number> \d[\w.]* )
  | (?P<word> [^\W\d]\w* )
  | (?P<symbol> \S )
    """,
    re.VERBOSE,
)
_NOT_ALIASES: Final = frozenset(
    "on using where group order having limit union except intersect join left right full inner "  # noqa: SIM905 - words in one text are easier to read
    "outer cross natural window set values as and or not".split()
)
_BEFORE_RELATION: Final = frozenset({"from", "join"})


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    start: int
    end: int
    text: str

    @property
    def name(self) -> str:
        """What a word or a quoted name names, in lower case; empty for all else."""
        if self.kind == "word":
            return self.text.lower()
        return self.text[1:].rstrip('"`]').lower() if self.kind == "quoted" else ""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of any text, in their order; what is between them is white space."""
    for match in _TOKEN.finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        yield Token(kind, match.start(), match.end(), match.group())


@dataclass(frozen=True, slots=True)
class Span:
    """A statement's place in the text, without the semicolon that ends it."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def statements(text: str) -> list[Span]:
    """Where the statements lie that are divided by semicolons; empty ones are left out."""
    spans, first, last = [], None, 0
    for token in tokens(text):
        if token.text == ";":
            if first is not None:
                spans.append(Span(first, last))
            first = None
        elif token.kind != "comment":
            first = token.start if first is None else first
            last = token.end
    if first is not None:
        spans.append(Span(first, last))
    return spans


def statement_at(text: str, offset: int) -> Span | None:
    """The statement the cursor is in; behind its end, the one before; None in an empty text."""
    found = statements(text)
    for place, span in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else None
        if following is None or offset <= span.end or (
            offset < following.start and "\n" not in text[span.end : offset]
        ):  # fmt: skip
            return span
    return None


def relations_named(sequence: list[Token]) -> dict[str, str]:
    """What FROM and JOIN name: alias, or the name itself, to the name; all in lower case."""
    named: dict[str, str] = {}
    place = 0
    while place < len(sequence):
        if sequence[place].name in _BEFORE_RELATION and sequence[place].kind == "word":
            place = _read_relations(sequence, place + 1, named)
        else:
            place += 1
    return named


def _read_relations(sequence: list[Token], place: int, named: dict[str, str]) -> int:
    """Read `a, b AS x, c y` from a place on; returns where it ends."""
    while place < len(sequence) and (name := sequence[place].name):
        if name in _NOT_ALIASES:
            break
        place += 1
        if place < len(sequence) and sequence[place].name == "as":
            place += 1
        alias = sequence[place].name if place < len(sequence) else ""
        if alias and alias not in _NOT_ALIASES:
            named[alias] = name
            place += 1
        else:
            named[name] = name
        if place >= len(sequence) or sequence[place].text != ",":
            break
        place += 1
    return place
