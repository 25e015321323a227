"""What the six screens have in common: the line of tabs, the footer, and news of the jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets import Input, TextArea

from store.jobs import JobRow
from tui.memory import set_aside
from tui.widgets.footer import KeyLine
from tui.widgets.nav_bar import NavBar

if TYPE_CHECKING:
    from store.library import Library
    from tui.app import SignApp


PAINTED_S: Final = 0.05
"""After so long what was asked for is painted: what else is to be read waits, as it would take from
that."""
_STANDS_AFTER_S: Final = 1.5


def signtui_of(screen: Screen[Any]) -> SignApp:
    """The app that a screen belongs to."""
    return cast("SignApp", screen.app)


class Page(Screen[None]):
    """One of the screens that a number key opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_input", "Leave the field"),
        Binding("escape", "leave_field", "Leave the field", show=False),
    ]
    # A key pressed early must not land in the first field: `HOME` gets the focus, and nothing else.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - as in Textual
    NAME: ClassVar[str]
    """Its place in `tui.widgets.nav_bar.SCREENS`."""
    HOME: ClassVar[str]
    """Selector of the widget that has the focus when no field has it."""

    @property
    def signtui(self) -> SignApp:
        return signtui_of(self)

    @property
    def library(self) -> Library:
        """The library that is open; pages exist only where there is one."""
        return self.signtui.opened

    def compose(self) -> ComposeResult:
        yield NavBar(self.NAME)
        yield from self.compose_body()
        yield KeyLine()

    def compose_body(self) -> ComposeResult:
        """What stands between tabs and footer."""
        raise NotImplementedError

    def on_mount(self) -> None:
        self.query_one(self.HOME).focus()
        self._hear(self.signtui.jobs)
        self.signtui.jobs_changed.subscribe(self, self._hear)
        self.set_timer(_STANDS_AFTER_S, set_aside)

    @on(ScreenResume)
    def _stay_as_before(self, event: ScreenResume) -> None:
        # The page stood in the background and looks as it did; new themes and sizes are heard of
        # in their own ways. To renew all its styles takes longer than to draw it.
        event.refresh_styles = False

    def _hear(self, jobs: tuple[JobRow, ...]) -> None:
        self.query_one(NavBar).show_jobs(jobs)
        self.show_jobs(jobs)

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        """Called whenever a job changed."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Where letters go into a field, the footer says how to leave it."""
        return action != "leave_input" or isinstance(self.focused, (Input, TextArea))

    def action_leave_input(self) -> None:
        self.action_leave_field()

    def action_leave_field(self) -> None:
        self.set_focus(self.query_one(self.HOME))
