"""Live: what a run reads in a camera, a clip or a stream, as it reads it."""

import asyncio
import json
import logging
from collections import deque
from typing import Any, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Select, Sparkline, Static

from capture.address import parse_address
from store.errors import JobError
from store.runs import RunRow, list_runs
from store.words import ENDED, JobKind, Status
from tui.jobs import JobProcess
from tui.messages import LiveEnded, LiveEvent
from tui.reading.live import read_clip_paths
from tui.screens.page import Page
from tui.widgets.prediction_bars import PredictionBars
from tui.widgets.table import Column, Row, RowTable
from tui.wording import first_line, percent

log = logging.getLogger(__name__)

_HISTORY: Final = 200
_STAGES: Final = ("capture", "landmarks", "features", "model")
_COLUMNS: Final = (
    Column("time", "at", 8, right=True),
    Column("gloss", "gloss"),
    Column("score", "score", 6, right=True),
    Column("second", "or", 28, from_width=70),
)
_MAX_LINE: Final = 1 << 20
_SOURCES: Final = "a clip, a folder, a camera's number, rtsp:// or http://"


class LiveScreen(Page):
    """Signs as they are read; the child process is ours, and goes when we go."""

    NAME = "live"
    HOME = "#history"
    CSS_PATH = "live.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start"),
        Binding("x", "stop", "Stop"),
        Binding("c", "clip", "Choose source"),
        Binding("n", "next_clip(1)", "Next clip"),
        Binding("p", "next_clip(-1)", "Previous clip", show=False),
        Binding("m", "run", "Choose run"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.child: JobProcess | None = None
        self.events: deque[dict[str, Any]] = deque(maxlen=_HISTORY)
        self._latencies: deque[float] = deque(maxlen=_HISTORY)
        self._clips: list[str] = []

    def compose_body(self) -> ComposeResult:
        with Vertical(id="source", classes="panel") as source:
            source.border_title = "Source"
            with Horizontal(classes="line"):
                yield Label("run")
                yield Select[int]([], prompt="no run with a model yet", id="run", compact=True)
            with Horizontal(classes="line"):
                yield Label("from")
                yield Input(placeholder=_SOURCES, id="clip", compact=True)
                yield Button("Start", id="start", variant="primary", compact=True)
        with Horizontal(id="middle"):
            with Vertical(id="now", classes="panel") as now:
                now.border_title = "Now"
                yield PredictionBars()
            with Vertical(id="latency", classes="panel") as latency:
                latency.border_title = "Latency"
                yield Static(id="stages")
                yield Sparkline(id="latencies")
        with Vertical(id="past", classes="panel") as past:
            past.border_title = "History"
            yield RowTable(_COLUMNS, id="history")

    def on_mount(self) -> None:
        super().on_mount()
        self._read_choices()

    def on_screen_resume(self) -> None:
        self._read_choices()

    async def on_unmount(self) -> None:
        if self.child is not None:
            await asyncio.to_thread(self.signtui.children_started.stop, self.child.id)

    @work(exclusive=True, group="choices", exit_on_error=False)
    async def _read_choices(self) -> None:
        with self.signtui.complaints(quietly=True):
            runs = await asyncio.to_thread(list_runs, self.library)
            self._clips = await asyncio.to_thread(read_clip_paths, self.library)
            self._offer([run for run in runs if run.bundle])

    def _offer(self, runs: list[RunRow]) -> None:
        choice: Select[int] = self.query_one("#run", Select)
        chosen = choice.value
        choice.set_options([(run.name, run.id) for run in runs])
        known = [run.id for run in runs]
        if known:
            choice.value = chosen if chosen in known else known[0]
        field = self.query_one("#clip", Input)
        field.suggester = SuggestFromList(self._clips)
        if not field.value and self._clips:
            field.value = self._clips[0]

    # The child

    @on(Button.Pressed, "#start")
    @on(Input.Submitted, "#clip")
    @work(exclusive=True, group="start")
    async def action_start(self) -> None:
        if self.child is not None:
            self.notify("Live runs already.")
            return
        run = self.query_one("#run", Select).value
        with self.signtui.complaints():
            if not isinstance(run, int):
                raise JobError("No run has a model yet.", hint="Train one: key 3.")
            address = parse_address(self.query_one("#clip", Input).value)
            config = {"run": run, "source": address.value}
            self.child = await self.signtui.start_job(JobKind.LIVE, config, stdout=True)
            if self.child is not None:
                self._clear(address.name)
                self._listen(self.child)

    def _clear(self, name: str) -> None:
        self.events.clear()
        self._latencies.clear()
        self.query_one("#history", RowTable).show(())
        self.query_one(PredictionBars).top = ()
        self.query_one(RowTable).focus()
        self.query_one("#now").border_title = Content(f"Now: {name}").markup
        self.query_one("#now").border_subtitle = "starting …"

    @work(thread=True, group="listen", exit_on_error=False)
    def _listen(self, child: JobProcess) -> None:
        """Read the child's lines until it closes its output; stopping it ends this thread."""
        if child.stdout is None:
            return
        with child.stdout as lines:
            while line := lines.readline(_MAX_LINE):
                event = _event(line)
                if event is not None:
                    self.post_message(LiveEvent(child.id, event))
        self.post_message(LiveEnded(child.id))

    def on_live_event(self, message: LiveEvent) -> None:
        event = message.event
        panel = self.query_one("#now")
        match event.get("event"):
            case "prediction":
                panel.border_subtitle = f"{first_line(event.get('state'), 20)} · {_moment(event)}"
                self.query_one(PredictionBars).top = _top(event)
                self._show_latency(event)
            case "source":
                panel.border_subtitle = first_line(event.get("state"), 20)
            case "sign" | "final":
                self.query_one(PredictionBars).top = _top(event)
                self._remember(event)

    def _remember(self, event: dict[str, Any]) -> None:
        if not _top(event):
            return
        self.events.append(event)
        self.query_one("#history", RowTable).show(
            Row(str(number), _history_cells(past))
            for number, past in reversed(list(enumerate(self.events)))
        )

    def _show_latency(self, event: dict[str, Any]) -> None:
        latency = event.get("latency_ms")
        if not isinstance(latency, dict):
            return
        stages = [(name, latency.get(name)) for name in _STAGES]
        known = [(name, value) for name, value in stages if isinstance(value, (int, float))]
        if not known:
            return
        self._latencies.append(sum(value for _, value in known))
        self.query_one("#stages", Static).update(
            Content("\n").join(
                Content.assemble((f"{name:<10}", "$muted"), f"{value:7.1f} ms")
                for name, value in known
            )
        )
        self.query_one("#latencies", Sparkline).data = list(self._latencies)
        self.query_one("#latency").border_subtitle = f"{self._latencies[-1]:.0f} ms in all"

    @work(group="ended", exit_on_error=False)
    async def on_live_ended(self, message: LiveEnded) -> None:
        child, self.child = self.child, None
        if child is None or child.id != message.job_id:
            return
        with self.signtui.complaints():
            await asyncio.to_thread(child.process.wait)
            row = await asyncio.to_thread(child.row)
            if row.status in ENDED and row.status not in {Status.FINISHED, Status.CANCELLED}:
                self.query_one("#now").border_subtitle = str(row.status)
                raise JobError(row.error or f"Live was {row.status}.", hint=row.hint or "")

    # Keys

    @work(group="stop")
    async def action_stop(self) -> None:
        if self.child is not None:
            await asyncio.to_thread(self.signtui.children_started.stop, self.child.id)

    def action_clip(self) -> None:
        self.query_one("#clip", Input).focus()

    def action_run(self) -> None:
        self.query_one("#run", Select).focus()

    def action_next_clip(self, places: int) -> None:
        field = self.query_one("#clip", Input)
        if self._clips:
            here = self._clips.index(field.value) if field.value in self._clips else -places
            field.value = self._clips[(here + places) % len(self._clips)]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        log.warning("live said what is no JSON: %r", line[:200])
        return None
    return event if isinstance(event, dict) else None


def _top(event: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """Pairs of gloss and score; nothing where the line holds no such thing."""
    top = event.get("top")
    if not isinstance(top, list):
        return ()
    return tuple(
        (str(item["gloss"]), float(item["score"]))
        for item in top
        if isinstance(item, dict)
        and "gloss" in item
        and isinstance(item.get("score"), (int, float))
    )


def _moment(event: dict[str, Any]) -> str:
    at = event.get("time_s")
    return f"{at:.2f} s" if isinstance(at, (int, float)) else ""


def _history_cells(event: dict[str, Any]) -> tuple[str | tuple[str, str], ...]:
    (gloss, score), *others = _top(event)
    known = event["event"] == "final" or event.get("gloss") is not None
    return (
        "whole" if event["event"] == "final" else _moment(event),
        (gloss, "$primary") if known else (f"unknown ({gloss}?)", "$muted"),
        percent(score),
        ", ".join(f"{name} {percent(part)}" for name, part in others[:2]),
    )
