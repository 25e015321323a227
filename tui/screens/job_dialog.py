"""One job before a screen: how far it is, until it has ended or is left to itself."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from store.jobs import JobRow
from store.words import ENDED, Request, Status
from tui.screens.page import signtui_of
from tui.widgets.job_bar import JobBar
from tui.wording import first_line


class JobDialog(ModalScreen[None]):
    """Goes when the job is finished; stays with the error where it failed."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "To the background", priority=True),
        Binding("x", "stop", "Stop"),
    ]

    def __init__(self, job_id: int, title: str) -> None:
        super().__init__()
        self.job_id = job_id
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield JobBar()
            yield Static(classes="hint", id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("To the background", id="leave", variant="primary", compact=True)
                yield Button("Stop (x)", id="stop", compact=True)

    def on_mount(self) -> None:
        app = signtui_of(self)
        app.jobs_changed.subscribe(self, self._hear)
        self._hear(app.jobs)

    def _hear(self, jobs: tuple[JobRow, ...]) -> None:
        job = next((job for job in jobs if job.id == self.job_id), None)
        if job is None:
            return
        self.query_one(JobBar).job = job
        words = [job.error, job.hint] if job.error else [job.message]
        said = "\n".join(first_line(word, 300) for word in words if word)
        self.query_one("#said", Static).update(said)
        if job.status in {Status.FINISHED, Status.CANCELLED}:
            self.dismiss()
        elif job.status in ENDED:
            self.query_one("#leave", Button).label = "Close"
            self.query_one("#stop").display = False

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "stop":
            await self.action_stop()
        else:
            self.dismiss()

    async def action_stop(self) -> None:
        await signtui_of(self).ask_job(self.job_id, Request.STOP)
