"""What is going to be recorded, and by whom."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static

from store.errors import RecordingError
from store.recordings import check_name
from tui.reading.live import RecordChoices, read_record_choices
from tui.screens.page import signtui_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a recording is of."""

    gloss: str
    signer: str


class RecordForm(ModalScreen[Wanted | None]):
    """Asks for gloss and signer; the signer of the last recording stands there already."""

    CSS_PATH = "record_form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "record", "Record", priority=True),
    ]

    def __init__(self, last: Wanted | None = None) -> None:
        super().__init__()
        self._last = last or Wanted("", "")
        self._glosses: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="form") as form:
            form.border_title = "Record a sign"
            form.border_subtitle = "enter records · escape cancels"
            for name, value, example in (
                ("gloss", self._last.gloss, "the word, known or new"),
                ("signer", self._last.signer, "who signs it"),
            ):
                with Horizontal(classes="line"):
                    yield Label(name)
                    yield Input(value, placeholder=example, id=name, compact=True)
            yield Static(id="about", classes="hint")
            yield Label(id="problem", classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Record", id="record", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self._read_choices()

    @work(exit_on_error=False)
    async def _read_choices(self) -> None:
        signtui = signtui_of(self)
        with signtui.complaints(quietly=True):
            self._offer(await asyncio.to_thread(read_record_choices, signtui.opened))

    def _offer(self, choices: RecordChoices) -> None:
        self._glosses = choices.glosses
        gloss, signer = self.query_one("#gloss", Input), self.query_one("#signer", Input)
        gloss.suggester = SuggestFromList(choices.glosses)
        signer.suggester = SuggestFromList(choices.signers)
        if not signer.value and choices.signers:
            signer.value = choices.signers[0]
        self._say_of_gloss()

    @on(Input.Changed, "#gloss")
    def _say_of_gloss(self) -> None:
        gloss = " ".join(self.query_one("#gloss", Input).value.split())
        words = "a new word" if gloss and gloss not in self._glosses else ""
        self.query_one("#about", Static).update(words)
        self.query_one("#problem", Label).update("")

    @on(Input.Submitted, "#gloss")
    def _next_field(self) -> None:
        signer = self.query_one("#signer", Input)
        if signer.value.strip():
            self.action_record()
        else:
            signer.focus()

    @on(Input.Submitted, "#signer")
    @on(Button.Pressed, "#record")
    def action_record(self) -> None:
        values = {}
        for name in ("gloss", "signer"):
            field = self.query_one(f"#{name}", Input)
            try:
                values[name] = check_name(name, field.value)
            except RecordingError as error:
                self.query_one("#problem", Label).update(f"{error.message} {error.hint}")
                field.focus()
                return
        self.dismiss(Wanted(**values))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
