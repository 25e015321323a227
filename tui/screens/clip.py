"""One clip: what the catalog knows of it, and its landmarks moving."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer

from store.errors import SigntuiError
from tui.reading.clip import ClipFacts, read_clip, read_landmarks
from tui.screens.page import signtui_of
from tui.widgets.facts import Fact, FactList
from tui.widgets.presence_bar import PresenceBar
from tui.widgets.skeleton_view import SkeletonView
from tui.wording import STATE_COLOURS, first_line, percent, size

_STEP: Final = 10


class ClipScreen(Screen[None]):
    """Metadata at the left, the hands at the right."""

    CSS_PATH = "clip.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("space", "play", "Play or stop"),
        Binding("left", "step(-1)", "Frame back", key_display="←", priority=True),
        Binding("right", "step(1)", "Next frame", key_display="→", priority=True),
        Binding("shift+left", f"step(-{_STEP})", f"{_STEP} frames back", show=False),
        Binding("shift+right", f"step({_STEP})", f"{_STEP} frames on", show=False),
        Binding("home", "first", "First frame", show=False),
    ]

    def __init__(self, instance_id: int, listing: Sequence[int] = (), place: int = 0) -> None:
        """Make the page of one instance.

        Args:
            instance_id: which one.
            listing: ids of the list that it was opened from.
            place: its index in the list.
        """
        super().__init__()
        self.instance_id = instance_id
        self._listing, self._place = listing, place
        self.facts: ClipFacts | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            with VerticalScroll(id="facts", classes="panel"):
                yield FactList(id="text")
            with Vertical(id="hands", classes="panel") as hands:
                hands.border_title = "Landmarks"
                yield SkeletonView(id="skeleton")
                yield PresenceBar(id="presence")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.watch(self.query_one(SkeletonView), "frame", self._frame_changed, init=False)
        self._read()

    @work(exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        library = signtui_of(self).opened
        try:
            self.facts = await asyncio.to_thread(read_clip, library, self.instance_id)
            self._show_facts(self.facts)
            sequence = await asyncio.to_thread(read_landmarks, library, self.facts)
        except SigntuiError as error:
            self.query_one("#hands").border_subtitle = Content(error.message).markup
            return
        panel = self.query_one("#hands")
        if sequence is None or not len(sequence):
            panel.border_subtitle = "none yet"
            return
        self.query_one(PresenceBar).present = tuple(
            (bool(left), bool(right)) for left, right in sequence.present
        )
        self.query_one(SkeletonView).show(sequence, play=True)
        self._frame_changed(0)

    def _show_facts(self, facts: ClipFacts) -> None:
        panel = self.query_one("#facts")
        row = facts.instance
        panel.border_title = Content(first_line(f"{row['gloss']}  {row['video_id']}", 60)).markup
        self.query_one(FactList).facts = _describe(facts)

    def _frame_changed(self, frame: int) -> None:
        view = self.query_one(SkeletonView)
        if view.sequence is None:
            return
        self.query_one(PresenceBar).frame = frame
        self.query_one(
            "#hands"
        ).border_subtitle = f"frame {frame + 1} of {len(view.sequence)} · {frame / view.fps:.2f} s"

    def action_play(self) -> None:
        view = self.query_one(SkeletonView)
        view.playing = not view.playing and view.sequence is not None

    def action_step(self, frames: int) -> None:
        view = self.query_one(SkeletonView)
        view.playing = False
        view.step(frames)

    def action_first(self) -> None:
        view = self.query_one(SkeletonView)
        view.playing = False
        view.frame = 0


def _describe(facts: ClipFacts) -> tuple[Fact, ...]:
    row = facts.instance
    lines = [
        Fact("gloss", row["gloss"], "bold $primary"),
        Fact("signer", row["signer"]),
        Fact("split", row["split"]),
        Fact(
            "clip", row["availability"], STATE_COLOURS.get(str(row["availability"]), "$foreground")
        ),
        *([Fact("", row["reason"], "$warning")] if row["reason"] else []),
        Fact("range", _range(row)),
        Fact("frames", _frames(row)),
        Fact("picture", f"{row['width']} x {row['height']}" if row["width"] else None),
        Fact("size", size(row["size_bytes"]) if row["size_bytes"] else None),
        Fact("variation", row["variation"]),
        Fact("source", row["source"]),
        Fact("url", row["url"]),
        Fact("file", row["path"]),
    ]
    if row["excluded"]:
        lines.append(Fact("excluded", row["excluded_reason"] or "yes", "$warning"))
    for extraction in facts.extractions:
        lines += [Fact(), *_extraction(extraction)]
    if facts.twins:
        lines += [Fact(), Fact("twins", "the same stretch under", "$muted")]
        lines += [Fact(twin.video_id, f"{twin.gloss} ({twin.split})", "$warning")
                  for twin in facts.twins]  # fmt: skip
    return tuple(lines)


def _extraction(row: dict[str, Any]) -> list[Fact]:
    lines = [Fact("landmarks", row["status"].replace("_", " "), STATE_COLOURS[row["status"]])]
    lines.append(Fact("by", f"{row['origin']} ({row['landmark_set']})"))
    if row["frames"]:
        left, right = (percent(row[f"frames_{hand}"], row["frames"]) for hand in ("left", "right"))
        lines.append(Fact("hands", f"left {left}, right {right} of {row['frames']} frames"))
    if row["error"]:
        lines.append(Fact(row["error_kind"] or "error", row["error"], "$error"))
        lines.append(Fact("attempts", row["attempts"]))
    return lines


def _range(row: dict[str, Any]) -> str:
    end = "end" if row["frame_end"] is None else row["frame_end"] - 1
    return f"{row['frame_start']} to {end}"


def _frames(row: dict[str, Any]) -> str | None:
    if not row["clip_frames"]:
        return None
    rate = f" at {row['fps']:g} fps" if row["fps"] else ""
    return f"{row['clip_frames']}{rate}"
