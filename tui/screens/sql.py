"""SQL: ask the catalog; nothing here can change it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static, Tree

from store.errors import QueryError, SigntuiError, StoreError
from store.query import Relation, WrongSqlError, read_schema
from store.results import Limits, Results
from tui.history import Asked, add_to_history, read_history
from tui.screens.page import Page
from tui.screens.sql_dialogs import LimitsForm
from tui.screens.sql_history import HistoryDialog
from tui.screens.sql_result import WHY_CUT, ResultPanel
from tui.widgets.schema_tree import Name, SchemaTree
from tui.widgets.sql_editor import CompletionList, SqlEditor
from tui.wording import count, first_line

_FIRST: Final = "SELECT * FROM split_stats"
_LOOK_EVERY_S: Final = 0.05
_SOON_S: Final = 0.005
_LATER_EVERY_S: Final = 0.25
"""After the first second: to draw what grows costs time that the keys need."""
_NEED_ALL: Final = frozenset({"sort", "export"})


class SQLScreen(Page):
    """An editor, the names there are, and what the catalog answers."""

    NAME = "sql"
    HOME = "#results"
    CSS_PATH = "sql.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,ctrl+r,f5", "run", "Run", key_display="^r", priority=True),
        Binding("ctrl+x", "cancel", "Cancel", key_display="^x", priority=True),
        Binding("e", "edit", "Edit"),
        Binding("v", "views", "Names"),
        Binding("h", "history", "History"),
        Binding("s", "sort", "Sort"),
        Binding("x", "export", "Export"),
        Binding("y", "copy", "Copy"),
        Binding("l", "limits", "Limits", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.limits = Limits()
        self._asking: Results | None = None
        self._cancelled = asyncio.Event()
        self._history: list[Asked] = []
        self._walked = 0

    def compose_body(self) -> ComposeResult:
        popup = CompletionList(id="completions")
        with Horizontal(id="top"):
            with Vertical(id="editor-panel", classes="panel") as editor:
                editor.border_title = "SQL, read-only"
                yield SqlEditor(_FIRST, popup, id="editor")
                yield Static(id="problem", markup=False)
            with Vertical(id="names-panel", classes="panel") as names:
                names.border_title = "Queries, views, tables"
                yield SchemaTree(id="names")
                yield Static(id="about", markup=False)
        yield ResultPanel(id="results-panel")
        yield popup

    def on_mount(self) -> None:
        super().on_mount()
        settings = self.signtui.settings
        self.limits = Limits(settings.query_rows, settings.query_seconds)
        self._show_limits()
        self._read_names()

    def on_unmount(self) -> None:
        if self._asking is not None:
            self._asking.close()

    @property
    def editor(self) -> SqlEditor:
        return self.query_one(SqlEditor)

    @property
    def panel(self) -> ResultPanel:
        return self.query_one(ResultPanel)

    @property
    def running(self) -> bool:
        """Whether a query is at work."""
        return self._asking is not None and self._asking.running

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a query runs it can be cancelled, and what needs all rows has to wait."""
        if action == "cancel":
            return self.running
        if self.running and action in _NEED_ALL:
            return False
        return super().check_action(action, parameters)

    @work(group="names", exit_on_error=False)
    async def _read_names(self) -> None:
        schema: Sequence[Relation] = ()
        with self.signtui.complaints(quietly=True):
            schema = await asyncio.to_thread(read_schema, self.library)
        self.editor.schema = schema
        self.query_one(SchemaTree).show(schema)
        self._history = await asyncio.to_thread(read_history, self.library.root)

    def _show_limits(self) -> None:
        self.query_one(
            "#editor-panel"
        ).border_subtitle = (
            f"at most {count(self.limits.rows)} rows, {self.limits.seconds:g} s · l changes"
        )

    # Asking

    def ask(self, sql: str) -> None:
        """Put a question into the editor and run it."""
        self.editor.put(sql)
        self._start(sql, 0)

    def action_run(self) -> None:
        """Run the statement under the cursor."""
        self.editor.close_popup()
        span = self.editor.statement()
        if span is None:
            self._tell_problem("There is no question in it. Write a SELECT.")
            return
        self._start(span.of(self.editor.text), span.start)
        if self.focused is self.editor:
            self.set_focus(self.panel.table)

    def _start(self, sql: str, offset: int) -> None:
        self.action_cancel()
        self._tell_problem("")
        try:
            self._asking = Results(self.library, sql, self.limits).start()
        except StoreError as error:
            self.signtui.show_error(error)
            return
        self._cancelled = asyncio.Event()
        self.refresh_bindings()
        self._follow(self._asking, offset)

    @work(exclusive=True, group="query", exit_on_error=False)
    async def _follow(self, results: Results, offset: int) -> None:
        """Show what a query brings until it ends."""
        try:
            while results.running and not results.spool.total:
                self.panel.tell_progress(results)
                await self._pause(_LOOK_EVERY_S / 2)
            if results.spool.columns:
                await self.panel.present(results)
                while results.running:
                    self.panel.tell_progress(results)
                    await self._pause(_LOOK_EVERY_S if results.age_s < 1 else _LATER_EVERY_S)
                    self.panel.table.grow()
            self._tell_end(results, offset)
            if results is self.panel.results:
                await self.panel.finish()
            await self._remember(results)
        except SigntuiError as error:
            self.signtui.show_error(error)
        finally:
            self.refresh_bindings()
            if results is not self.panel.results:
                results.close()

    async def _pause(self, seconds: float) -> None:
        """Let some time pass; once the query was cancelled, next to none."""
        if self._cancelled.is_set():
            await asyncio.sleep(_SOON_S)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._cancelled.wait(), seconds)

    def _tell_end(self, results: Results, offset: int) -> None:
        self.panel.tell_end(results)
        if results.error is not None:
            self._tell_error(results.error, results.sql, offset)

    def _tell_error(self, error: SigntuiError, sql: str, offset: int) -> None:
        if not isinstance(error, QueryError):
            self.signtui.show_error(error)
            return
        place = error.offset if isinstance(error, WrongSqlError) else None
        where = ""
        if place is not None and self.editor.text[offset:].startswith(sql):
            self.editor.move_to(offset + place)
            if self.focused is self.panel.table:
                self.set_focus(self.editor)
            line, column = self.editor.cursor_location
            where = f"line {line + 1}, column {column + 1}: "
        hint = "" if place is not None else f" {error.hint}"
        self._tell_problem(f"{where}{first_line(error.message, 160)}{hint}")

    def _tell_problem(self, words: str) -> None:
        label = self.query_one("#problem", Static)
        label.update(words)
        label.set_class(bool(words), "-shown")

    async def _remember(self, results: Results) -> None:
        why = WHY_CUT.get(results.state, "")
        entry = Asked(
            sql=results.sql, at=self.signtui.clock(), rows=results.spool.total,
            seconds=round(results.seconds, 4),
            error=results.error.message if results.error else why,
        )  # fmt: skip
        with self.signtui.complaints(quietly=True):
            self._history = await asyncio.to_thread(add_to_history, self.library.root, entry)

    def action_cancel(self) -> None:
        """End the query that is at work; its rows stay."""
        if self._asking is not None:
            self._asking.cancel()
            self._cancelled.set()

    # Names, history, fields

    @on(SchemaTree.Chosen)
    def _name_chosen(self, event: SchemaTree.Chosen) -> None:
        self.ask(event.sql)

    @on(SchemaTree.Inserted)
    def _name_inserted(self, event: SchemaTree.Inserted) -> None:
        self.editor.insert(event.name)
        self.set_focus(self.editor)

    @on(Tree.NodeHighlighted, "#names")
    def _name_highlighted(self, event: Tree.NodeHighlighted[Name]) -> None:
        about = event.node.data.about if event.node.data else ""
        self.query_one("#about", Static).update(first_line(about, 120))

    def action_edit(self) -> None:
        self.set_focus(self.editor)

    def action_views(self) -> None:
        self.set_focus(self.query_one(SchemaTree))

    def action_history(self) -> None:
        self.app.push_screen(HistoryDialog(self._history, self.signtui.clock()), self._take)

    def _take(self, sql: str | None) -> None:
        if sql is not None:
            self.editor.put(sql)
            self.set_focus(self.editor)

    @on(SqlEditor.Walked)
    def _walked_through_history(self, event: SqlEditor.Walked) -> None:
        if not self.editor.text:
            self._walked = 0
        self._walked = max(0, min(self._walked - event.step, len(self._history)))
        entry = self._history[-self._walked] if self._walked else None
        self.editor.put(entry.sql if entry else "", walking=True)

    def action_limits(self) -> None:
        self.app.push_screen(LimitsForm(self.limits), self._limit)

    def _limit(self, limits: Limits | None) -> None:
        if limits is not None:
            self.limits = limits
            self._show_limits()

    # The result

    def action_sort(self) -> None:
        self.panel.sort()

    def action_export(self) -> None:
        self.panel.export()

    def action_copy(self) -> None:
        self.panel.copy()
