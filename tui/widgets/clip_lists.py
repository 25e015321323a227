"""What the catalog knows of a clip: its facts, extractions, twins, and what runs said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import ContentSwitcher, DataTable

from tui import clip_words
from tui.reading.clip import ClipFacts
from tui.widgets.facts import Fact, FactList
from tui.widgets.links import Links
from tui.widgets.table import RowTable

LISTS: Final = ("facts", "history", "twins", "runs")
_NONE: Final = {
    "history": "Its landmarks were never looked for.",
    "twins": "No other clip is known to be the same.",
    "runs": "No run was measured on it.",
}


class ClipLists(Vertical):
    """One of four lists at a time, under a line with their names."""

    @dataclass
    class TwinChosen(Message):
        """A twin was chosen with enter or the mouse."""

        ids: Sequence[int]
        """Instances of all twins."""
        index: int

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id, classes=classes)
        self._facts: ClipFacts | None = None
        self._now = 0.0

    def compose(self) -> ComposeResult:
        yield Links(id="lists")
        with ContentSwitcher(initial="facts", id="switcher"):
            with VerticalScroll(id="facts"):
                yield FactList(id="text")
            for name, columns in (
                ("history", clip_words.HISTORY_COLUMNS),
                ("twins", clip_words.TWIN_COLUMNS),
                ("runs", clip_words.RUN_COLUMNS),
            ):
                with VerticalScroll(id=name, can_focus=False):
                    yield RowTable(columns, id=f"{name}-table")
                    yield FactList(id=f"{name}-detail")

    def show(self, facts: ClipFacts, now: float) -> None:
        """Show what is known of a clip.

        Args:
            facts: what is known.
            now: seconds since 1970, for "3 min ago".
        """
        self._facts, self._now = facts, now
        self.query_one("#text", FactList).facts = clip_words.describe(facts)
        for name, rows in (
            ("history", clip_words.history_rows(facts, now)),
            ("twins", clip_words.twin_rows(facts)),
            ("runs", clip_words.run_rows(facts)),
        ):
            self.query_one(f"#{name}-table", RowTable).show(rows)
            self._show_detail(name)
        self._show_names()

    def turn(self, step: int) -> None:
        """Go round the lists."""
        current = LISTS.index(self.query_one(ContentSwitcher).current or LISTS[0])
        self.show_list(LISTS[(current + step) % len(LISTS)])

    def show_list(self, name: str) -> None:
        """Show one of the lists."""
        self.query_one(ContentSwitcher).current = name
        home = self.query_one("#facts" if name == "facts" else f"#{name}-table")
        if home.display:
            home.focus()
        self._show_names()

    def _show_names(self) -> None:
        """The names of the lists, the current one marked, with how much is in each."""
        facts, shown = self._facts, self.query_one(ContentSwitcher).current
        if facts is None:
            return
        numbers = {
            "facts": 0,
            "history": len(facts.extractions),
            "twins": len(facts.twins),
            "runs": len(facts.predictions),
        }
        disputed = any(twin.contradicts for twin in facts.twins)
        words = []
        for name in LISTS:
            number = f" {numbers[name]}" if numbers[name] else ""
            if name == shown:
                words.append(f"[bold $primary]{name}{number}[/]")
            else:
                style = "$error" if name == "twins" and disputed else "$muted"
                words.append(f"[@click=screen.show_list('{name}')]{name}[{style}]{number}[/][/]")
        self.query_one("#lists", Links).update("  ".join(words))

    def _show_detail(self, name: str) -> None:
        facts = self._facts
        if facts is None:
            return
        key = self.query_one(f"#{name}-table", RowTable).current
        detail = self.query_one(f"#{name}-detail", FactList)
        self.query_one(f"#{name}-table").display = key is not None
        if key is None:
            detail.facts = (Fact(value=_NONE[name], style="$muted"),)
        elif name == "history":
            detail.facts = clip_words.describe_extraction(facts.extractions[int(key)], self._now)
        elif name == "runs":
            detail.facts = clip_words.describe_prediction(facts.predictions[int(key)])
        else:
            twin = next(twin for twin in facts.twins if twin.instance_id == int(key))
            detail.facts = clip_words.describe_twin(twin, facts)

    @on(DataTable.RowHighlighted)
    def _row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self._show_detail(str(event.data_table.id).removesuffix("-table"))

    @on(DataTable.RowSelected, "#twins-table")
    def _row_selected(self, event: DataTable.RowSelected) -> None:
        if self._facts is not None:
            ids = [twin.instance_id for twin in self._facts.twins]
            self.post_message(self.TwinChosen(ids, ids.index(int(str(event.row_key.value)))))
