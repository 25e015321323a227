"""The names there are: saved queries, views and tables, with their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from store.query import Relation, quoted
from store.views import VIEWS
from tui.saved_queries import SAVED_QUERIES
from tui.wording import first_line

Kind = Literal["group", "saved", "view", "table", "column"]


@dataclass(frozen=True, slots=True)
class Name:
    """What a line of the tree stands for."""

    kind: Kind
    name: str
    about: str = ""
    sql: str = ""
    """What enter asks; empty where there is nothing to ask."""


class SchemaTree(Tree[Name]):
    """Enter asks a saved query, a view or a table, and inserts a column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open(True)", "Open", show=False),
        Binding("left", "open(False)", "Close", show=False),
        Binding("i", "insert", "Insert"),
    ]

    @dataclass
    class Chosen(Message):
        """Ask this."""

        sql: str

    @dataclass
    class Inserted(Message):
        """Put this name into the editor."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__("names", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False

    def show(self, schema: Iterable[Relation]) -> None:
        """Fill the tree."""
        relations = tuple(schema)
        self.clear()
        saved = self._group("saved queries", expand=True)
        for name, query in SAVED_QUERIES.items():
            saved.add_leaf(
                _label(name, "accent", self), Name("saved", name, query.about, query.sql)
            )
        views = self._group("views", expand=True)
        order = {name: place for place, name in enumerate(VIEWS)}
        found = sorted(
            (item for item in relations if item.kind == "view"),
            key=lambda item: order.get(item.name, 999),
        )
        for item in found:
            about = VIEWS[item.name].about if item.name in VIEWS else "a view that is not ours"
            self._relation(views, item, about)
        tables = self._group("tables", expand=False)
        for item in relations:
            if item.kind == "table":
                self._relation(tables, item, "a table of the catalog; the views are easier to ask")
        self.cursor_line = 0

    def _group(self, name: str, *, expand: bool) -> TreeNode[Name]:
        return self.root.add(_label(name, "muted", self), Name("group", name), expand=expand)

    def _relation(self, group: TreeNode[Name], relation: Relation, about: str) -> None:
        sql = f"SELECT * FROM {quoted(relation.name)}"  # noqa: S608 - read-only
        colour = "secondary" if relation.kind == "view" else "foreground"
        kind: Kind = "view" if relation.kind == "view" else "table"
        node = group.add(_label(relation.name, colour, self), Name(kind, relation.name, about, sql))
        for name, typed in relation.columns:
            label = Text.assemble(
                first_line(name, 40), (f" {first_line(typed, 20).lower()}", self._colour("muted"))
            )
            node.add_leaf(label, Name("column", name, f"{relation.name}.{name} {typed.lower()}"))

    def _colour(self, name: str) -> str:
        value = self.app.theme_variables.get(name, "")
        return value if value.startswith("#") else ""

    @property
    def highlighted(self) -> Name | None:
        """What the cursor is on."""
        return self.cursor_node.data if self.cursor_node is not None else None

    @on(Tree.NodeSelected)
    def _node_selected(self, event: Tree.NodeSelected[Name]) -> None:
        event.stop()
        name = event.node.data
        if name is None or name.kind == "group":
            event.node.toggle()
        elif name.sql:
            self.post_message(self.Chosen(name.sql))
        else:
            self.post_message(self.Inserted(quoted(name.name)))

    def action_open(self, open_it: bool) -> None:
        """Open or close the line under the cursor; closing a column closes its table."""
        node = self.cursor_node
        if node is None:
            return
        if not open_it and not (node.allow_expand and node.is_expanded) and node.parent:
            self.move_cursor(node.parent if node.parent is not self.root else node)
        elif open_it:
            node.expand()
        else:
            node.collapse()

    def action_insert(self) -> None:
        name = self.highlighted
        if name is not None and name.kind != "group":
            self.post_message(
                self.Inserted(name.sql if name.kind == "saved" else quoted(name.name))
            )


def _label(name: str, colour: str, tree: SchemaTree) -> Text:
    return Text(first_line(name, 60), style=tree._colour(colour))  # noqa: SLF001 - same module
