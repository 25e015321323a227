"""The line at the top: where one is, where one can go, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from store.words import Status
from tui.wording import progress, state

if TYPE_CHECKING:
    from store.jobs import JobRow

SCREENS: Final = ("library", "extract", "runs", "live", "sql", "jobs")
TITLES: Final = {name: "SQL" if name == "sql" else name.capitalize() for name in SCREENS}
_SPINNER: Final = "◐◓◑◒"


class NavBar(Horizontal):
    """Tabs of the screens at the left, the running job at the right."""

    DEFAULT_CSS = """
    NavBar {
        height: 1; background: $surface;
        #tabs {
            width: auto; link-style: none; link-style-hover: bold; link-color: $muted;
            link-color-hover: $foreground; link-background-hover: $panel;
        }
        #running { width: 1fr; text-align: right; padding-right: 1; text-wrap: nowrap;
                   text-overflow: ellipsis; }
    }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        yield Static(self._tabs(), id="tabs")
        yield Static(id="running")

    def _tabs(self) -> Content:
        return Content("").join(
            Content.from_markup(
                f"[@click=app.show('{name}')] [$primary]{number}[/] {TITLES[name]} [/]"
            ).stylize("bold $foreground on $panel" if name == self._current else "$muted")
            for number, name in enumerate(SCREENS, start=1)
        )

    def show_jobs(self, jobs: tuple[JobRow, ...]) -> None:
        """Name the newest running job, and how many there are besides."""
        running = [job for job in jobs if job.status == Status.RUNNING]
        label = self.query_one("#running", Static)
        if not running:
            label.update("")
            return
        job, others = running[0], len(running) - 1
        sign = "‖" if state(job) == "paused" else _SPINNER[job.done % len(_SPINNER)]
        more = f" +{others}" if others else ""
        label.update(
            Content.assemble((f"{sign} ", "$primary"), f"{job.kind} {progress(job)}{more}")
        )
