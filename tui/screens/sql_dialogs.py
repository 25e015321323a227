"""What the SQL screen asks: where to export to, what to copy, which limits; and one value whole."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Select, TextArea
from textual.widgets.option_list import Option

from store.errors import SigntuiError
from store.export import Format, check_target, format_of
from store.paths import user_path
from store.results import Limits

CopyChoice = Literal["cell", "row", "page as tsv", "page as markdown"]
_CHOICES: Final[dict[str, CopyChoice]] = {
    "c": "cell",
    "r": "row",
    "p": "page as tsv",
    "m": "page as markdown",
}
SHOWN_CHARACTERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class ExportChoice:
    path: Path
    format: Format
    force: bool


class ExportForm(ModalScreen[ExportChoice | None]):
    """Asks for a file and its format; a file that is there needs a second yes."""

    CSS_PATH = "sql_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "start", "Export"),
    ]

    def __init__(self, about: str, path: Path) -> None:
        super().__init__()
        self._about, self._path = about, path
        self._warned: Path | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Export"
            dialog.border_subtitle = "ctrl+s exports · escape cancels"
            yield Label(self._about, markup=False, classes="about")
            with Horizontal(classes="line"):
                yield Label("file")
                yield Input(str(self._path), id="path", compact=True)
            with Horizontal(classes="line"):
                yield Label("format")
                yield Select(
                    [(name.value, name) for name in Format],
                    value=format_of(self._path), allow_blank=False, id="format", compact=True,
                )  # fmt: skip
            yield Label(id="problem", classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Export", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @on(Select.Changed, "#format")
    def _format_chosen(self, event: Select.Changed) -> None:
        field = self.query_one("#path", Input)
        path = Path(field.value)
        if path.name and path.suffix != f".{event.value}":
            field.value = str(path.with_suffix(f".{event.value}"))

    @on(Input.Changed, "#path")
    def _path_changed(self, event: Input.Changed) -> None:
        suffix = Path(event.value).suffix.removeprefix(".")
        if suffix in set(Format):
            self.query_one("#format", Select).value = Format(suffix)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        path = user_path(self.query_one("#path", Input).value).absolute()
        force = path == self._warned
        try:
            check_target(path, force=force)
        except SigntuiError as error:
            hint = error.hint
            if path.is_file():
                self._warned, hint = path, "Export once more to replace it."
            self.query_one("#problem", Label).update(f"{error.message} {hint}")
            return
        chosen = Format(cast("Format", self.query_one("#format", Select).value))
        self.dismiss(ExportChoice(path, chosen, force))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


class CopyDialog(ModalScreen[CopyChoice | None]):
    """Asks how much to copy; one letter is enough."""

    CSS_PATH = "sql_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        *(Binding(key, f"choose('{key}')", choice) for key, choice in _CHOICES.items()),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog small") as dialog:
            dialog.border_title = "Copy"
            dialog.border_subtitle = "escape cancels"
            yield OptionList(
                *(Option(f"{key}  {choice}", id=key) for key, choice in _CHOICES.items()),
                compact=True,
            )

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.action_choose(str(event.option.id))

    def action_choose(self, key: str) -> None:
        self.dismiss(_CHOICES[key])


class LimitsForm(ModalScreen[Limits | None]):
    """Asks how many rows a result may have, and how long a query may take."""

    CSS_PATH = "sql_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "start", "Use"),
    ]

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._limits = limits

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog small") as dialog:
            dialog.border_title = "Limits of a query"
            dialog.border_subtitle = "enter uses them · escape cancels"
            for name, value in (("rows", self._limits.rows), ("seconds", self._limits.seconds)):
                with Horizontal(classes="line"):
                    yield Label(name)
                    yield Input(f"{value:.15g}", id=name, compact=True)
            yield Label(id="problem", classes="problem", markup=False)

    @on(Input.Submitted)
    def action_start(self) -> None:
        try:
            rows = int(self.query_one("#rows", Input).value.replace(",", "").replace("_", ""))
            seconds = float(self.query_one("#seconds", Input).value)
        except ValueError:
            rows, seconds = 0, 0.0
        if 0 < rows <= 10**9 and 0 < seconds <= 86_400:  # noqa: PLR2004 - a day
            self.dismiss(Limits(rows, seconds, self._limits.spool_bytes))
        else:
            self.query_one("#problem", Label).update(
                "Rows: 1 to a thousand million; seconds: up to a day."
            )


class ValueDialog(ModalScreen[None]):
    """One value whole, as it is or as the JSON that it holds."""

    CSS_PATH = "sql_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", priority=True)
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog value") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "escape closes"
            yield TextArea(readable(self._text), read_only=True, compact=True)


def readable(text: str) -> str:
    """A text as it can be shown: JSON indented, nothing that a terminal would obey, bounded."""
    cut = text[:SHOWN_CHARACTERS]
    if cut[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):
            cut = json.dumps(json.loads(cut), ensure_ascii=False, indent=2)[:SHOWN_CHARACTERS]
    clean = "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cut)
    rest = len(text) - SHOWN_CHARACTERS
    return clean if rest <= 0 else f"{clean}\n… and {rest:,} characters more"
