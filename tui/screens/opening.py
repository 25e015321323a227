"""What stands there until the library is open."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tui.widgets.footer import KeyLine
from tui.widgets.nav_bar import NavBar


class OpeningScreen(Screen[None]):
    """The frame of the first screen."""

    DEFAULT_CSS = "OpeningScreen #opening { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield NavBar("library")
        panel = Static("Opening the library …", id="opening", classes="panel muted")
        panel.border_title = "Library"
        yield panel
        yield KeyLine()
