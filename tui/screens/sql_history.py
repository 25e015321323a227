"""What was asked before, found by typing a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.history import Asked
from tui.widgets.row_pages import PAGE_ROWS, MemoryRows
from tui.widgets.row_view import RowView
from tui.widgets.table import Cell, Column, Row
from tui.wording import ago, count, first_line

_COLUMNS: Final = (
    Column("when", "when", 11),
    Column("rows", "rows", 9, right=True),
    Column("seconds", "s", 6, right=True),
    Column("sql", "asked"),
)
_SHOWN: Final = 2_000


class HistoryDialog(ModalScreen[str | None]):
    """Enter gives the question under the cursor back."""

    CSS_PATH = "sql_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("up", "move(-1)", "Newer", priority=True),
        Binding("down", "move(1)", "Older", priority=True),
    ]

    def __init__(self, entries: Sequence[Asked], now: float) -> None:
        super().__init__()
        self._entries = tuple(reversed(entries))
        self._now = now

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog history") as dialog:
            dialog.border_title = f"History  {count(len(self._entries))}"
            dialog.border_subtitle = "enter takes it · escape closes"
            yield Input(placeholder="a part of what was asked", id="part", compact=True)
            yield RowView(_COLUMNS, id="asked")
            yield Static(id="text", markup=False)

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed, "#part")
    def _part_changed(self, event: Input.Changed) -> None:
        self._show(event.value)

    def _show(self, part: str) -> None:
        low = part.lower()
        rows = tuple(
            self._row(place, entry)
            for place, entry in enumerate(self._entries)
            if low in entry.sql.lower()
        )
        self.query_one(RowView).show(MemoryRows(rows), first=rows[:PAGE_ROWS])

    def _row(self, place: int, entry: Asked) -> Row:
        sql: Cell = first_line(entry.sql)
        if entry.error:
            sql = (first_line(entry.sql), "$warning")
        return Row(
            str(place), (ago(entry.at, self._now), count(entry.rows), f"{entry.seconds:.2f}", sql)
        )

    @on(RowView.Highlighted)
    def _highlighted(self, event: RowView.Highlighted) -> None:
        entry = self._entries[int(event.row.key)] if event.row else None
        text = "" if entry is None else entry.sql[:_SHOWN]
        if entry is not None and entry.error:
            text = f"{first_line(entry.error)}\n{text}"
        clean = "".join(c for c in text if c == "\n" or c.isprintable())
        self.query_one("#text", Static).update(clean)

    def action_move(self, rows: int) -> None:
        self.query_one(RowView).cursor += rows

    @on(Input.Submitted, "#part")
    def _submitted(self) -> None:
        row = self.query_one(RowView).current
        if row is not None:
            self.dismiss(self._entries[int(row.key)].sql)

    @on(RowView.Selected)
    def _selected(self, event: RowView.Selected) -> None:
        self.dismiss(self._entries[int(event.row.key)].sql)
