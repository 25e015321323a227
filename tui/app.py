"""The dashboard: six screens over one library, and the jobs it started.

What needs SQLAlchemy is imported after the first paint, so that something stands there at once.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.events import CursorPosition, Event, InputEvent, Resize
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Input

from store.errors import NoLibraryError, SigntuiError
from store.settings import Settings, write_setting
from store.words import JobKind
from tui import theme
from tui.graphics import Drawing
from tui.harmless_lines import HarmlessLines
from tui.memory import take_back
from tui.palette import list_commands
from tui.screens.dialogs import HelpDialog, QuitAnswer, QuitDialog, TooSmall, help_groups
from tui.watching import POLL_S, JobApp
from tui.widgets.nav_bar import SCREENS, TITLES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.filter import LineFilter

    from store.library import Library
    from tui.screens.live_takes import TakesPage


class SignApp(JobApp):
    """The dashboard on a library; without one it opens on a page that offers to make it."""

    TITLE = "signtui"
    CSS_PATH = "signtui.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"show('{name}')", TITLES[name], show=False)
            for number, name in enumerate(SCREENS, start=1)
        ),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+p", "command_palette", "All commands", show=False, priority=True),
        Binding("ctrl+t", "next_theme", "Other colours", show=False),
        Binding("comma", "settings", "Settings", show=False, key_display=","),
        Binding("ctrl+o", "open", "Another library", show=False),
    ]

    def __init__(
        self,
        library: Library | None = None,
        *,
        root: Path | None = None,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
        given: Mapping[str, Any] | None = None,
        drawing: Drawing | None = None,
    ) -> None:
        """Make the app.

        Args:
            library: the library to work on.
            root: the folder to open where no library is given; the welcome page offers to make
                a library in it where there is none.
            clock: seconds since 1970, for what is shown as "3 min ago".
            settings: as they were read; None takes the defaults and remembers nothing.
            given: settings that the command line named.
            drawing: how the terminal draws pictures; half blocks where nobody asked it.
        """
        super().__init__(library, settings or Settings())
        self.root = library.root if library else (root or Path.cwd())
        self.clock = clock
        self.given = dict(given or {})
        self.drawing = drawing or Drawing()
        self.terminal_answered = Signal[None](self, "terminal-answered")
        """The terminal has drawn what was written before it was asked where its cursor is."""
        self.terminal_goes = Signal[None](self, "terminal-goes")
        """The terminal is about to get its own screen back."""
        self.remembers = settings is not None
        """Whether a chosen theme and an opened library are written down."""
        self.opening_error: SigntuiError | None = None
        """Why the library could not be opened; the dashboard ends with it."""
        self._left_running = False
        self._going = False
        self._harmless = HarmlessLines()
        for colours in theme.THEMES:
            self.register_theme(colours)
        known = self.settings.theme in self.available_themes
        self.theme = self.settings.theme if known else theme.DARK.name
        self._add_screens("opening", "welcome", *SCREENS)

    def _add_screens(self, *names: str) -> None:
        for name in names:
            self.add_mode(name, partial(make_screen, name))

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._harmless]

    def delay_update(self, delay: float = 0.0) -> None:
        """Nothing is held back: Textual masks each change of screens by 50 ms, ours stand ready."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theme.own_colours(self.current_theme)

    def on_mount(self) -> None:
        self.switch_mode("library" if self.library else "opening")
        self.set_interval(POLL_S, self.read_jobs)
        if self.library is None:
            self.call_after_refresh(self._open_root)
        self.read_jobs()
        if self.settings.theme != self.theme:
            self.notify(
                f"There is no theme {self.settings.theme}.", severity="warning", markup=False
            )

    def on_resize(self, event: Resize) -> None:
        if TooSmall.is_needed(event.size) and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())

    async def on_event(self, event: Event) -> None:
        # What is typed behind the key that ends it must not open a screen that is going.
        if not (self._going and isinstance(event, InputEvent)):
            await super().on_event(event)

    def on_cursor_position(self, event: CursorPosition) -> None:
        event.stop()
        self.terminal_answered.publish(None)

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        self._going = True
        # Pictures go before the terminal has its own screen back.
        self.terminal_goes.publish(None)
        self.drawing = Drawing()
        super().exit(result, return_code, message)

    def write_terminal(self, sequence: str) -> None:
        """Write an escape sequence to the terminal, after what Textual has written so far."""
        if self._driver is None:
            return
        # Windows' consoles damage longer writes (Textual's issue 2548).
        size = 8192 if sys.platform == "win32" else len(sequence)
        for start in range(0, len(sequence), size):
            self._driver.write(sequence[start : start + size])

    async def on_unmount(self) -> None:
        take_back()
        if self.library is not None:
            kinds = (JobKind.LIVE,) if self._left_running else tuple(JobKind)
            await asyncio.to_thread(self.children_started.stop_all, kinds)

    @work(group="open")
    async def _open_root(self) -> None:
        try:
            library = await asyncio.to_thread(_open, self.root)
        except SigntuiError as error:
            self.opening_error = error
            self.exit()
            return
        if library is None:
            self.switch_mode("welcome")
        else:
            await self.open_library(library)

    async def open_library(self, library: Library) -> None:
        """Go on with another library, on fresh screens."""
        take_back()
        self.root = library.root
        for name in SCREENS:
            await self.remove_mode(name)
        self._add_screens(*SCREENS)
        self.watch_library(library)
        await self.switch_mode("library")
        if self.remembers:
            self._remember_library(library.root)

    @work(group="remember", exit_on_error=False)
    async def _remember_library(self, root: Path) -> None:
        from store.recent import remember  # noqa: PLC0415 - after the first paint

        await asyncio.to_thread(remember, root)

    async def show_instances(self, condition: str) -> None:
        """Go to the library and show the instances that fulfil an SQL condition."""
        await self.switch_mode("library")
        self.screen.query_one("#filter", Input).value = condition

    # Keys

    async def action_show(self, name: str) -> None:
        """Go to a screen; one after the other, however fast the keys come."""
        if self.library is not None and len(self.screen_stack) == 1:
            await self.switch_mode(name)

    def action_help(self) -> None:
        if isinstance(self.screen, HelpDialog):
            return
        title = f"Keys: {TITLES.get(self.current_mode, 'signtui')}"
        self.push_screen(HelpDialog(title, help_groups(self.screen, self)))

    def action_settings(self) -> None:
        """Open the page of settings."""
        from tui.screens.settings import SettingsScreen  # noqa: PLC0415 - after the first paint

        if not self.screen.is_modal and not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen())

    def action_open(self) -> None:
        """Go to the first page, which opens another library."""
        if not self.screen.is_modal:
            self.switch_mode("welcome")

    def action_next_theme(self) -> None:
        """Go through the product's own themes."""
        names = [colours.name for colours in theme.THEMES]
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.theme = names[place % len(names)]

    def watch_theme(self, name: str) -> None:
        if self.remembers and self.is_running and name != self.settings.theme:
            self._remember_theme(name)

    @work(group="remember", exit_on_error=False)
    async def _remember_theme(self, name: str) -> None:
        with self.complaints(quietly=True):
            await asyncio.to_thread(write_setting, "theme", name)

    async def action_quit(self) -> None:
        """Leave; what is recorded on the live screen is asked about there first, whoever is before it."""
        try:
            live = cast("TakesPage", self.get_screen_stack("live")[0])
        except KeyError:
            live = None
        if live is not None and live.check_action("leave", ()):
            await self.switch_mode("live")
            live.action_leave()
        else:
            self.leave()

    def leave(self) -> None:
        """Leave; asks where jobs that were started here would be lost."""
        if self.jobs_at_stake:
            self.push_screen(QuitDialog(self.jobs_at_stake), self._quit_as_told)
        else:
            self.exit()

    def _quit_as_told(self, answer: QuitAnswer | None) -> None:
        if answer == "stop":
            self._stop_and_exit()
        elif answer == "leave":
            self._left_running = True
            self.exit()

    @work(group="quit")
    async def _stop_and_exit(self) -> None:
        self.notify("Stopping; finished work is kept.", timeout=60)
        await asyncio.to_thread(self.children_started.stop_all)
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        return list_commands(self, screen)


def make_screen(name: str) -> Screen[Any]:
    """Make a screen; its module is imported when it is first opened."""
    module = import_module(f"tui.screens.{name}")
    screen: Screen[Any] = getattr(module, f"{TITLES.get(name, name.capitalize())}Screen")()
    return screen


def _open(root: Path) -> Library | None:
    """Open a library and import what its first screen needs. Raises SigntuiError."""
    from store.library import Library  # noqa: PLC0415 - after the first paint

    import_module("tui.screens.library")
    try:
        return Library.open(root)
    except NoLibraryError:
        return None
