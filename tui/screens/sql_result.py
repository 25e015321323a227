"""The answer to a query: rows that may still be coming, sorted, looked at, copied, exported."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from store.errors import SigntuiError
from store.results import Results, State
from store.spool import Order
from tui.exporting import export_shown
from tui.reading.results import COPY_BYTES, Shape, SpoolRows, as_text, columns_of, rows_of, whole
from tui.screens.sql_dialogs import CopyChoice, CopyDialog, ExportChoice, ExportForm, ValueDialog
from tui.widgets.row_pages import PAGE_ROWS
from tui.widgets.row_view import RowView
from tui.wording import count, first_line, size

if TYPE_CHECKING:
    from tui.app import SignApp

WHY_CUT: Final = {
    State.ROW_LIMIT: "the row limit ended it: there are more",
    State.TIME_LIMIT: "the time limit ended it",
    State.SIZE_LIMIT: "too large: there are more",
    State.CANCELLED: "cancelled",
}


class ResultPanel(Vertical):
    """A table of the rows that a query has brought."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id, classes="panel")
        self.border_title = "Result"
        self.border_subtitle = "^r runs the statement under the cursor"
        self.results: Results | None = None
        """The answer in the table."""
        self.order: Order | None = None
        self._stop_sorting = threading.Event()

    def compose(self) -> ComposeResult:
        yield RowView(cells=True, id="results")

    def on_unmount(self) -> None:
        self._stop_sorting.set()
        if self.results is not None:
            self.results.close()

    @property
    def table(self) -> RowView:
        return self.query_one(RowView)

    @property
    def _signtui(self) -> SignApp:
        return cast("SignApp", self.app)

    # Rows

    async def present(self, results: Results) -> None:
        """Show the first rows of an answer in place of the one before. Raises StoreError."""
        before, self.results, self.order = self.results, results, None
        await self._show_rows()
        if before is not None:
            before.close()

    async def finish(self) -> None:
        """Show the last rows, under columns that fit more than the first few. Raises StoreError."""
        if self.table.total < PAGE_ROWS:
            await self._show_rows(keep_place=True)
        self.table.grow()

    async def _show_rows(self, *, keep_place: bool = False) -> None:
        results, order = self.results, self.order
        if results is None:
            return
        found = await asyncio.to_thread(results.spool.read, 0, PAGE_ROWS, order)
        if results is not self.results:
            return
        self.table.show(
            SpoolRows(results.spool, order),
            columns=columns_of(results.spool.columns, found, self.table.size.width),
            marks={str(order[0]): "▼" if order[1] else "▲"} if order else {},
            first=rows_of(found, 0),
            keep_place=keep_place,
        )

    def tell_progress(self, results: Results) -> None:
        """Say how far a query is."""
        rows = results.spool.total
        self.border_title = f"Result  {count(rows)} rows so far" if rows else "Result: asking …"
        self.border_subtitle = f"{results.age_s:.1f} s · ^x cancels"

    def tell_end(self, results: Results) -> None:
        """Say how a query ended; one without an answer leaves the one before in the table."""
        rows, why = results.spool.total, WHY_CUT.get(results.state)
        if results is self.results:
            self.border_title = f"Result  {count(rows)} {'row' if rows == 1 else 'rows'}"
        else:
            self.border_title = "Result of the question before" if self.results else "Result"
        took = "" if results.error else _time(results.seconds)
        self.border_subtitle = f"{why} · {took}" if why else took

    @on(RowView.ReadFailed)
    def _read_failed(self, event: RowView.ReadFailed) -> None:
        self._signtui.show_error(event.error)

    def _settled(self) -> Results | None:
        """The answer, where it has all its rows; else a note says why not."""
        if self.results is None or not self.results.spool.columns:
            self.notify("There is no result yet.", severity="warning")
            return None
        if self.results.running:
            self.notify("The query is still running; ^x ends it.", severity="warning")
            return None
        return self.results

    # Sorting

    @on(RowView.HeaderSelected)
    def _header_selected(self, event: RowView.HeaderSelected) -> None:
        self._sort_by(int(event.column))

    def sort(self) -> None:
        """Sort by the column under the cursor; again: the other way, then as it came."""
        column = self.table.current_column
        if column is not None:
            self._sort_by(int(column.key))

    def _sort_by(self, column: int) -> None:
        if self._settled() is not None:
            following: dict[Order | None, Order | None] = {
                (column, False): (column, True),
                (column, True): None,
            }
            self._sort(following.get(self.order, (column, False)))

    @work(exclusive=True, group="sort", exit_on_error=False)
    async def _sort(self, order: Order | None) -> None:
        results, subtitle = self.results, self.border_subtitle
        if results is None:
            return
        self.border_subtitle = "sorting …"
        try:
            if order is not None:
                await asyncio.to_thread(results.spool.sort, order, self._stop_sorting)
            if results is self.results:
                self.order = order
                await self._show_rows()
        except SigntuiError as error:
            self._signtui.show_error(error)
        finally:
            if results is self.results:
                self.border_subtitle = subtitle

    # One value

    @on(RowView.Selected)
    def _selected(self, event: RowView.Selected) -> None:
        self._show_value(event.index)

    @work(exclusive=True, group="value", exit_on_error=False)
    async def _show_value(self, row: int) -> None:
        column = self.table.current_column
        if self.results is None or column is None:
            return
        with self._signtui.complaints():
            value = await asyncio.to_thread(
                self.results.spool.cell, row, int(column.key), self.order
            )
            title = Content(f"{first_line(column.label, 40)}, row {count(row + 1)}").markup
            self.app.push_screen(ValueDialog(title, whole(value)))

    # Export and copy

    def export(self) -> None:
        """Ask for a file and write all rows to it."""
        results = self._settled()
        if results is not None:
            why = WHY_CUT.get(results.state, "all of them")
            form = ExportForm(
                f"{count(results.spool.total)} rows: {why}", Path.cwd() / "result.csv"
            )
            self.app.push_screen(form, self._export_as)

    def _export_as(self, choice: ExportChoice | None) -> None:
        if choice is not None and self.results is not None:
            self._export(choice, self.results)

    @work(exclusive=True, group="export", exit_on_error=False)
    async def _export(self, choice: ExportChoice, results: Results) -> None:
        with self._signtui.complaints():
            report = await export_shown(
                results.spool, choice.path, choice.format, order=self.order, force=choice.force
            )
            self.notify(
                f"{count(report.rows)} rows, {size(report.bytes)}",
                title=f"Exported to {choice.path.name}",
                markup=False,
            )

    def copy(self) -> None:
        """Ask how much, and copy it to the clipboard of the terminal."""
        if self.results is not None and self.table.current is not None:
            self.app.push_screen(CopyDialog(), self._copy_as)

    def _copy_as(self, choice: CopyChoice | None) -> None:
        column = self.table.current_column
        if choice is not None and self.results is not None and column is not None:
            self._copy(choice, self.results, int(column.key))

    @work(exclusive=True, group="copy", exit_on_error=False)
    async def _copy(self, choice: CopyChoice, results: Results, column: int) -> None:
        spool, row, top = results.spool, self.table.cursor, self.table.scroll_offset.y
        height = max(1, self.table.scrollable_content_region.height - 1)
        with self._signtui.complaints():
            if choice == "cell":
                reading = partial(spool.cell, row, column, self.order)
                kept, note = _cell_to_copy(whole(await asyncio.to_thread(reading)))
            elif choice == "row":
                kept, note = await asyncio.to_thread(self._rows_to_copy, results, row, 1, choice)
            else:
                kept, note = await asyncio.to_thread(
                    self._rows_to_copy, results, top, height, choice
                )
            self.app.copy_to_clipboard(kept)
            self.notify(f"Copied: {note}.", markup=False)

    def _rows_to_copy(
        self, results: Results, first: int, most: int, choice: CopyChoice
    ) -> tuple[str, str]:
        rows = results.spool.rows(self.order, first=first, limit=most)
        shape: Shape = "markdown" if choice == "page as markdown" else "tsv"
        text, taken = as_text(results.spool.columns, rows, shape)
        wanted = min(most, results.spool.total - first)
        cut = f"; {wanted - taken} left out, too long" if taken < wanted else ""
        return text, f"{taken} {'row' if taken == 1 else 'rows'} under their names{cut}"


def _cell_to_copy(text: str) -> tuple[str, str]:
    kept = text.encode()[:COPY_BYTES].decode(errors="ignore")
    if kept == text:
        return text, "the cell"
    return kept, f"the first {count(len(kept))} of {count(len(text))} characters"


def _time(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
