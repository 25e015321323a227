"""What becomes of a take when the dashboard goes."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static

from tui.wording import first_line

TakeAnswer = Literal["keep", "discard", "later", "stay"]


class TakeDialog(ModalScreen[TakeAnswer]):
    """Asks whether a take is kept."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('keep')", "Keep"),
        Binding("d", "answer('discard')", "Discard"),
        Binding("l", "answer('later')", "Later"),
        Binding("escape,c", "answer('stay')", "Cancel"),
    ]

    def __init__(self, gloss: str, seconds: float) -> None:
        super().__init__()
        self._words = f"{first_line(gloss, 40)}, {seconds:.1f} s: keep it in the library?"

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "A take waits"
            yield Label(self._words, markup=False)
            yield Static(
                "Later: it stays, and is offered again on this screen and by signtui takes.",
                classes="hint",
            )
            with Horizontal(classes="buttons"):
                yield Button("[u]K[/u]eep", id="keep", variant="primary", compact=True)
                yield Button("[u]D[/u]iscard", id="discard", compact=True)
                yield Button("[u]L[/u]ater", id="later", compact=True)
                yield Button("[u]C[/u]ancel", id="stay", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        answers: dict[str | None, TakeAnswer] = {
            "keep": "keep",
            "discard": "discard",
            "later": "later",
        }
        self.dismiss(answers.get(event.button.id, "stay"))

    def action_answer(self, answer: TakeAnswer) -> None:
        self.dismiss(answer)
