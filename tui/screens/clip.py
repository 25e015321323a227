"""One clip: its pictures, what the catalog knows of it, and its landmarks moving."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from store.errors import SigntuiError
from store.words import Availability
from tui import clip_words
from tui.player import play
from tui.reading.clip import ClipFacts, read_clip, read_landmarks
from tui.reading.pictures import PictureChild
from tui.screens.exclude_form import ExcludeForm, Exclusion, decide
from tui.screens.page import signtui_of
from tui.widgets.clip_lists import ClipLists
from tui.widgets.footer import KeyLine
from tui.widgets.pixels import FilmStrip
from tui.widgets.presence_bar import PresenceBar
from tui.widgets.skeleton_view import SkeletonView
from tui.wording import count, first_line

_STEP: Final = 10


class ClipScreen(Screen[bool]):
    """Pictures at the top, facts at the left, the hands at the right.

    Closed with True where the instance, or another one seen from here, was excluded or taken back.
    """

    CSS_PATH = "clip.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - as in Textual
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012 - as in Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("space", "play", "Play"),
        Binding("left", "step(-1)", "Frame back", show=False, priority=True),
        Binding("right", "step(1)", "Next frame", show=False, priority=True),
        Binding("shift+left", f"step(-{_STEP})", f"{_STEP} frames back", show=False),
        Binding("shift+right", f"step({_STEP})", f"{_STEP} frames on", show=False),
        Binding("home", "first", "First frame", show=False),
        Binding("f", "picture", "Picture"),
        Binding("l", "landmarks", "Landmarks"),
        Binding("t", "list(1)", "Lists"),
        Binding("T", "list(-1)", "List before", show=False),
        Binding("n,j", "go(1)", "Next", key_display="n"),
        Binding("p,k", "go(-1)", "Previous clip", show=False, key_display="p"),
        Binding("x", "exclude", "Exclude"),
        Binding("w", "watch", "Player"),
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
        self.facts: ClipFacts | None = None
        self._listing, self._place = listing, place
        self._child: PictureChild | None = None
        self._changed = False
        self._shown = 0
        """Which of the extractions with landmarks is shown."""
        self._plays = True
        """Landmarks move as soon as they are there; a stopped page stays so from clip to clip."""

    def compose(self) -> ComposeResult:
        with Vertical(id="strip", classes="panel"):
            yield FilmStrip(id="film")
            yield Static(id="no-pictures", markup=False)
        with Horizontal(id="body"):
            yield ClipLists(id="known", classes="panel")
            with Vertical(id="hands", classes="panel") as hands:
                hands.border_title = "Landmarks"
                yield SkeletonView(id="skeleton")
                yield PresenceBar(id="presence")
        yield KeyLine()

    def on_mount(self) -> None:
        self.watch(self.query_one(SkeletonView), "frame", self._frame_changed, init=False)
        self._read()

    def on_unmount(self) -> None:
        self._stop_child()

    def on_screen_suspend(self) -> None:
        self.query_one(SkeletonView).playing = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """A page that was opened from no list has no neighbours; one set of landmarks no other."""
        if action == "landmarks":
            return self.facts is not None and len(self.facts.with_landmarks) > 1
        return action != "go" or len(self._listing) > 1

    # Reading

    @work(exclusive=True, group="clip", exit_on_error=False)
    async def _read(self) -> None:
        self._stop_child()
        try:
            self.facts = await asyncio.to_thread(
                read_clip, signtui_of(self).opened, self.instance_id
            )
        except SigntuiError as error:
            self.query_one("#hands").border_subtitle = Content(error.message).markup
            return
        self._show_facts(self.facts)
        self._read_pictures(self.facts)
        self._read_landmarks()

    @work(exclusive=True, group="landmarks", exit_on_error=False)
    async def _read_landmarks(self, shown: int = 0, frame: int = 0) -> None:
        """Show the landmarks of one extraction, whose number goes round, from a frame on."""
        facts = self.facts
        if facts is None:
            return
        self._shown = shown % max(1, len(facts.with_landmarks))
        panel = self.query_one("#hands")
        panel.border_title = Content(clip_words.landmarks_title(facts, self._shown)).markup
        self.refresh_bindings()
        try:
            sequence = await asyncio.to_thread(
                read_landmarks, signtui_of(self).opened, facts, self._shown
            )
        except SigntuiError as error:
            sequence = None
            panel.border_subtitle = Content(error.message).markup
        else:
            panel.border_subtitle = "" if sequence is not None and len(sequence) else "none yet"
        if sequence is not None and not len(sequence):
            sequence = None
        present = sequence.present if sequence is not None else ()
        self.query_one(PresenceBar).present = tuple((bool(a), bool(b)) for a, b in present)
        first = facts.first_frame(self._shown) if sequence is not None else facts.frame_range[0]
        view = self.query_one(SkeletonView)
        view.show(sequence, first=first, play=False)
        view.step(min(frame, max(0, view.frames - 1)))
        self._play(self._plays)
        self._frame_changed(view.frame)

    @work(exclusive=True, group="pictures", exit_on_error=False)
    async def _read_pictures(self, facts: ClipFacts) -> None:
        row = facts.instance
        self._show_pictures(None)
        if row["availability"] != Availability.AVAILABLE or not row["path"]:
            self._say_why(f"{row['availability']}: {row['reason'] or 'no clip to look at'}")
            return
        child: PictureChild | None = None
        try:
            child = self._child = PictureChild(Path(row["path"]), *facts.frame_range)
            more = True
            while more:
                more = await asyncio.to_thread(child.read)
                self._show_pictures(child)
        except SigntuiError as error:
            self._say_why(error.message)
        finally:
            if child is not None:
                child.stop()

    def _show_pictures(self, child: PictureChild | None) -> None:
        pictures = child.pictures if child is not None else None
        self.query_one("#strip").remove_class("-bare")
        middle = clip_words.box_middle(self.facts.instance) if self.facts is not None else None
        self.query_one(FilmStrip).show(pictures, middle=0.5 if middle is None else middle)
        view = self.query_one(SkeletonView)
        view.show_pictures(pictures)
        if self._plays and not view.playing:
            self._play(True)

    def _say_why(self, reason: str) -> None:
        self.query_one("#strip").add_class("-bare")
        self.query_one("#no-pictures", Static).update(first_line(reason))

    def _stop_child(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    # Showing

    def _show_facts(self, facts: ClipFacts) -> None:
        row, now = facts.instance, signtui_of(self).clock()
        strip = self.query_one("#strip")
        strip.border_title = Content(first_line(f"{row['gloss']}  {row['video_id']}", 60)).markup
        if len(self._listing) > 1:
            strip.border_subtitle = f"{count(self._place + 1)} of {count(len(self._listing))}"
        self.query_one(ClipLists).show(facts, now)

    def on_clip_lists_twin_chosen(self, event: ClipLists.TwinChosen) -> None:
        self.app.push_screen(
            ClipScreen(event.ids[event.index], event.ids, event.index), self._came_back
        )

    def _came_back(self, changed: bool | None) -> None:
        if changed:
            self._changed = True
            self._read()

    def _frame_changed(self, frame: int) -> None:
        view = self.query_one(SkeletonView)
        if not view.frames:
            return
        self.query_one(PresenceBar).frame = frame
        self.query_one(
            "#hands"
        ).border_subtitle = f"frame {frame + 1} of {view.frames} · {frame / view.fps:.2f} s"

    # Keys

    def action_back(self) -> None:
        self.dismiss(self._changed)

    def action_play(self) -> None:
        self._play(not self._plays)

    def _play(self, wanted: bool) -> None:
        view = self.query_one(SkeletonView)
        self._plays = wanted
        view.playing = wanted and view.frames > 0

    def action_step(self, frames: int) -> None:
        self._play(False)
        self.query_one(SkeletonView).step(frames)

    def action_first(self) -> None:
        self._play(False)
        self.query_one(SkeletonView).frame = 0

    def action_picture(self) -> None:
        """The clip's own picture behind the hands, or the hands alone."""
        view = self.query_one(SkeletonView)
        view.with_picture = not view.with_picture

    def action_list(self, step: int) -> None:
        """Go round the lists."""
        self.query_one(ClipLists).turn(step)

    def action_show_list(self, name: str) -> None:
        """Show one of the lists, as its name is clicked."""
        self.query_one(ClipLists).show_list(name)

    def action_landmarks(self) -> None:
        """The landmarks of the next extraction that found some, at the same frame."""
        self._read_landmarks(self._shown + 1, self.query_one(SkeletonView).frame)

    def action_go(self, step: int) -> None:
        """The next or the previous instance of the list that the page was opened from."""
        place = self._place + step
        if 0 <= place < len(self._listing):
            self._place, self.instance_id = place, self._listing[place]
            self._read()

    def action_exclude(self) -> None:
        """Leave the instance out of training, or take it back."""
        if self.facts is not None:
            row = self.facts.instance
            form = ExcludeForm(
                first_line(f"{row['video_id']} {row['gloss']}", 60),
                reason=row["excluded_reason"] or "",
                can_include=bool(row["excluded"]),
            )
            self.app.push_screen(form, self._exclude)

    def _exclude(self, exclusion: Exclusion | None) -> None:
        if exclusion is not None:
            self._mark(self.instance_id, exclusion)

    @work(group="mark", exit_on_error=False)
    async def _mark(self, instance_id: int, exclusion: Exclusion) -> None:
        app = signtui_of(self)
        with app.complaints():
            self.notify(await asyncio.to_thread(decide, app.opened, [instance_id], exclusion))
            self._changed = True
            self._read()

    @work(group="watch", exit_on_error=False)
    async def action_watch(self) -> None:
        """Open the clip in the system's player."""
        path = self.facts.instance["path"] if self.facts is not None else None
        with signtui_of(self).complaints():
            await asyncio.to_thread(play, Path(path or "the clip"))
