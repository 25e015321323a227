"""What may stand at the cursor: columns of what the statement names, tables, views, keywords."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from store.query import Relation, quoted
from tui.sql_text import Token, relations_named, statement_at, tokens

MOST: Final = 50
KEYWORDS: Final = tuple(
    "SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET DISTINCT AS AND OR NOT IN IS NULL LIKE "  # noqa: SIM905 - words in one text are easier to read
    "GLOB BETWEEN EXISTS CASE WHEN THEN ELSE END JOIN LEFT INNER CROSS ON USING UNION ALL EXCEPT "
    "INTERSECT WITH RECURSIVE VALUES ASC DESC NULLS FIRST LAST OVER PARTITION WINDOW FILTER CAST "
    "COLLATE NOCASE ESCAPE EXPLAIN QUERY PLAN".split()
)
FUNCTIONS: Final = tuple(
    "abs avg coalesce count date datetime group_concat hex ifnull iif instr json_each json_extract "  # noqa: SIM905
    "length lower ltrim max min nullif printf random rank replace round row_number rtrim strftime "
    "substr sum time total trim typeof unixepoch upper".split()
)
_RELATION_NEXT: Final = frozenset({"from", "join"})


@dataclass(frozen=True, slots=True)
class Proposal:
    text: str
    kind: str
    """`column`, `view`, `table`, `function` or `keyword`."""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    start: int
    """Where the word begins that a proposal replaces; it ends at the cursor."""
    proposals: tuple[Proposal, ...]


def complete(
    text: str, offset: int, schema: Iterable[Relation], *, asked: bool = False
) -> Completion:
    """What may stand at the cursor.

    Args:
        text: all that is written.
        offset: the cursor, in characters.
        schema: tables and views.
        asked: propose also where no word is begun.
    """
    offset = max(0, min(offset, len(text)))
    span = statement_at(text, offset)
    start = span.start if span and span.start <= offset else offset
    end = span.end if span else offset
    sequence = list(tokens(text[start : max(end, offset)]))
    before = [token for token in sequence if token.start + start < offset]
    word = _word_at(before, offset - start)
    if _inside_literal(text, offset):
        return Completion(offset, ())
    behind = [token for token in before if token is not word]
    prefix = word.text[: offset - start - word.start] if word else ""
    if not prefix and not asked and not _ends_with_dot(behind):
        return Completion(offset, ())
    known = {relation.name.lower(): relation for relation in schema}
    candidates = _candidates(sequence, behind, known, prefix)
    return Completion(offset - len(prefix), tuple(_matching(candidates, prefix))[:MOST])


def _word_at(before: list[Token], cursor: int) -> Token | None:
    last = before[-1] if before else None
    return last if last is not None and last.kind == "word" and last.end >= cursor else None


def _inside_literal(text: str, cursor: int) -> bool:
    """Whether the cursor is in a string, a comment, a number or a quoted name."""
    last = None
    for token in tokens(text):
        if token.start >= cursor:
            break
        last = token
    if last is None or last.kind in {"word", "symbol"}:
        return False
    open_ended = last.text.startswith("--") or (
        last.kind in {"string", "quoted"} and not _is_closed(last.text)
    )
    touches = last.kind == "number" and last.end == cursor
    return last.end > cursor or touches or (open_ended and last.end == cursor)


def _is_closed(text: str) -> bool:
    last = "]" if text[0] == "[" else text[0]
    return len(text) > 1 and text.endswith(last) and (text[0] == "[" or text.count(last) % 2 == 0)


def _ends_with_dot(behind: list[Token]) -> bool:
    return len(behind) > 1 and behind[-1].text == "." and bool(behind[-2].name)


def _candidates(
    sequence: list[Token], behind: list[Token], known: dict[str, Relation], prefix: str
) -> list[Proposal]:
    named = relations_named(sequence)
    if _ends_with_dot(behind):
        relation = known.get(named.get(behind[-2].name, behind[-2].name))
        return _columns(relation) if relation else []
    relations = [Proposal(quoted(item.name), item.kind) for item in known.values()]
    if _wants_relation(behind):
        return sorted(relations, key=lambda item: (item.kind != "view", item.text))
    near = [known[name] for name in dict.fromkeys(named.values()) if name in known]
    columns = [column for relation in near for column in _columns(relation)]
    words = [Proposal(word, "keyword") for word in KEYWORDS]
    functions = [Proposal(name, "function") for name in FUNCTIONS]
    others = [
        column
        for relation in known.values()
        if relation not in near
        for column in _columns(relation)
    ]
    # Of a statement that names nothing yet, every column may be meant, once something is typed.
    far = others if prefix and not near else []
    return [*columns, *words, *relations, *functions, *far]


def _wants_relation(behind: list[Token]) -> bool:
    """After FROM, JOIN, or a comma in their list."""
    for place in range(len(behind) - 1, -1, -1):
        token = behind[place]
        if token.kind == "word" and token.name in _RELATION_NEXT:
            after = behind[place + 1 :]
            return not after or (
                after[-1].text == "," and all(t.name or t.text == "," for t in after)
            )
        if not token.name and token.text not in {",", "."}:
            return False
    return False


def _columns(relation: Relation) -> list[Proposal]:
    return [
        Proposal(quoted(name), "column", f"{relation.name} {kind.lower()}".strip())
        for name, kind in relation.columns
    ]


def _matching(candidates: list[Proposal], prefix: str) -> Iterable[Proposal]:
    """Those that begin with the prefix, then those that hold it behind an underscore; once each."""
    low = prefix.lower()
    seen: set[str] = set()
    for test in (str.startswith, lambda text, part: bool(part) and f"_{part}" in text):
        for item in candidates:
            name = item.text.strip('"').lower()
            if name not in seen and name != low and test(name, low):
                seen.add(name)
                yield item
