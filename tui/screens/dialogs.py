"""Questions and messages that stand before a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Label, Static

from store.errors import SigntuiError
from tui.wording import progress

if TYPE_CHECKING:
    from store.jobs import JobRow

QuitAnswer = Literal["leave", "stop", "stay"]


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
    """Keys and what they do, of the screen's own bindings and of the app's."""
    active = screen.active_bindings
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, node in (("This screen", screen), ("Everywhere", app)):
        own = [
            binding
            for kind in type(node).__mro__
            if kind.__module__.startswith("tui.")
            for binding in Binding.make_bindings(vars(kind).get("BINDINGS", ()))
        ]
        keys: dict[str, list[str]] = {}
        for binding in own:
            if binding.key in active and binding.description:
                keys.setdefault(binding.description, []).append(app.get_key_display(binding))
        groups[name] = [(" ".join(dict.fromkeys(shown)), about) for about, shown in keys.items()]
    return {name: keys for name, keys in groups.items() if keys}


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
