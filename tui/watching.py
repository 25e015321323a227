"""The dashboard's jobs: started, looked at twice a second, and told of when they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from textual import work
from textual.app import App
from textual.css.query import NoMatches
from textual.signal import Signal
from textual.worker import active_worker

from store.errors import NoLibraryError, SigntuiError
from store.settings import JobEnd, Settings
from store.words import ENDED, JobKind, Request, Status
from tui.messages import JobsRead
from tui.screens.dialogs import ErrorDialog

if TYPE_CHECKING:
    from store.jobs import JobRow
    from store.library import Library
    from tui.children import Children
    from tui.jobs import JobProcess

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
_TOLD_AT_MOST: Final = 3


class JobApp(App[None]):
    """An app on a library whose jobs it starts and watches; errors of ours become dialogs."""

    def __init__(self, library: Library | None, settings: Settings) -> None:
        super().__init__()
        self.library = library
        self.settings = settings
        self.jobs: tuple[JobRow, ...] = ()
        """The newest jobs, the newest first."""
        self.jobs_changed: Signal[tuple[JobRow, ...]] = Signal(self, "jobs_changed")
        self._reading = False
        self._first_look = True
        self._complaint = ""

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

    def watch_library(self, library: Library) -> None:
        """From now on the jobs are those of this library."""
        self.library, self.jobs, self._first_look = library, (), True
        self.read_jobs()

    # Errors

    def show_error(self, error: SigntuiError) -> None:
        """An error of ours as a dialog with its hint."""
        self.push_screen(ErrorDialog(error))

    @contextmanager
    def complaints(self, *, quietly: bool = False) -> Iterator[None]:
        """Show errors of ours; `quietly` as a toast, and the same one only once.

        A bug in the background is told too, and its traceback logged; elsewhere it ends the app.
        """
        try:
            yield
        except SigntuiError as error:
            if not quietly:
                self.show_error(error)
            else:
                self._complain(error.message, error.hint)
        except Exception as error:
            if active_worker.get(None) is None:
                raise
            log.exception("A bug in the background")
            # A screen that was closed meanwhile has nothing to show: no reason to speak.
            if not isinstance(error, NoMatches):
                bug = f"{type(error).__name__}: {error}"
                self._complain("A part of this screen failed: a bug", bug)

    def _complain(self, title: str, words: str) -> None:
        if title != self._complaint:
            self._complaint = title
            self.notify(words or " ", title=title, severity="error", markup=False)

    # Watching

    @work(group="jobs", exit_on_error=False)
    async def read_jobs(self) -> None:
        """Look at the jobs in the catalog; called every half second."""
        library = self.library
        if self._reading or library is None:
            return
        self._reading = True
        try:
            with self.complaints(quietly=True):
                jobs = await asyncio.to_thread(self.children_started.read_jobs, library)
                self.post_message(JobsRead(library, jobs))
        finally:
            self._reading = False

    def on_jobs_read(self, message: JobsRead) -> None:
        if message.library is not self.library:
            return  # read before another library was opened
        before, self.jobs = self.jobs, message.jobs
        if self._first_look:
            self._first_look = False
            self._tell_of_found(message.jobs)
        if before != message.jobs:
            self._tell_of_ended(before, message.jobs)
            self.jobs_changed.publish(message.jobs)

    def _tell_of_found(self, jobs: tuple[JobRow, ...]) -> None:
        """Say what a dashboard or a command before this one left running."""
        running = [
            job
            for job in jobs
            if job.status == Status.RUNNING and job.id not in self.children_started
        ]
        for job in running[:_TOLD_AT_MOST]:
            self.notify(
                "It was started elsewhere and goes on. Jobs (6) shows it.",
                title=f"{job.kind} {job.id} is still running",
                markup=False,
            )

    def _tell_of_ended(self, before: tuple[JobRow, ...], now: tuple[JobRow, ...]) -> None:
        active = {job.id for job in before if job.status not in ENDED}
        for job in now:
            if job.id in active and job.status in ENDED and job.kind != JobKind.LIVE:
                self._tell_of_end(job)

    def _tell_of_end(self, job: JobRow) -> None:
        good = job.status in {Status.FINISHED, Status.CANCELLED}
        title = f"{job.kind} {job.id} {job.status}"
        self.notify(
            job.error or job.message or " ",
            title=title,
            severity="information" if good else "error",
            markup=False,
        )
        if self.settings.job_end is not JobEnd.NOTE:
            self.bell()
        if self.settings.job_end is JobEnd.DESKTOP and self._driver is not None:
            # OSC 9, which iTerm2, kitty, WezTerm, Windows Terminal and foot show.
            self._driver.write(f"\x1b]9;signtui: {title}\a")

    # Asking

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

    @property
    def jobs_at_stake(self) -> tuple[JobRow, ...]:
        """Running jobs that end with this dashboard unless they are left running."""
        return tuple(
            job
            for job in self.jobs
            if job.id in self.children_started
            and job.status not in ENDED
            and job.kind != JobKind.LIVE
        )
