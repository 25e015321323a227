"""Recording on the live screen: form, countdown, red light, review, and keep or discard."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from textual import work
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Digits

from capture.address import Address, SourceKind
from store.errors import RecordingError
from store.recordings import keep_recording
from store.takes import describe_recording, discard_take
from store.words import Status
from tui.reading.live_events import Event, Picture, TakeSaid, number_of, take_of
from tui.screens.live_child import LivePage
from tui.screens.record_form import RecordForm, Wanted
from tui.widgets.live_view import LiveView
from tui.wording import first_line

_COUNT: Final = 3
TICK_S = 1.0
"""Seconds between two numbers of the countdown."""


class Step(StrEnum):
    """How far a recording is."""

    OFF = "off"
    WAITING = "waiting"
    """The source has not shown a frame yet."""
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    REVIEW = "review"
    KEEPING = "keeping"


class RecordingPage(LivePage):
    """What is recorded waits as a take until someone keeps or discards it."""

    def __init__(self) -> None:
        super().__init__()
        self.step = Step.OFF
        self.take: TakeSaid | None = None
        self.wanted: Wanted | None = None
        self.address: Address | None = None
        """What the child reads."""
        self._seen = False
        self._counting: Timer | None = None
        self._left = 0
        self._began_s: float | None = None

    async def open_source(self, *, record: bool = False) -> bool:
        """Start the child on the chosen source. Raises SourceError."""
        raise NotImplementedError

    def live_config(self, source: str, *, realtime: bool) -> dict[str, Any]:
        """The configuration of a job with the chosen run."""
        raise NotImplementedError

    @property
    def in_review(self) -> bool:
        return self.step in {Step.REVIEW, Step.KEEPING}

    def set_step(self, step: Step) -> None:
        """Go on, and show where we are."""
        self.step = step
        if step != Step.COUNTDOWN and self._counting is not None:
            self._counting.stop()
            self._counting = None
        self.query_one("#countdown", Digits).display = step == Step.COUNTDOWN
        panel = self.query_one("#preview")
        panel.set_class(step == Step.RECORDING, "-recording")
        panel.border_subtitle = self._says()
        self.refresh_bindings()

    def _says(self, seconds: float = 0.0) -> str:
        what = first_line(self.wanted.gloss, 20) if self.wanted else ""
        words = {
            Step.WAITING: "waiting for the first frame …",
            Step.COUNTDOWN: f"get ready: {what}",
            Step.RECORDING: f"● recording {what} · {seconds:.0f} s",
            Step.KEEPING: "keeping …",
        }
        if self.step == Step.REVIEW and self.take is not None:
            return Content(f"{what} · {self.take.seconds:.1f} s: keep it?").markup
        return Content(words.get(self.step, "")).markup

    # One key to start and stop

    def action_record(self) -> None:
        match self.step:
            case Step.OFF:
                self.signtui.push_screen(RecordForm(self.wanted), self._begin)
            case Step.WAITING | Step.COUNTDOWN:
                self.set_step(Step.OFF)
            case Step.RECORDING:
                self.tell("record", on=False)
            case Step.REVIEW:
                self._again()

    def action_finish(self) -> None:
        self.tell("record", on=False)

    def _begin(self, wanted: Wanted | None) -> None:
        if wanted is not None and not self.in_review:
            self.wanted = wanted
            self._get_ready()

    @work(group="record")
    async def _get_ready(self) -> None:
        """Record as soon as the source shows something; a camera leaves time to get ready."""
        with self.signtui.complaints():
            if self.child is None and not await self.open_source(record=True):
                return
            if self.address is not None and self.address.kind == SourceKind.FOLDER:
                raise RecordingError(
                    "A folder cannot be recorded.", hint="Choose one clip, a camera or a stream."
                )
            self.set_step(Step.WAITING)
            if self.address is None or not self.address.live:
                # A clip has nobody who must get ready, and its first frames count.
                self._start()
            elif self._seen:
                self._count_down()

    def _count_down(self) -> None:
        self._left = _COUNT
        self.set_step(Step.COUNTDOWN)
        self.query_one("#countdown", Digits).update(str(self._left))
        self._counting = self.set_interval(TICK_S, self._tick)

    def _tick(self) -> None:
        self._left -= 1
        if self._left > 0:
            self.query_one("#countdown", Digits).update(str(self._left))
        else:
            self.set_step(Step.WAITING)
            self._start()

    def _start(self) -> None:
        if self.wanted is not None:
            about = describe_recording(self.wanted.gloss, self.wanted.signer)
            self.tell("record", on=True, **about)

    # What the child says of it

    def fresh_source(self, address: Address | None) -> None:
        """A child was started that has shown nothing yet."""
        self.address, self._seen = address, False

    def show_picture(self, picture: Picture) -> None:
        super().show_picture(picture)
        self._first_frame()

    def _first_frame(self) -> None:
        waits = not self._seen and self.step == Step.WAITING
        self._seen = True
        if waits and self.address is not None and self.address.live:
            self._count_down()

    def heard(self, event: Event) -> None:
        match event.get("event"):
            case "prediction":
                self._first_frame()
                self._show_length(event)
            case "record":
                self._recording(event)
            case "take":
                self._taken(event)

    def _show_length(self, event: Event) -> None:
        at = number_of(event.get("time_s"))
        if self.step != Step.RECORDING or at is None:
            return
        if self._began_s is None or at < self._began_s:
            self._began_s = at
        self.query_one("#preview").border_subtitle = self._says(at - self._began_s)

    def _recording(self, event: Event) -> None:
        if event.get("on") is True:
            self._began_s = None
            self.set_step(Step.RECORDING)
            return
        if self.step in {Step.RECORDING, Step.WAITING}:
            self.set_step(Step.OFF)
        if "error" in event:
            self.notify(
                first_line(event.get("hint") or " "),
                title=first_line(event["error"]),
                severity="error",
                markup=False,
            )

    @work(group="record")
    async def _taken(self, event: Event) -> None:
        take = take_of(event)
        if take is None or self.in_review:
            return
        self.take = take
        self.set_step(Step.REVIEW)
        with self.signtui.complaints():
            await self.rest()
            await self.review(take)

    def ended(self, status: Status) -> None:
        if self.step in {Step.WAITING, Step.COUNTDOWN, Step.RECORDING}:
            self.set_step(Step.OFF)
            if status == Status.FINISHED:
                self.notify("The source ended before anything was recorded.", severity="warning")

    # Review

    async def review(self, take: TakeSaid) -> None:
        """Show a take that was just made."""
        await self._replay(take)

    async def _replay(self, take: TakeSaid) -> None:
        if await self.start_child(self.live_config(take.path, realtime=True)):
            self.fresh_source(None)
            self.query_one(LiveView).words = "the take is replayed …"

    @work(group="record")
    async def action_replay(self) -> None:
        if self.step == Step.REVIEW and self.take is not None and self.child is None:
            with self.signtui.complaints():
                await self._replay(self.take)

    @work(group="record")
    async def action_keep(self) -> None:
        await self.keep()

    @work(group="record")
    async def action_discard(self) -> None:
        await self.discard()

    async def keep(self) -> None:
        """Give the take its place in the library; where that fails it stays in review."""
        take, wanted = self.take, self.wanted
        if self.step != Step.REVIEW or take is None or wanted is None:
            return
        self.set_step(Step.KEEPING)
        with self.signtui.complaints():
            try:
                # Windows moves no file that a process has open.
                await self.rest()
                kept = await asyncio.to_thread(
                    keep_recording, self.library, Path(take.path),
                    gloss=wanted.gloss, signer=wanted.signer, frames=take.frames, fps=take.fps,
                    width=take.width, height=take.height,
                )  # fmt: skip
            except Exception:
                self.set_step(Step.REVIEW)
                raise
            self._done()
            self.notify(
                f"It stands in the library as {kept.video_id}, in {kept.split}. R records another; "
                "then extract (2) and train (3) on all glosses.",
                title=f"Kept: {wanted.gloss}",
                markup=False,
                timeout=10,
            )

    async def discard(self) -> None:
        """Delete the take that is in review."""
        if self.step == Step.REVIEW:
            with self.signtui.complaints():
                await self._throw_away()

    @work(group="record")
    async def _again(self) -> None:
        with self.signtui.complaints():
            await self._throw_away()
            self._get_ready()

    async def _throw_away(self) -> None:
        take = self.take
        self.set_step(Step.KEEPING)
        try:
            await self.rest()
            if take is not None:
                await asyncio.to_thread(discard_take, self.library, Path(take.path))
        finally:
            self._done()

    def _done(self) -> None:
        self.take = None
        self.set_step(Step.OFF)
        view = self.query_one(LiveView)
        view.words = ""
        view.show(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the review are there only while a take waits."""
        if action in {"keep", "discard", "replay"}:
            return self.step == Step.REVIEW
        if action == "finish":
            return self.step == Step.RECORDING
        return super().check_action(action, parameters)
