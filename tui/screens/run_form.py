"""The form that starts a training, checked before it starts."""

import asyncio
from dataclasses import replace
from typing import ClassVar, Final, Literal, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from ml.config import PRESETS, TrainConfig
from store.errors import SigntuiError
from store.library import Library
from store.stats import LibraryStats, read_stats
from tui.screens.page import signtui_of

_ALL: Final = "all"
_SPLITS: Final = (
    ("official: as the dataset has it", "official"),
    ("signer: no signer in two parts", "signer"),
    ("notebook: leaks, for comparison only", "notebook"),
)


class RunForm(ModalScreen[TrainConfig | None]):
    """Asks for what matters of a training."""

    CSS_PATH = "forms.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "start", "Start"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._stats: LibraryStats | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="form") as form:
            form.border_title = "New run"
            form.border_subtitle = "ctrl+s starts · escape cancels"
            yield from self._choice("preset", [(name, name) for name in PRESETS], "default")
            yield from self._choice("glosses", [("all glosses", _ALL)], _ALL)
            yield from self._choice("split", list(_SPLITS), "official")
            yield from self._field("epochs", str(PRESETS["default"].epochs), "number")
            yield from self._field("name", "", "made from preset and number")
            yield Static(id="data", classes="problem")
            yield Label(id="problem", classes="problem")
            with Horizontal(classes="buttons"):
                yield Button("Start", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _choice(self, name: str, options: list[tuple[str, str]], value: str) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Label(name)
            yield Select(options, value=value, allow_blank=False, id=name, compact=True)

    def _field(self, name: str, value: str, placeholder: str) -> ComposeResult:
        with Horizontal(classes="line"):
            yield Label(name)
            yield Input(value, placeholder=placeholder, id=name, compact=True)

    def on_mount(self) -> None:
        self._read_stats()

    @work(exit_on_error=False)
    async def _read_stats(self) -> None:
        library: Library = signtui_of(self).opened
        with signtui_of(self).complaints(quietly=True):
            self._stats = await asyncio.to_thread(read_stats, library)
            subsets = list(dict.fromkeys(item.subset for item in self._stats.subsets))
            choice = self.query_one("#glosses", Select)
            names = [(f"WLASL{name}" if name.isdigit() else name, name) for name in subsets]
            choice.set_options([*names, ("all glosses", _ALL)])
            choice.value = subsets[0] if subsets else _ALL
            self._show_data()

    @on(Select.Changed, "#preset")
    def _preset_changed(self, event: Select.Changed) -> None:
        self.query_one("#epochs", Input).value = str(PRESETS[cast("str", event.value)].epochs)

    @on(Select.Changed)
    def _show_data(self) -> None:
        if self._stats is None:
            return
        clips = self._clips()
        split = self.query_one("#split", Select).value
        words = ", ".join(f"{count:,} {name}" for name, count in clips.items())
        parts = [f"Landmarks: {words}." if words else "There are no landmarks yet."]
        if split == "notebook":
            parts.append("This split leaks: copies of the same clips are in train and val.")
        elif split == "official" and not (clips.get("train") and clips.get("val")):
            parts.append("The official split needs clips in train and in val.")
        style = "$muted" if len(parts) == 1 and words else "$warning"
        self.query_one("#data", Static).update(Content.styled(" ".join(parts), style))

    def _clips(self) -> dict[str, int]:
        """Clips with landmarks by official split, of the chosen glosses."""
        assert self._stats is not None  # noqa: S101 - read before it is shown
        chosen = self.query_one("#glosses", Select).value
        if chosen == _ALL:
            return {row.split: row.extracted for row in self._stats.splits if row.split}
        return {row.split: row.extracted for row in self._stats.subsets if row.subset == chosen}

    def config(self) -> TrainConfig:
        """What the form says. Raises SigntuiError where it cannot be."""
        chosen = {str(item.id): str(item.value) for item in self.query(Select)}
        epochs = self.query_one("#epochs", Input).value.strip()
        if not epochs.isdigit():
            raise SigntuiError("epochs must be a number.")
        return replace(
            PRESETS[chosen["preset"]],
            glosses=None if chosen["glosses"] == _ALL else chosen["glosses"],
            split=cast("Literal['official', 'signer', 'notebook']", chosen["split"]),
            epochs=int(epochs),
            name=self.query_one("#name", Input).value.strip(),
        )

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        try:
            config = self.config()
        except SigntuiError as error:
            self.query_one("#problem", Label).update(f"{error.message} {error.hint}")
        else:
            self.dismiss(config)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
