"""Live: what a run reads in a camera, a clip or a stream, as it reads it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Digits, Input, Label, Select, Static

from capture.address import parse_address
from capture.problems import wait_words
from ml.references import STARTER
from store.words import Status
from tui.reading.latency import Latency
from tui.reading.live import LiveChoices, read_live_choices
from tui.reading.live_events import Event, number_of, top_of
from tui.reading.sentence import UNKNOWN, Sentence
from tui.screens.live_glosses import GlossesDialog, narrowing
from tui.screens.live_record import Step
from tui.screens.live_takes import REVIEW_WORDS, TakesPage
from tui.screens.live_words import HISTORY_COLUMNS, history_cells, source_words
from tui.widgets.latency_table import LatencyTable
from tui.widgets.live_view import LiveView
from tui.widgets.prediction_bars import PredictionBars
from tui.widgets.source_field import SourceField
from tui.widgets.table import Row, RowTable
from tui.wording import STATE_COLOURS, first_line

_HISTORY: Final = 200
_NO_RUN: Final = 0
_STARTER: Final = -1  # runs count from 1; what stands there for want of one gives way
_LATENCY_EVERY_S: Final = 0.5
_HINT: Final = "s starts · c chooses a source · R records"


class LiveScreen(TakesPage):
    """Signs as they are read, and the sentence that they make."""

    NAME = "live"
    HOME = "#history"
    CSS_PATH = "live.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start"),
        Binding("x", "stop", "Stop"),
        Binding("k", "keep", "Keep"),
        Binding("d", "discard", "Discard"),
        Binding("space", "replay", "Replay"),
        Binding("R", "record", "Record"),
        Binding("enter", "finish", "End the recording", show=False, priority=True),
        Binding("c", "clip", "Source"),
        Binding("n", "next_clip(1)", "Next clip"),
        Binding("N", "next_clip(-1)", "Previous clip", show=False),
        Binding("m", "run", "Choose run", show=False),
        Binding("g", "glosses", "Narrow to some glosses", show=False),
        Binding("r", "replace", "Other word"),
        Binding("backspace", "take_back", "Take the last word back", show=False),
        Binding("w", "clear", "Clear the sentence", show=False),
        Binding("y", "copy", "Copy the sentence", show=False),
        Binding("p", "window", "Window on the desktop", show=False),
        Binding("t", "speed", "Clips at their own speed, or as fast as possible", show=False),
        Binding("q", "leave", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.events: deque[Event] = deque(maxlen=_HISTORY)
        self.sentence = Sentence()
        self.latency = Latency()
        self.realtime = True
        self.glosses = ""
        self.window_open = False
        self._count = 0
        self._clips: tuple[str, ...] = ()
        self._runs: tuple[int, ...] = (_NO_RUN,)

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="source", classes="panel") as source:
            source.border_title = "Source"
            yield Label("run")
            yield Select[int]([("no model", _NO_RUN)], allow_blank=False, id="run", compact=True)
            yield Label("from")
            yield SourceField(id="clip")
            yield Button("Start", id="start", variant="primary", compact=True)
        with Horizontal(id="middle"):
            with Vertical(id="seen"):
                with Vertical(id="preview", classes="panel") as preview:
                    preview.border_title = "Preview"
                    yield LiveView()
                    yield Digits(id="countdown")
                with Vertical(id="latency", classes="panel") as latency:
                    latency.border_title = "Latency"
                    yield LatencyTable()
            with Vertical(id="read"):
                with Vertical(id="now", classes="panel") as now:
                    now.border_title = "Now"
                    yield Static(id="state")
                    yield PredictionBars()
                with Vertical(id="said", classes="panel") as said:
                    said.border_title = "Sentence"
                    yield Static(id="sentence")
                with Vertical(id="past", classes="panel") as past:
                    past.border_title = "History"
                    yield RowTable(HISTORY_COLUMNS, id="history")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#countdown").display = False
        self.query_one(LiveView).words = _HINT
        self._show_state("idle")
        self._show_sentence()
        self._show_speed()
        self._read_choices()
        self.set_interval(_LATENCY_EVERY_S, self._show_latency)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._read_choices()

    # What there is to choose

    @work(exclusive=True, group="choices", exit_on_error=False)
    async def _read_choices(self) -> None:
        with self.signtui.complaints(quietly=True):
            self._offer(await asyncio.to_thread(read_live_choices, self.library))

    def _offer(self, choices: LiveChoices) -> None:
        select: Select[int] = self.query_one("#run", Select)
        chosen = None if select.value == self._runs[0] <= _NO_RUN else select.value
        beside = [(STARTER, _STARTER)] * choices.starter + [("no model", _NO_RUN)]
        options = [*((run.name, run.id) for run in choices.runs), *beside]
        select.set_options(options)
        self._runs = tuple(run for _, run in options)
        select.value = chosen if chosen in self._runs else self._runs[0]
        self._clips = choices.clips
        field = self.query_one(SourceField)
        field.offer(choices.sources)
        if not field.value and self._clips:
            field.value = self._clips[0]

    def live_config(self, source: str, *, realtime: bool) -> dict[str, Any]:
        run = cast("int", self.query_one("#run", Select).value)
        chosen = {_NO_RUN: None, _STARTER: STARTER}.get(run, run)
        narrowed = narrowing(self.glosses) if chosen is not None else {}
        return {"run": chosen, "source": source, "realtime": realtime, **narrowed}

    async def open_source(self, *, record: bool = False) -> bool:
        """Start the child on the source of the field; a recording is always at its own speed."""
        address = parse_address(self.query_one(SourceField).value)
        config = self.live_config(address.value, realtime=record or self.realtime)
        if not await self.start_child(config):
            return False
        self.fresh_source(address)
        self._clear(address.name)
        return True

    def _clear(self, name: str) -> None:
        self.latency = Latency()
        self.window_open = False
        self.query_one(PredictionBars).top = ()
        self.query_one("#history").focus()
        self.query_one("#preview").border_title = Content(f"Preview: {first_line(name, 60)}").markup
        view = self.query_one(LiveView)
        view.words = "starting …"
        view.show(None)
        self._show_state("starting")

    # What the child says

    def heard(self, event: Event) -> None:
        super().heard(event)
        match event.get("event"):
            case "prediction":
                self._standing(event)
            case "source":
                self._waiting(event)
            case "sign" | "final":
                self._decided(event)
            case "window":
                self._window(event)

    def _standing(self, event: Event) -> None:
        self._show_state(first_line(event.get("state"), 12), number_of(event.get("time_s")))
        self.query_one(PredictionBars).top = top_of(event)
        self.latency.add(event, self.signtui.clock())

    def _waiting(self, event: Event) -> None:
        state = first_line(event.get("state"), 20)
        view = self.query_one(LiveView)
        view.words = wait_words(state)
        view.show(None)
        self._show_state(state)

    def _decided(self, event: Event) -> None:
        top = top_of(event)
        gloss = event.get("gloss")
        if not top and not isinstance(gloss, str):
            return
        self.query_one(PredictionBars).top = top
        if self.in_review:
            return  # a take that is looked at says nothing new
        if event["event"] == "sign":
            self.sentence.add(gloss if isinstance(gloss, str) else None, top)
            self._show_sentence()
        self.events.append(event)
        self._count += 1
        table = self.query_one("#history", RowTable)
        follows = table.cursor_row <= 0
        first = self._count - len(self.events)
        table.show(
            Row(str(first + place), history_cells(past))
            for place, past in reversed(list(enumerate(self.events)))
        )
        if follows:
            table.move_cursor(row=0, animate=False)

    def _window(self, event: Event) -> None:
        self.window_open = event.get("on") is True
        if "error" in event:
            self.notify(
                first_line(event.get("hint") or " "),
                title=first_line(event["error"]),
                severity="warning",
                markup=False,
            )

    def ended(self, status: Status) -> None:
        super().ended(status)
        self.window_open = False
        self._show_state("ended" if status == Status.FINISHED else str(status))
        self._show_latency()
        view = self.query_one(LiveView)
        view.words = REVIEW_WORDS if self.in_review else _HINT
        if not self.in_review:
            view.show(None)

    # What is shown

    def _show_state(self, state: str, at: float | None = None) -> None:
        colour = STATE_COLOURS.get(state, "$muted")
        moment = "" if at is None else f"{at:.2f} s"
        self.query_one("#state", Static).update(
            Content.assemble((f"● {state:<14}", colour), (moment, "$muted"))
        )

    def _show_sentence(self) -> None:
        words = [
            Content.styled(
                first_line(word.text, 40), "$warning" if word.text == UNKNOWN else "bold $primary"
            )
            for word in self.sentence.words
        ]
        shown = Content(" ").join(words) if words else Content.styled("no word yet", "$muted")
        self.query_one("#sentence", Static).update(shown)
        self.query_one("#said").scroll_end(animate=False)
        self.query_one("#said").border_subtitle = "⌫ back · r other · y copy" if words else ""

    def _show_latency(self) -> None:
        rate = self.latency.rate
        self.query_one(LatencyTable).times = self.latency.summary()
        self.query_one("#latency").border_subtitle = (
            f"{rate:.0f} frames/s" if rate is not None else ""
        )

    def _show_speed(self) -> None:
        words = source_words(self.glosses, realtime=self.realtime)
        self.query_one("#source").border_subtitle = Content(words).markup

    # Keys

    @on(Button.Pressed, "#start")
    @on(Input.Submitted, "#clip")
    @work(group="start")
    async def action_start(self) -> None:
        if self.in_review:
            self.notify("A take waits: keep it (k) or discard it (d).")
        elif self.child is not None:
            self.notify("Live runs already.")
        else:
            with self.signtui.complaints():
                await self.open_source()

    def action_clip(self) -> None:
        self.query_one(SourceField).focus()

    def action_run(self) -> None:
        self.query_one("#run", Select).focus()

    def action_glosses(self) -> None:
        """Ask which glosses may be named, from the next start on."""
        self.app.push_screen(GlossesDialog(self.glosses), self._narrow)

    def _narrow(self, said: str | None) -> None:
        self.glosses = self.glosses if said is None else said
        self._show_speed()

    @work(group="start")
    async def action_next_clip(self, places: int) -> None:
        """Choose another clip; where one is being read, go on with that."""
        field = self.query_one(SourceField)
        if not self._clips or self.in_review:
            return
        here = self._clips.index(field.value) if field.value in self._clips else -places
        field.value = self._clips[(here + places) % len(self._clips)]
        if self.child is not None and self.step == Step.OFF:
            with self.signtui.complaints():
                await self.rest()
                await self.open_source()

    def action_replace(self) -> None:
        self.sentence.replace_last()
        self._show_sentence()

    def action_take_back(self) -> None:
        self.sentence.take_back()
        self._show_sentence()

    def action_clear(self) -> None:
        self.sentence.clear()
        self._show_sentence()

    def action_copy(self) -> None:
        if self.sentence.words:
            self.app.copy_to_clipboard(self.sentence.text)
            self.notify("The sentence is copied.")

    def action_window(self) -> None:
        """Open or close the window that the child has on the desktop."""
        if self.child is None:
            self.notify("Start a source first: the window is its own.")
        self.tell("window", on=not self.window_open)

    def action_speed(self) -> None:
        self.realtime = not self.realtime
        self._show_speed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Start and stop take turns; a review has keys of its own."""
        if action == "start":
            return self.child is None and not self.in_review
        if action == "stop":
            return self.child is not None
        if action in {"clip", "next_clip", "replace"}:
            return not self.in_review
        return super().check_action(action, parameters)
