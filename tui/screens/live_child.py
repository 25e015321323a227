"""A page with a live job of its own: it starts it, hears it, tells it what to show, and ends it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

from textual import on, work
from textual.worker import Worker, WorkerError

from store.errors import JobError, SigntuiError
from store.recordings import sweep_takes
from store.words import ENDED, JobKind, Status
from tui.jobs import JobProcess
from tui.messages import LiveEnded, LiveEvent
from tui.reading.live_events import Event, Picture, event_of, picture_of
from tui.screens.page import Page
from tui.widgets.live_view import LiveView

log = logging.getLogger(__name__)

_MAX_LINE: Final = 8 << 20
"""Bytes: the largest picture takes half of it."""


class LivePage(Page):
    """The child process is ours, and goes when we go."""

    def __init__(self) -> None:
        super().__init__()
        self.child: JobProcess | None = None
        self._starting = False
        self._hidden = False
        self._listening: Worker[None] | None = None
        self._stops: set[asyncio.Task[None]] = set()

    @property
    def at_rest(self) -> bool:
        """No child runs or is about to."""
        return self.child is None and not self._starting

    async def start_child(self, config: dict[str, Any]) -> bool:
        """Start a live job where none runs. Returns whether one was started."""
        if self._starting or self.child is not None:
            return False
        self._starting = True
        try:
            child = await self.signtui.start_job(JobKind.LIVE, config, stdout=True)
        finally:
            self._starting = False
        if child is None:
            return False
        self.child = child
        self._listening = self._listen(child)
        self._ask_for_view()
        self.refresh_bindings()
        return True

    async def rest(self) -> None:
        """Hear no more of the child, and let it end; waits until it has closed what it read."""
        child, self.child = self.child, None
        self.refresh_bindings()
        if child is None:
            return
        # A process takes a second more to go than its source to close.
        task = asyncio.create_task(self._stop(child.id))
        self._stops.add(task)
        task.add_done_callback(self._stops.discard)
        if self._listening is not None:
            with suppress(WorkerError):
                await self._listening.wait()

    async def _stop(self, job_id: int) -> None:
        with self.signtui.complaints(quietly=True):
            await asyncio.to_thread(self.signtui.children_started.stop, job_id)

    async def on_unmount(self) -> None:
        await self.rest()
        await asyncio.gather(*self._stops)
        with suppress(SigntuiError):
            await asyncio.to_thread(sweep_takes, self.library)

    # What it says

    @work(thread=True, group="listen", exit_on_error=False)
    def _listen(self, child: JobProcess) -> None:
        """Read the child's lines until it closes its output; stopping it ends this thread."""
        if child.stdout is None:
            return
        with child.stdout as lines:
            while line := lines.readline(_MAX_LINE):
                event = event_of(line)
                if event is not None:
                    picture = picture_of(event) if event.get("event") == "view" else None
                    self.post_message(LiveEvent(child.id, event, picture))
        child.close()
        self.post_message(LiveEnded(child.id))

    def on_live_event(self, message: LiveEvent) -> None:
        if self.child is None or message.job_id != self.child.id:
            return
        if message.event.get("event") == "view":
            if message.picture is not None:
                self.show_picture(message.picture)
        else:
            self.heard(message.event)

    def show_picture(self, picture: Picture) -> None:
        """A frame came that was asked for."""
        self.query_one(LiveView).show(picture)

    def heard(self, event: Event) -> None:
        """The child said something else."""
        raise NotImplementedError

    def ended(self, status: Status) -> None:
        """The child ended, by itself or because it was asked to."""
        raise NotImplementedError

    @work(group="ended", exit_on_error=False)
    async def on_live_ended(self, message: LiveEnded) -> None:
        child = self.child
        if child is None or child.id != message.job_id:
            return
        with self.signtui.complaints():
            await asyncio.to_thread(child.process.wait)
            row = await asyncio.to_thread(child.row)
            if self.child is child:
                self.child = None
            if not self.is_attached or not self.children:
                return  # the screen went while the child ended
            self.ended(Status(row.status))
            self.refresh_bindings()
            if row.status in ENDED and row.status not in {Status.FINISHED, Status.CANCELLED}:
                raise JobError(row.error or f"Live was {row.status}.", hint=row.hint or "")

    # What it is told

    def tell(self, command: str, **values: Any) -> None:
        """Give the child a command; nothing where there is none."""
        if self.child is not None:
            self.child.tell(command, **values)

    def on_screen_suspend(self) -> None:
        self._hidden = True
        self.tell("view", width=0, height=0)

    def on_screen_resume(self) -> None:
        self._hidden = False
        self._ask_for_view()

    @on(LiveView.Resized)
    def _ask_for_view(self) -> None:
        if not self._hidden:
            width, height = self.query_one(LiveView).room
            self.tell("view", width=width, height=height)

    @work(group="stop")
    async def action_stop(self) -> None:
        """Ask the child to end; what it still says is heard."""
        if self.child is not None:
            await asyncio.to_thread(self.signtui.children_started.stop, self.child.id)
