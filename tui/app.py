"""The dashboard: six screens over one library, and the jobs it started.

What needs SQLAlchemy is imported after the first paint, so that something stands there at once.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from platformdirs import user_log_path
from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.signal import Signal
from textual.widgets import Input

from store.errors import NoLibraryError, SigntuiError
from store.words import ENDED, JobKind, Request, Status
from tui import theme
from tui.messages import JobsRead
from tui.palette import ENTRIES, Entry
from tui.screens.dialogs import ErrorDialog, HelpDialog, QuitAnswer, QuitDialog, help_groups
from tui.terminal import guarded_terminal
from tui.widgets.nav_bar import SCREENS, TITLES

if TYPE_CHECKING:
    from store.jobs import JobRow
    from store.library import Library
    from tui.children import Children
    from tui.jobs import JobProcess

POLL_S: Final = 0.5


class SignApp(App[None]):
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
        Binding("ctrl+t", "toggle_theme", "Dark or light", show=False),
    ]

    def __init__(
        self,
        library: Library | None = None,
        *,
        root: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make the app.

        Args:
            library: the library to work on.
            root: the folder to open where no library is given; the welcome page offers to make
                a library in it where there is none.
            clock: seconds since 1970, for what is shown as "3 min ago".
        """
        super().__init__()
        self.library = library
        self.root = library.root if library else (root or Path.cwd())
        self.clock = clock
        self.jobs: tuple[JobRow, ...] = ()
        self.jobs_changed: Signal[tuple[JobRow, ...]] = Signal(self, "jobs_changed")
        self.opening_error: SigntuiError | None = None
        """Why the library could not be opened; the dashboard ends with it."""
        self._left_running = False
        self._reading = False
        self._complaint = ""
        for colours in (theme.DARK, theme.LIGHT):
            self.register_theme(colours)
        self.theme = theme.DARK.name
        self._add_screens("opening", "welcome", *SCREENS)

    def _add_screens(self, *names: str) -> None:
        for name in names:
            self.add_mode(name, partial(_make_screen, name))

    @cached_property
    def children_started(self) -> Children:
        """The job processes of this dashboard."""
        from tui.children import Children  # noqa: PLC0415 - after the first paint

        return Children()

    @property
    def opened(self) -> Library:
        """The library that is open. Raises NoLibraryError."""
        if self.library is None:
            raise NoLibraryError("No library is open.", hint="Import a dataset first.")
        return self.library

    def on_mount(self) -> None:
        self.switch_mode("library" if self.library else "opening")
        self.set_interval(POLL_S, self.read_jobs)
        if self.library is None:
            self.call_after_refresh(self._open_root)
        self.read_jobs()

    async def on_unmount(self) -> None:
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
        self.library, self.root, self.jobs = library, library.root, ()
        for name in SCREENS:
            await self.remove_mode(name)
        self._add_screens(*SCREENS)
        await self.switch_mode("library")
        self.read_jobs()

    # Errors

    def show_error(self, error: SigntuiError) -> None:
        """An error of ours as a dialog with its hint."""
        self.push_screen(ErrorDialog(error))

    @contextmanager
    def complaints(self, *, quietly: bool = False) -> Iterator[None]:
        """Show errors of ours; `quietly` as a toast, and the same one only once."""
        try:
            yield
        except SigntuiError as error:
            if not quietly:
                self.show_error(error)
            elif error.message != self._complaint:
                self._complaint = error.message
                self.notify(error.hint or " ", title=error.message, severity="error", markup=False)

    # Jobs

    @work(group="jobs", exit_on_error=False)
    async def read_jobs(self) -> None:
        """Look at the jobs in the catalog; called every half second."""
        if self._reading or self.library is None:
            return
        self._reading = True
        try:
            with self.complaints(quietly=True):
                jobs = await asyncio.to_thread(self.children_started.read_jobs, self.library)
                self.post_message(JobsRead(jobs))
        finally:
            self._reading = False

    def on_jobs_read(self, message: JobsRead) -> None:
        before, self.jobs = self.jobs, message.jobs
        if before != message.jobs:
            self._tell_of_ended(before, message.jobs)
            self.jobs_changed.publish(message.jobs)

    def _tell_of_ended(self, before: tuple[JobRow, ...], now: tuple[JobRow, ...]) -> None:
        active = {job.id for job in before if job.status not in ENDED}
        for job in now:
            if job.id not in active or job.status not in ENDED or job.kind == JobKind.LIVE:
                continue
            good = job.status in {Status.FINISHED, Status.CANCELLED}
            self.notify(
                job.error or job.message or " ",
                title=f"{job.kind} {job.id} {job.status}",
                severity="information" if good else "error",
                markup=False,
            )

    async def start_job(
        self, kind: JobKind, config: dict[str, Any], *, stdout: bool = False
    ) -> JobProcess | None:
        """Start a job; None where it could not be started, and a dialog says why."""
        with self.complaints():
            child = await asyncio.to_thread(
                self.children_started.start, self.opened, kind, config, stdout=stdout
            )
            self.read_jobs()
            return child
        return None

    async def finish_job(self, kind: JobKind, config: dict[str, Any]) -> JobRow | None:
        """Start a job and wait for its end; None where it did not finish."""
        child = await self.start_job(kind, config)
        while child is not None:
            await asyncio.sleep(POLL_S)
            row = next((job for job in self.jobs if job.id == child.id), None)
            if row is not None and row.status in ENDED:
                return row if row.status == Status.FINISHED else None
        return None

    async def ask_job(self, job_id: int, request: Request | None) -> None:
        """Ask a running job, ours or not, to pause, go on or stop."""
        from store.jobs import ask  # noqa: PLC0415 - after the first paint

        with self.complaints():
            await asyncio.to_thread(ask, self.opened, job_id, request)
            self.read_jobs()

    async def show_instances(self, condition: str) -> None:
        """Go to the library and show the instances that fulfil an SQL condition."""
        await self.switch_mode("library")
        self.screen.query_one("#filter", Input).value = condition

    # Keys

    def action_show(self, name: str) -> None:
        """Go to a screen."""
        if self.library is not None and len(self.screen_stack) == 1:
            self.switch_mode(name)

    def action_help(self) -> None:
        if isinstance(self.screen, HelpDialog):
            return
        title = f"Keys: {TITLES.get(self.current_mode, 'signtui')}"
        self.push_screen(HelpDialog(title, help_groups(self.screen, self)))

    def action_toggle_theme(self) -> None:
        dark = self.theme == theme.DARK.name
        self.theme = theme.LIGHT.name if dark else theme.DARK.name

    async def action_quit(self) -> None:
        """Leave; asks where jobs that were started here would be lost."""
        ours = tuple(
            job
            for job in self.jobs
            if job.id in self.children_started
            and job.status not in ENDED
            and job.kind != JobKind.LIVE
        )
        if ours:
            self.push_screen(QuitDialog(ours), self._quit_as_told)
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

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002
        if self.library is not None:
            for entry in ENTRIES:
                yield SystemCommand(entry.title, entry.about, lambda entry=entry: self._run(entry))
            yield SystemCommand(
                "open", "Another library", lambda: self.switch_mode("welcome") and None
            )
        yield SystemCommand("theme", "Choose the colours", self.action_change_theme)
        yield SystemCommand("keys", "The keys of this screen", self.action_help)
        yield SystemCommand("quit", "Leave the dashboard", self.action_quit)

    async def _run(self, entry: Entry) -> None:
        if self.current_mode != entry.screen:
            await self.switch_mode(entry.screen)
        if entry.action:
            await self.run_action(entry.action, default_namespace=self.screen)


def _make_screen(name: str) -> Screen[Any]:
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


def run_dashboard(root: Path) -> int:
    """Run the dashboard on the library in `root`, or on the welcome page where there is none.

    Raises:
        SigntuiError: there is no terminal, the library cannot be opened, or a bug ended the
            dashboard; its traceback is in the log that the message names.
    """
    if not (
        sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()
    ):
        raise SigntuiError(
            "The dashboard needs a terminal.", hint="Without one: signtui stats, signtui status"
        )
    log_path = user_log_path("signtui", appauthor=False) / "dashboard.log"
    app = SignApp(root=root)
    with guarded_terminal(log_path):
        app.run()
    if app.opening_error is not None:
        raise app.opening_error
    if app.return_code:
        raise SigntuiError(
            "The dashboard ended because of a bug. Jobs that it started were stopped.",
            hint=f"The traceback is in {log_path}",
        )
    return 0
