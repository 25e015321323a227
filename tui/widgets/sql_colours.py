"""What is what in SQL, by tree-sitter: places and names of colours for each line.

The tree is walked here instead of being asked with a query of tree-sitter: compiling any query
reads all tables of the grammar, which takes 11 MiB and a good part of a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal

import tree_sitter_sql
from tree_sitter import Language, Node, Parser

What = Literal["keyword", "relation", "function", "string", "number", "comment"]
Mark = tuple[int, int, int | None, What]
"""Line, first and last byte in it (None: to its end), and what is there."""

LONGEST: Final = 20_000
"""Characters of a text that is coloured."""
_COMMENTS: Final = frozenset({"comment", "marginalia"})


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_sql.language()))


def marks(lines: list[str]) -> Iterator[Mark]:
    """The marks of a text, in their order; a text that is too long has none."""
    source = "\n".join(lines)
    if len(source) > LONGEST:
        return
    tree = _parser().parse(source.encode("utf-8", "replace"))
    for node in _leaves(tree.root_node):
        what = _what(node)
        if what is not None:
            yield from _by_line(node, what)


def _leaves(root: Node) -> Iterator[Node]:
    cursor = root.walk()
    while True:
        if cursor.goto_first_child():
            continue
        node = cursor.node
        if node is not None:
            yield node
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _what(node: Node) -> What | None:
    kind = node.type
    if kind.startswith("keyword_"):
        return "keyword"
    if kind in _COMMENTS:
        return "comment"
    if kind == "literal":
        text = node.text or b""
        return "number" if text[:1].isdigit() else "string"
    if kind == "identifier" and node.parent is not None and node.parent.type == "object_reference":
        above = node.parent.parent
        return "function" if above is not None and above.type == "invocation" else "relation"
    return None


def _by_line(node: Node, what: What) -> Iterator[Mark]:
    (first, start), (last, end) = node.start_point, node.end_point
    for line in range(first, last + 1):
        yield line, start if line == first else 0, end if line == last else None, what
