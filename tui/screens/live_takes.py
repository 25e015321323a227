"""Takes that wait: asked about before the dashboard goes, and again when it is opened next."""

from __future__ import annotations

import asyncio

from textual import on, work
from textual.events import ScreenResume

from store.recordings import waiting_takes
from store.takes import WaitingTake
from tui.reading.live_events import TakeSaid
from tui.screens.live_record import RecordingPage, Step
from tui.screens.record_form import Wanted
from tui.screens.take_dialog import TakeAnswer, TakeDialog
from tui.widgets.live_view import LiveView
from tui.wording import ago, first_line

REVIEW_WORDS = "space replays · k keeps · d discards"


class TakesPage(RecordingPage):
    """No take is deleted without a question: those of sessions that died come up again."""

    def __init__(self) -> None:
        super().__init__()
        self._leaving = False
        """The dashboard goes once the recording that runs has become a take."""

    def set_step(self, step: Step) -> None:
        if step == Step.RECORDING:
            self._leaving = False
        super().set_step(step)

    # Takes of before

    @on(ScreenResume)
    @work(exclusive=True, group="takes", exit_on_error=False)
    async def _look_for_takes(self) -> None:
        with self.signtui.complaints(quietly=True):
            waiting = await asyncio.to_thread(waiting_takes, self.library)
            if waiting and self.is_current and self.step == Step.OFF and self.at_rest:
                self._ask_about(waiting[0], len(waiting) - 1)

    def _ask_about(self, take: WaitingTake, others: int) -> None:
        self.take = TakeSaid(str(take.path), take.frames, take.fps, take.width, take.height)
        self.wanted = Wanted(take.gloss, take.signer)
        self.set_step(Step.REVIEW)
        view = self.query_one(LiveView)
        view.words = REVIEW_WORDS
        view.show(None)
        more = f" {others} more after it." if others else ""
        self.notify(
            f"Recorded {ago(take.recorded_at, self.signtui.clock())}, neither kept (k) nor "
            f"discarded (d).{more}",
            title=f"A take of {first_line(take.gloss, 40)} waits",
            markup=False,
            timeout=10,
        )

    async def keep(self) -> None:
        await super().keep()
        self._look_for_takes()

    async def discard(self) -> None:
        await super().discard()
        self._look_for_takes()

    # Before the dashboard goes

    def action_leave(self) -> None:
        """Ask about the take first; a recording that runs ends with it."""
        if self.step == Step.RECORDING:
            self._leaving = True
            self.refresh_bindings()
            self.tell("record", on=False)
        else:
            self._ask_before_leaving()

    async def review(self, take: TakeSaid) -> None:
        if self._leaving:
            self._ask_before_leaving()
        else:
            await super().review(take)

    def _ask_before_leaving(self) -> None:
        self._leaving = False
        if self.take is not None and self.wanted is not None:
            dialog = TakeDialog(self.wanted.gloss, self.take.seconds)
            self.signtui.push_screen(dialog, self._leave_as_told)

    def _leave_as_told(self, answer: TakeAnswer | None) -> None:
        if answer not in {None, "stay"}:
            self._leave(answer)

    @work(group="record")
    async def _leave(self, answer: TakeAnswer | None) -> None:
        if answer == "keep":
            await super().keep()
        elif answer == "discard":
            await super().discard()
        if answer == "later" or self.step == Step.OFF:
            self.signtui.leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing is at stake the app's own key ends it, as a second one does."""
        if action == "leave":
            return self.step in {Step.RECORDING, Step.REVIEW} and not self._leaving
        return super().check_action(action, parameters)
