"""To which glosses live narrows its model."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.reading.glosses import read_glosses
from tui.screens.page import signtui_of


class GlossesDialog(ModalScreen[str | None]):
    """Answers with what `--glosses` takes; empty for all that the model knows."""

    CSS_PATH = "run_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, chosen: str) -> None:
        super().__init__()
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Narrow the model to some glosses"
            dialog.border_subtitle = "enter takes it · escape cancels"
            yield Static(
                "100, 300 … as the index has them, or a text file with a gloss a line; empty for all. "
                "The others can then not be named: any sign is one of these, or unknown.",
                classes="hint",
            )
            yield Input(self._chosen, compact=True)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Take what can be read; of the rest say why it cannot."""
        said = event.value.strip()
        with signtui_of(self).complaints():
            chosen = read_glosses(said or "all")
            self.dismiss(said if chosen is not None else "")


def narrowing(said: str) -> dict[str, Any]:
    """What a live job's config has for it; nothing where all glosses may be named.

    Raises:
        SettingsError: the file is gone or empty by now.
    """
    chosen = read_glosses(said or "all")
    return {} if chosen is None else {"glosses": chosen}
