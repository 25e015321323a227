"""The line at the top: where one is, where one can go, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from store.words import Status
from tui.widgets.tab_line import TabLine
from tui.wording import progress, state

if TYPE_CHECKING:
    from store.jobs import JobRow

SCREENS: Final = ("library", "extract", "runs", "live", "sql", "jobs")
TITLES: Final = {name: "SQL" if name == "sql" else name.capitalize() for name in SCREENS}
_SPINNER: Final = "◐◓◑◒"


class NavBar(TabLine):
    """Tabs of the screens at the left, the running job at the right."""

    def __init__(self, current: str) -> None:
        super().__init__(TITLES, action="app.show")
        self.set_reactive(NavBar.current, current)

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        """Name the newest running job, and how many there are besides."""
        running = [job for job in jobs if job.status == Status.RUNNING]
        if not running:
            self.subject = Content("")
            return
        job, others = running[0], len(running) - 1
        sign = "‖" if state(job) == "paused" else _SPINNER[job.done % len(_SPINNER)]
        more = f" +{others}" if others else ""
        self.subject = Content.assemble(
            (f"{sign} ", "$primary"), f"{job.kind} {progress(job)}{more}"
        )
