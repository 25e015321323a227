"""Which split a run is measured on."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from store.runs import RunRow
from tui.wording import count


class EvaluateForm(ModalScreen[str | None]):
    """Answers with the name of a split."""

    CSS_PATH = "run_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "answer('val')", "val"),
        Binding("t", "answer('test')", "test"),
        Binding("escape", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, run: RunRow) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Evaluate"
            yield Static(f"Measure {self._run.name} on which split?", markup=False)
            yield Static(
                "val chose the best epoch; test was never looked at. When it was trained there "
                f"were {count(self._run.n_val)} val and {count(self._run.n_test)} test clips.",
                classes="hint",
            )
            with Horizontal(classes="buttons"):
                yield Button("[u]v[/u]al", id="val", variant="primary", compact=True)
                yield Button("[u]t[/u]est", id="test", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id or "cancel")

    def action_answer(self, split: str) -> None:
        self.dismiss(split if split in {"val", "test"} else None)
