"""The form that starts a training; what stands in its way is shown while it is filled in."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from ml.config import PRESETS, TrainConfig
from ml.findings import Level
from ml.readiness import Readiness, check_start
from ml.references import STARTER, has_starter
from store.catalog import list_subsets
from store.errors import SigntuiError
from store.library import Library
from store.runs import list_runs
from tui.screens.page import signtui_of
from tui.wording import count, first_line, size

_ALL: Final = "all"
_NOTHING: Final = "nothing"
_SPLITS: Final = (
    ("official: as the dataset has it", "official"),
    ("signer: no signer in two parts", "signer"),
    ("notebook: leaks, for comparison only", "notebook"),
)
_LANDMARKS: Final = (("hands", "slots"), ("holistic", "holistic"))
_PAUSE_S: Final = 0.2
"""So long nobody types before the check begins: the next key takes its place."""
_COLOURS: Final = {Level.ERROR: "$error", Level.WARNING: "$warning", Level.INFO: "$muted"}
_SIGNS: Final = {Level.ERROR: "✗", Level.WARNING: "!", Level.INFO: "·"}


@dataclass(frozen=True, slots=True)
class _Number:
    """A field that takes a number."""

    name: str
    kind: type[int] | type[float]


_NUMBERS: Final = (
    _Number("epochs", int),
    _Number("batch_size", int),
    _Number("learning_rate", float),
    _Number("seed", int),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says."""

    config: TrainConfig
    start: str | None = None
    """The model to begin with, as `ml.references` finds it."""


class RunForm(ModalScreen[Asked | None]):
    """Asks for what matters of a training."""

    CSS_PATH = "run_form.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "start", "Start", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.found: Readiness | None = None
        self.checked: Asked | None = None
        """What `found` is about."""
        self._adopted: TrainConfig | None = None
        """Its config with the sizes of the model to begin with."""

    def compose(self) -> ComposeResult:
        plain = PRESETS["default"]
        with Vertical(classes="form") as form:
            form.border_title = "New run"
            form.border_subtitle = "ctrl+s starts · escape cancels"
            with Horizontal(classes="line"):
                yield from self._choice("preset", [(name, name) for name in PRESETS], "default")
                yield from self._choice("landmarks", list(_LANDMARKS), "slots")
            with Horizontal(classes="line"):
                yield from self._choice("glosses", [("all glosses", _ALL)], _ALL)
            with Horizontal(classes="line"):
                yield from self._choice("split", list(_SPLITS), "official")
            for pair in (_NUMBERS[:2], _NUMBERS[2:]):
                with Horizontal(classes="line"):
                    for number in pair:
                        yield from self._field(number.name, _text(plain, number.name))
            with Horizontal(classes="line"):
                yield from self._field("name", "", "made from preset")
                yield from self._choice("begin_with", [("nothing", _NOTHING)], _NOTHING)
            yield Static(id="plan")
            with VerticalScroll(id="findings", can_focus=False):
                yield Static(id="found")
            yield Label(id="problem")
            with Horizontal(classes="buttons"):
                yield Button("Start", id="start", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def _choice(self, name: str, options: list[tuple[str, str]], value: str) -> ComposeResult:
        yield Label(name.replace("_", " "))
        yield Select(options, value=value, allow_blank=False, id=name, compact=True)

    def _field(self, name: str, value: str, placeholder: str = "") -> ComposeResult:
        yield Label(name.replace("_", " "))
        yield Input(value, placeholder=placeholder, id=name, compact=True)

    def on_mount(self) -> None:
        self._read_subsets()

    @work(exit_on_error=False)
    async def _read_subsets(self) -> None:
        library = signtui_of(self).opened
        with signtui_of(self).complaints(quietly=True):
            subsets, models = await asyncio.to_thread(_choices, library)
            self.query_one("#begin_with", Select).set_options([("nothing", _NOTHING), *models])
            self.query_one("#begin_with", Select).value = _NOTHING
            choice = self.query_one("#glosses", Select)
            names = [(f"WLASL{name}" if name.isdigit() else name, name) for name in subsets]
            choice.set_options([*names, ("all glosses", _ALL)])
            choice.value = subsets[0] if subsets else _ALL
            self._check()

    # What stands in its way

    @on(Select.Changed, "#preset")
    def _preset_changed(self, event: Select.Changed) -> None:
        preset = PRESETS[cast("str", event.value)]
        for number in _NUMBERS:
            self.query_one(f"#{number.name}", Input).value = _text(preset, number.name)

    @on(Select.Changed)
    @on(Input.Changed)
    def _changed(self) -> None:
        self._check()

    @work(exclusive=True, group="check", exit_on_error=False)
    async def _check(self) -> None:
        """Check what the form says now; a newer change takes this one's place."""
        try:
            asked = self.asked()
        except SigntuiError as error:
            self._complain(error)
            return
        self._complain(None)
        await asyncio.sleep(_PAUSE_S)
        if asked != self.checked:
            with signtui_of(self).complaints(quietly=True):
                await self._look(asked)

    async def _look(self, asked: Asked) -> None:
        library = signtui_of(self).opened
        adopted, found = await asyncio.to_thread(check_start, library, asked.config, asked.start)
        self.found, self.checked, self._adopted = found, asked, adopted
        self._show(found)

    def _show(self, found: Readiness) -> None:
        plan = self.query_one("#plan", Static)
        plan.display = found.plan is not None
        plan.update(_plan(found))
        self.query_one("#found", Static).update(_findings(found))
        self.query_one("#start", Button).disabled = not found.ready

    def _complain(self, error: SigntuiError | None) -> None:
        label = self.query_one("#problem", Label)
        label.display = error is not None
        self.query_one("#findings").display = error is None
        label.update(Content(f"{error.message} {error.hint}" if error else ""))

    # The answer

    def asked(self) -> Asked:
        """What the form says. Raises SigntuiError where it cannot be."""
        start = str(self.query_one("#begin_with", Select).value)
        return Asked(self.config(), start if start != _NOTHING else None)

    def config(self) -> TrainConfig:
        """What the form says. Raises SigntuiError where it cannot be."""
        chosen = {str(item.id): str(item.value) for item in self.query(Select)}
        values: dict[str, Any] = {number.name: self._number(number) for number in _NUMBERS}
        plain = PRESETS[chosen["preset"]]
        features = plain.features
        if chosen["landmarks"] == "holistic":
            features = replace(features, kind="holistic")
        return replace(
            plain,
            features=features,
            glosses=None if chosen["glosses"] == _ALL else chosen["glosses"],
            split=cast("Any", chosen["split"]),
            name=self.query_one("#name", Input).value.strip(),
            **values,
        )

    def _number(self, number: _Number) -> int | float:
        text = self.query_one(f"#{number.name}", Input).value.strip()
        try:
            return number.kind(text)
        except ValueError:
            word = number.name.replace("_", " ")
            kind = "a whole number" if number.kind is int else "a number"
            raise SigntuiError(f"{word} must be {kind}.") from None

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    async def action_start(self) -> None:
        """Start, unless something would stop the training."""
        try:
            asked = self.asked()
        except SigntuiError as error:
            self._complain(error)
            return
        if asked != self.checked:
            with signtui_of(self).complaints():
                await self._look(asked)
        if self.found is not None and self.checked == asked and self.found.ready:
            self.dismiss(replace(asked, config=self._adopted or asked.config))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)


def _choices(library: Library) -> tuple[list[str], list[tuple[str, str]]]:
    """The official subsets, and models to begin with: their names and what finds them."""
    with library.reading() as session:
        subsets = list_subsets(session)
    models = [(run.name, str(run.id)) for run in list_runs(library) if run.bundle]
    return subsets, models + [(STARTER, STARTER)] * has_starter()


def _text(config: TrainConfig, name: str) -> str:
    return f"{getattr(config, name):g}"


def _plan(found: Readiness) -> Content:
    plan = found.plan
    if plan is None:
        return Content("")
    return Content.styled(
        f"{count(plan.glosses)} glosses: {count(plan.train)} train, {count(plan.val)} val, "
        f"{count(plan.test)} test clips · up to {size(plan.disk_bytes)}",
        "$foreground",
    )


def _findings(found: Readiness) -> Content:
    if not found.findings:
        return Content.styled("Nothing stands in its way.", "$success")
    lines = []
    for item in found.findings:
        said = f"{_SIGNS[item.level]} {item.message}"
        if item.level is Level.ERROR and item.hint:
            said += f" {item.hint}"
        lines.append(Content.styled(first_line(said, 400), _COLOURS[item.level]))
    return Content("\n").join(lines)
