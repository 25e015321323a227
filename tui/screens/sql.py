"""SQL: ask the catalog; nothing here can change it."""

import asyncio
import threading
from typing import ClassVar, Final

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, OptionList, TextArea
from textual.widgets.option_list import Option

from store.errors import QueryError
from store.query import QueryResult, run_query
from store.views import VIEWS
from tui.saved_queries import SAVED_QUERIES
from tui.screens.page import Page
from tui.wording import count, first_line

SHOWN_ROWS: Final = 1000
_WIDEST: Final = 40
_FIRST: Final = "SELECT * FROM split_stats"


class SQLScreen(Page):
    """An editor, the views, and what the catalog answers."""

    NAME = "sql"
    HOME = "#results"
    CSS_PATH = "sql.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,ctrl+r,f5", "run", "Run", key_display="^r", priority=True),
        Binding("ctrl+x", "cancel", "Cancel", key_display="^x", priority=True),
        Binding("e", "edit", "Edit"),
        Binding("v", "views", "Views and queries"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.result: QueryResult | None = None
        self._cancelled: threading.Event | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="top"):
            with Vertical(id="editor-panel", classes="panel") as editor:
                editor.border_title = "SQL, read-only"
                editor.border_subtitle = "^r runs · escape leaves"
                yield TextArea(_FIRST, id="editor", show_line_numbers=False, tab_behavior="focus")
            with Vertical(id="names-panel", classes="panel") as names:
                names.border_title = "Queries and views"
                yield OptionList(*_options(), id="names", compact=True)
        with Vertical(id="results-panel", classes="panel") as results:
            results.border_title = "Result"
            yield DataTable[Text](id="results", cursor_type="row")

    def on_mount(self) -> None:
        super().on_mount()
        # Highlighting needs tree-sitter, which is there where someone installed textual[syntax].
        editor = self.query_one(TextArea)
        if "sql" in editor.available_languages:
            editor.language = "sql"
        editor.theme = "css"

    def on_unmount(self) -> None:
        self.action_cancel()

    @on(OptionList.OptionSelected, "#names")
    def _name_chosen(self, event: OptionList.OptionSelected) -> None:
        name = str(event.option.id)
        text = SAVED_QUERIES.get(name, f"SELECT * FROM {name}")  # noqa: S608 - a view of ours
        self.query_one(TextArea).text = text
        self.action_run()

    @on(OptionList.OptionHighlighted, "#names")
    def _name_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        view = VIEWS.get(str(event.option.id))
        self.query_one("#names-panel").border_subtitle = view.about[:40] if view else ""

    def action_run(self) -> None:
        self.action_cancel()
        self._cancelled = threading.Event()
        self._run(self.query_one(TextArea).text, self._cancelled)

    @work(exclusive=True, group="query", exit_on_error=False)
    async def _run(self, sql: str, cancelled: threading.Event) -> None:
        panel = self.query_one("#results-panel")
        panel.border_title = "Result: asking …"
        panel.border_subtitle = "^x cancels"
        try:
            result = await asyncio.to_thread(run_query, self.library, sql, cancelled=cancelled)
        except QueryError as error:
            panel.border_title = "Result"
            panel.border_subtitle = Content(first_line(error.message, 100)).markup
            self.signtui.show_error(error)
            return
        finally:
            cancelled.set()
        self._show(result)

    def _show(self, result: QueryResult) -> None:
        self.result = result
        panel, table = self.query_one("#results-panel"), self.query_one("#results", DataTable)
        shown = result.rows[:SHOWN_ROWS]
        more = "more than " if result.truncated else ""
        panel.border_title = f"Result  {more}{count(len(result.rows))} rows"
        cut = f"the first {count(SHOWN_ROWS)} are shown · " if len(result.rows) > SHOWN_ROWS else ""
        panel.border_subtitle = f"{cut}{1000 * result.seconds:.0f} ms"
        table.clear(columns=True)
        for place, name in enumerate(result.columns):
            table.add_column(Text(first_line(name, _WIDEST)), key=str(place))
        table.add_rows([[_cell(value) for value in row] for row in shown])
        table.focus()

    def action_cancel(self) -> None:
        if self._cancelled is not None:
            self._cancelled.set()

    def action_edit(self) -> None:
        self.query_one(TextArea).focus()

    def action_views(self) -> None:
        self.query_one(OptionList).focus()


def _options() -> list[Option | None]:
    saved = [Option(Content.styled(name, "$accent"), id=name) for name in SAVED_QUERIES]
    views = [Option(Content.styled(name, "$secondary"), id=name) for name in VIEWS]
    return [*saved, None, *views]


def _cell(value: object) -> Text:
    if value is None:
        return Text("NULL", style="dim")
    if isinstance(value, bytes):
        return Text(f"{len(value):,} bytes", style="dim")
    right = isinstance(value, (int, float))
    words = f"{value:.6g}" if isinstance(value, float) else str(value)
    return Text(first_line(words, _WIDEST), justify="right" if right else "left", no_wrap=True)
