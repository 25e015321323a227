"""Questions about one run: what it is to be called, and whether it may go."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static


class DeleteRunDialog(ModalScreen[bool]):
    """Answers whether a run is to be deleted."""

    CSS_PATH = "run_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes, delete"),
        Binding("escape,c", "dismiss(False)", "Cancel"),
    ]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run_name = run

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog error") as dialog:
            dialog.border_title = "Delete"
            yield Static(f"Delete the run {self._run_name}?", markup=False)
            yield Static(
                "Its curves, evaluations, checkpoints and model go; the clips and their landmarks "
                "stay.",
                classes="hint",
            )
            with Horizontal(classes="buttons"):
                yield Button("[u]Y[/u]es, delete", id="delete", variant="error", compact=True)
                yield Button("[u]C[/u]ancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        self.query_one("#cancel").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "delete")


class RenameRunDialog(ModalScreen[str | None]):
    """Answers with another name for a run."""

    CSS_PATH = "run_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run_name = run

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Rename"
            dialog.border_subtitle = "enter renames · escape cancels"
            yield Static("The name of the run", classes="hint")
            yield Input(self._run_name, compact=True)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
