"""Questions and messages that stand before a screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.dom import DOMNode
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Label, Static

from store.errors import SigntuiError
from tui.wording import progress

if TYPE_CHECKING:
    from store.jobs import JobRow

QuitAnswer = Literal["leave", "stop", "stay"]
WHOLE: Final = Size(80, 24)
"""From this size on nothing is cut off."""
LEAST: Final = Size(60, 16)
"""Below `WHOLE` the last columns and footer keys go; below this there is only a note."""

_NAMES: Final = {
    "TextArea": "text", "Editor": "text", "Input": "field", "Table": "table", "RowView": "table",
    "List": "list", "Tree": "tree", "Log": "log", "Scroll": "page",
}  # fmt: skip
"""What kinds of widgets are called, by a part of their class's name."""


class ErrorDialog(ModalScreen[None]):
    """An error of ours: what is wrong, and what to do."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Close", priority=True)
    ]

    def __init__(self, error: SigntuiError) -> None:
        super().__init__()
        self.error = error

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog error") as dialog:
            dialog.border_title = "This did not work"
            yield Static(self.error.message, markup=False, classes="message")
            if self.error.hint:
                yield Static(self.error.hint, markup=False, classes="hint")
            with Horizontal(classes="buttons"):
                yield Button("Close", id="close", compact=True)

    def on_button_pressed(self) -> None:
        self.dismiss()


class QuitDialog(ModalScreen[QuitAnswer]):
    """What becomes of the jobs that run."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "answer('leave')", "Leave running"),
        Binding("s", "answer('stop')", "Stop"),
        Binding("escape,c", "answer('stay')", "Cancel"),
    ]

    def __init__(self, jobs: tuple[JobRow, ...]) -> None:
        super().__init__()
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        one = len(self._jobs) == 1
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = (
                "A job is running" if one else f"{len(self._jobs)} jobs are running"
            )
            for job in self._jobs[:5]:
                yield Label(f"{job.kind} {job.id}: {progress(job)}", markup=False)
            yield Static(
                "Left running, they go on without the dashboard, and the next start finds them. "
                "Stopped, they keep what is finished.",
                classes="hint",
            )
            with Horizontal(classes="buttons"):
                yield Button("[u]L[/u]eave running", id="leave", variant="primary", compact=True)
                yield Button("[u]S[/u]top", id="stop", compact=True)
                yield Button("[u]C[/u]ancel", id="stay", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        answers: dict[str | None, QuitAnswer] = {"leave": "leave", "stop": "stop"}
        self.dismiss(answers.get(event.button.id, "stay"))

    def action_answer(self, answer: QuitAnswer) -> None:
        self.dismiss(answer)


def help_groups(screen: Screen[Any], app: App[Any]) -> dict[str, list[tuple[str, str]]]:
    """Keys and what they do: of the widget with the focus, of the screen, and of the app."""
    nodes: list[tuple[str, DOMNode]] = [("This screen", screen), ("Everywhere", app)]
    focused = screen.focused
    if focused is not None:
        nodes.insert(1, (f"Here: {focused.border_title or _name_of(focused)}", focused))
    groups = {name: _keys_of(node, screen, app) for name, node in nodes}
    return {name: keys for name, keys in groups.items() if keys}


def _keys_of(node: DOMNode, screen: Screen[Any], app: App[Any]) -> list[tuple[str, str]]:
    """Keys of a node, also those that cannot be used now; not those another node takes."""
    active = screen.active_bindings
    keys: dict[str, list[str]] = {}
    for binding in _bindings_of(node):
        taken = binding.key in active and active[binding.key].node is not node
        if binding.description and not taken:
            keys.setdefault(binding.description, []).append(app.get_key_display(binding))
    return [(" ".join(dict.fromkeys(shown)), about) for about, shown in keys.items()]


def _bindings_of(node: DOMNode) -> Iterator[Binding]:
    """The bindings of a widget; of a screen and of the app only those that we gave them."""
    for kind in type(node).__mro__:
        if kind.__module__.startswith("tui.") or not isinstance(node, (Screen, App)):
            yield from Binding.make_bindings(vars(kind).get("BINDINGS", ()))


def _name_of(widget: DOMNode) -> str:
    name = type(widget).__name__
    return next((word for part, word in _NAMES.items() if part in name), name.lower())


class HelpDialog(ModalScreen[None]):
    """The keys of the screen behind it, made from its bindings."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss", "Close")
    ]

    def __init__(self, title: str, groups: dict[str, list[tuple[str, str]]]) -> None:
        super().__init__()
        self._title, self._groups = title, groups

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog help") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "escape closes"
            for name, keys in self._groups.items():
                yield Label(name, classes="group")
                for key, about in keys:
                    with Horizontal(classes="key"):
                        yield Label(key, markup=False)
                        yield Static(about, markup=False)


class TooSmall(ModalScreen[None]):
    """A calm note in place of a picture that would not fit; it goes as soon as there is room."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def __init__(self) -> None:
        super().__init__()
        self._done = False

    @staticmethod
    def is_needed(size: Size) -> bool:
        return size.width < LEAST.width or size.height < LEAST.height

    def compose(self) -> ComposeResult:
        yield Static(id="room")

    def on_resize(self) -> None:
        self._look()

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        size = self.app.size
        if not self.is_needed(size):
            if self.is_current and not self._done:
                self._done = True
                self.dismiss()
            return
        self.query_one("#room", Static).update(
            f"signtui needs more room\n\nhere: {size.width} x {size.height}\n"
            f"best: {WHOLE.width} x {WHOLE.height} or more\n\njobs go on · q quits"
        )
