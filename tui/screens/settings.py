"""Settings: what is set, to what, and where that was said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.suggester import SuggestFromList
from textual.widgets import Button, DataTable, Input, Static

from store.errors import SettingsError
from store.settings import (
    Graphics,
    JobEnd,
    Origin,
    Setting,
    Settings,
    convert,
    list_settings,
    settings_path,
    write_setting,
)
from tui.screens.page import signtui_of
from tui.widgets.footer import KeyLine
from tui.widgets.path_field import PathField
from tui.widgets.table import Column, Row, RowTable
from tui.wording import DASH, first_line

if TYPE_CHECKING:
    from tui.app import SignApp

_COLUMNS: Final = (
    Column("name", "setting", 15),
    Column("value", "value"),
    Column("origin", "from", 12),
)
_ORIGIN_COLOURS: Final = {
    Origin.DEFAULT: "$muted",
    Origin.FILE: "$success",
    Origin.ENVIRONMENT: "$warning",
    Origin.COMMAND_LINE: "$warning",
}


class SettingsScreen(Screen[None]):
    """Every setting with its value and its origin; one can be changed in the file."""

    CSS_PATH = "settings.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("enter", "change", "Change", priority=True),
        Binding("delete,backspace", "reset", "Out of the file", key_display="del"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.settings: tuple[Setting, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="all", classes="panel") as panel:
            panel.border_title = "Settings"
            yield RowTable(_COLUMNS, id="settings")
        with Vertical(id="one", classes="panel"):
            yield Static(id="about")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#settings").focus()
        self.query_one("#all").border_subtitle = first_line(settings_path(), 70)
        self._read()

    @property
    def chosen(self) -> Setting | None:
        """The setting under the cursor."""
        key = self.query_one(RowTable).current
        return next((item for item in self.settings if item.name == key), None)

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        app = signtui_of(self)
        with app.complaints():
            found = await asyncio.to_thread(list_settings, None, app.given)
            self.settings = tuple(found)
            self.query_one(RowTable).show(_row(item) for item in found)
            self._show_one()
            _take(app, found)

    @on(DataTable.RowHighlighted)
    def _show_one(self) -> None:
        item = self.chosen
        self.query_one("#one").border_title = item.name if item else ""
        about = _about(item, signtui_of(self).drawing.kind) if item else ""
        self.query_one("#about", Static).update(about)

    @on(DataTable.RowSelected)
    def action_change(self) -> None:
        if self.chosen is not None:
            themes = list(self.app.available_themes)
            self.app.push_screen(ChangeDialog(self.chosen, themes), self._change)

    def _change(self, text: str | None) -> None:
        if text is not None and self.chosen is not None:
            self._write(self.chosen.name, text or None)

    def action_reset(self) -> None:
        if self.chosen is not None:
            self._write(self.chosen.name, None)

    @work(group="write", exit_on_error=False)
    async def _write(self, name: str, text: str | None) -> None:
        with signtui_of(self).complaints():
            await asyncio.to_thread(write_setting, name, text)
            self._read()


class ChangeDialog(ModalScreen[str | None]):
    """Asks for the value of one setting; an empty one takes it out of the file."""

    CSS_PATH = "forms.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, setting: Setting, themes: list[str]) -> None:
        super().__init__()
        self._setting, self._themes = setting, themes

    def compose(self) -> ComposeResult:
        with Vertical(classes="form") as form:
            form.border_title = f"Setting: {self._setting.name}"
            form.border_subtitle = "enter writes · escape cancels"
            yield Static(f"{self._setting.about}; takes {self._setting.takes}.", classes="muted")
            with Horizontal(classes="line"):
                yield self._field()
            yield Static(id="problem", classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Write", id="write", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _field(self) -> Input:
        now = "" if self._setting.value is None else str(self._setting.value)
        if self._setting.name == "library":
            return PathField(now, folders_only=True, id="value")
        words = {
            "theme": self._themes,
            "job_end": [str(word) for word in JobEnd],
            "graphics": [str(word) for word in Graphics],
        }
        offered = words.get(self._setting.name)
        suggester = SuggestFromList(offered) if offered else None
        return Input(now, suggester=suggester, id="value", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#write")
    def _accept(self) -> None:
        text = self.query_one(Input).value.strip()
        if problem := self._problem(text):
            self.query_one("#problem", Static).update(problem)
        else:
            self.dismiss(text)

    def _problem(self, text: str) -> str:
        if not text:
            return ""
        if self._setting.name == "theme" and text not in self._themes:
            return f"There is no theme {text}. There are: {', '.join(self._themes)}."
        try:
            convert(self._setting.name, text)
        except SettingsError as error:
            return f"{error.message} It takes {self._setting.takes}."
        return ""

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


def _take(app: SignApp, found: list[Setting]) -> None:
    """Let the dashboard go by the settings as they are now; the library waits for a new start."""
    values: dict[str, Any] = {item.name: item.value for item in found}
    app.settings = Settings(**values)
    if app.settings.theme in app.available_themes:
        app.theme = app.settings.theme


def _row(item: Setting) -> Row:
    value = DASH if item.value is None else first_line(item.value)
    return Row(item.name, (item.name, value, (item.origin, _ORIGIN_COLOURS[item.origin])))


def _about(item: Setting, drawn_with: Graphics) -> Content:
    overruled = item.origin in {Origin.ENVIRONMENT, Origin.COMMAND_LINE}
    by = item.variable if item.origin is Origin.ENVIRONMENT else "the command line"
    note = f"The file's value waits: {by} overrules it." if overruled else ""
    if item.name == "library":
        note = f"{note} A change counts from the next start.".strip()
    if item.name == "graphics":
        note = f"{note} Pictures are drawn with {drawn_with} now.".strip()
    lines = [
        (f"{item.about[0].upper()}{item.about[1:]}.", "$foreground"),
        (
            f"Takes {item.takes}. Also: {item.variable}, signtui settings {item.name} VALUE",
            "$muted",
        ),
        (note, "$warning"),
    ]
    return Content("\n").join(Content.styled(text, style) for text, style in lines if text)
