"""The form that says what to import."""

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from store.paths import user_path
from tui.widgets.path_field import PathField


@dataclass(frozen=True, slots=True)
class ImportPaths:
    """What an import takes; empty texts are left out."""

    source: str = ""
    index: str = ""
    videos: str = ""
    landmarks: str = ""

    def config(self) -> dict[str, Any]:
        """The config of an import job."""
        return {
            name: str(user_path(value).resolve()) if value else None
            for name, value in (
                ("source", self.source),
                ("index", self.index),
                ("videos", self.videos),
                ("landmarks", self.landmarks),
            )
        }

    def problem(self) -> str:
        """What is wrong with them in one sentence; empty where they can be tried."""
        named = [value for value in (self.source, self.index, self.landmarks) if value]
        if not named:
            return "Name a dataset, an index or landmarks."
        for value in (*named, *([self.videos] if self.videos else [])):
            if not user_path(value).exists():
                return f"{value} is not there."
        return ""


class ImportForm(ModalScreen[ImportPaths | None]):
    """Asks for a dataset, or for landmarks from elsewhere."""

    CSS_PATH = "forms.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "start", "Import"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="form") as form:
            form.border_title = "Import"
            form.border_subtitle = "→ completes · enter imports · escape cancels"
            yield Static("A folder or .zip with WLASL_v0.3.json and videos/:", classes="muted")
            yield PathField(placeholder="folder or .zip", id="source")
            yield Static("or its parts, wherever they lie:", classes="muted")
            yield from _line("index", "WLASL_v0.3.json")
            yield from _line("videos", "folder of clips")
            yield from _line("landmarks", "file.h5, or folder of <video id>.npy")
            yield Label(id="problem", classes="problem")
            with Horizontal(classes="buttons"):
                yield Button("Import", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @property
    def paths(self) -> ImportPaths:
        fields = {str(field.id): field.value.strip() for field in self.query(Input)}
        return ImportPaths(**fields)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        paths = self.paths
        if problem := paths.problem():
            self.query_one("#problem", Label).update(problem)
        else:
            self.dismiss(paths)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


def _line(name: str, placeholder: str) -> ComposeResult:
    with Horizontal(classes="line"):
        yield Label(name)
        yield PathField(placeholder=placeholder, id=name)
