"""Why instances are left out of training, or that they are taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from store.exclusions import COMMON_REASONS, check_reason, exclude, include
from store.library import Library
from tui.wording import count


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What was decided; without a reason they are taken back."""

    reason: str


def decide(library: Library, ids: Sequence[int], exclusion: Exclusion) -> str:
    """Do what was decided, and say in a sentence what changed. Raises StoreError."""
    with library.session() as session:
        if exclusion.reason:
            done = exclude(session, ids, exclusion.reason)
        else:
            done = include(session, ids)
    what = "excluded from training" if exclusion.reason else "taken back into training"
    return f"{count(done.changed)} of {count(done.found)} instances {what}."


class ExcludeForm(ModalScreen[Exclusion | None]):
    """Asks for the reason; offers common ones, and to take back what is excluded."""

    CSS_PATH = "exclude_form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "exclude", "Exclude"),
        Binding("ctrl+r", "include", "Take back"),
        Binding("down", "reasons", "Common reasons", show=False),
    ]

    def __init__(self, what: str, *, reason: str = "", can_include: bool = False) -> None:
        """Make the form.

        Args:
            what: whom it is about, in a few words; it may be foreign.
            reason: the reason so far.
            can_include: offer to take back.
        """
        super().__init__()
        self._what, self._reason, self._can_include = what, reason, can_include

    def compose(self) -> ComposeResult:
        with Vertical(classes="form") as form:
            form.border_title = "Exclude from training"
            form.border_subtitle = "enter excludes · escape cancels"
            yield Static(self._what, markup=False, classes="what")
            yield Input(self._reason, placeholder="why", id="reason", compact=True)
            yield OptionList(
                *(Option(reason) for reason in COMMON_REASONS), id="common", compact=True
            )
            yield Label(id="problem", classes="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Exclude", id="exclude", variant="primary", compact=True)
                if self._can_include:
                    yield Button("Take back (^r)", id="include", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    @on(OptionList.OptionSelected)
    def _take_common(self, event: OptionList.OptionSelected) -> None:
        self.query_one("#reason", Input).value = COMMON_REASONS[event.option_index]
        self.action_exclude()

    @on(Input.Submitted)
    @on(Button.Pressed, "#exclude")
    def action_exclude(self) -> None:
        try:
            self.dismiss(Exclusion(check_reason(self.query_one("#reason", Input).value)))
        except StoreError as error:
            self.query_one("#problem", Label).update(error.message)

    @on(Button.Pressed, "#include")
    def action_include(self) -> None:
        if self._can_include:
            self.dismiss(Exclusion(""))

    def action_reasons(self) -> None:
        self.query_one(OptionList).focus()

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
