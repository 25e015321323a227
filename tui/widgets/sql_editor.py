"""The SQL editor: colours by tree-sitter, proposals while one types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

from rich.style import Style
from textual import events, on
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.content import Content
from textual.document._document import Document
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import OptionList, TextArea
from textual.widgets.option_list import Option
from textual.widgets.text_area import TextAreaTheme

from store.query import Relation
from tui.completion import Completion, complete
from tui.sql_text import Span, statement_at
from tui.widgets.sql_colours import What, marks

_COLOURS: Final[dict[What, str]] = {
    "keyword": "secondary",
    "relation": "primary",
    "function": "accent",
    "string": "success",
    "number": "warning",
    "comment": "muted",
}
_LONGEST: Final = 100_000
"""Characters of a text in which proposals are looked for."""
_WIDTH: Final = 34


class CompletionList(OptionList, can_focus=False):
    """Proposals over the screen, below the cursor of the editor; the editor has the keys."""

    DEFAULT_CSS = """
    CompletionList {
        overlay: screen; constrain: inside inside; display: none;
        width: 38; height: auto; max-height: 8; padding: 0; border: none;
        background: $panel; scrollbar-background: $panel;
        &:focus, & { background-tint: $background 0%; }
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
    }
    """

    def show(self, completion: Completion, at: Offset) -> None:
        """Show proposals at a place of the screen, or nothing where there are none."""
        self.clear_options()
        self.display = bool(completion.proposals)
        if not self.display:
            return
        for item in completion.proposals:
            note = item.about or item.kind
            room = max(1, _WIDTH - len(item.text) - 2)
            words = note if len(note) <= room else note[: room - 1] + "…"
            gap = " " * max(1, _WIDTH - len(item.text) - len(words))
            self.add_option(Option(Content.assemble(item.text, gap, (words, "$muted"))))
        self.highlighted = 0
        self.absolute_offset = at
        self.refresh(layout=True)

    def hide(self) -> None:
        self.display = False


class SqlEditor(TextArea):
    """A text area that knows SQL and the catalog's names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+@,ctrl+space", "propose", "Complete", key_display="^space"),
    ]

    @dataclass
    class Walked(Message):
        """Up or down in an empty editor, or in what such a walk brought: an older or newer one."""

        step: int

    def __init__(self, text: str, popup: CompletionList, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(text, id=id, show_line_numbers=False, tab_behavior="focus")
        self.schema: Sequence[Relation] = ()
        self.walking = ""
        """The text that a walk through the history put here; other text is the user's own."""
        self._popup = popup
        self._completion: Completion | None = None
        self._proposed_at = 0
        self._typed = False

    def on_mount(self) -> None:
        self._colour()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._colour())

    def _colour(self) -> None:
        colours = self.app.theme_variables
        styles = {
            # Textual knows colours that Rich cannot read by name: the terminal's own.
            str(what): Style(color=Color.parse(colours[name]).rich_color)
            for what, name in _COLOURS.items()
        }
        name = f"signtui-{self.app.theme}"
        self.register_theme(TextAreaTheme(name, syntax_styles=styles))
        self.theme = name

    def _build_highlight_map(self) -> None:
        """Called by Textual for each new text and after each edit."""
        self._line_cache.clear()
        self._highlights.clear()
        for line, start, end, what in marks(self._indexed.lines):
            self._highlights[line].append((start, end, what))

    # Text and places

    @property
    def _indexed(self) -> Document:
        return cast("Document", self.document)

    def statement(self) -> Span | None:
        """The statement under the cursor."""
        return statement_at(self.text, self.offset_in_text)

    @property
    def offset_in_text(self) -> int:
        """The cursor, in characters from the start."""
        return self._indexed.get_index_from_location(self.cursor_location)

    def move_to(self, offset: int) -> None:
        """Put the cursor on a character."""
        self.move_cursor(self._indexed.get_location_from_index(min(offset, len(self.text))))

    def put(self, text: str, *, walking: bool = False) -> None:
        """Replace all text; undo brings the old one back."""
        self._typed = False
        self.close_popup()
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)
        self.walking = text if walking else ""

    # Proposals

    def close_popup(self) -> None:
        self._popup.hide()
        self._completion = None

    @property
    def proposing(self) -> bool:
        return self._completion is not None and self._popup.display

    def action_propose(self) -> None:
        self._propose(asked=True)

    def _propose(self, *, asked: bool) -> None:
        if len(self.text) > _LONGEST:
            return
        completion = complete(self.text, self.offset_in_text, self.schema, asked=asked)
        self._completion = completion if completion.proposals else None
        self._proposed_at = self.offset_in_text
        back = self._proposed_at - completion.start
        self._popup.show(completion, self.cursor_screen_offset + Offset(-back - 1, 1))

    def accept(self) -> None:
        """Put the highlighted proposal where its word begins."""
        completion, place = self._completion, self._popup.highlighted
        self._typed = False
        self.close_popup()
        if completion is None or place is None or place >= len(completion.proposals):
            return
        start = self._indexed.get_location_from_index(completion.start)
        self.replace(completion.proposals[place].text, start, self.cursor_location)
        self.move_cursor(self.cursor_location)

    async def _on_key(self, event: events.Key) -> None:
        if self.proposing and event.key in {"tab", "enter", "escape"}:
            event.stop()
            event.prevent_default()
            if event.key == "escape":
                self.close_popup()
            else:
                self.accept()
            return
        self._typed = event.is_printable or event.key in {"backspace", "ctrl+h"}

    async def _on_paste(self, event: events.Paste) -> None:  # noqa: ARG002
        # Textual calls the handler of each base class by itself.
        self._typed = False

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        # Several keys may have come before the first change is heard of.
        if self._typed and self.has_focus:
            self._propose(asked=False)
        else:
            self.close_popup()

    def on_text_area_selection_changed(self) -> None:
        if self._completion is not None and self.offset_in_text != self._proposed_at:
            self.close_popup()

    def on_blur(self) -> None:
        self.close_popup()

    def action_cursor_up(self, select: bool = False) -> None:
        self._vertical(-1, select)

    def action_cursor_down(self, select: bool = False) -> None:
        self._vertical(1, select)

    def _vertical(self, step: int, select: bool) -> None:
        if self.proposing:
            move = self._popup.action_cursor_down if step > 0 else self._popup.action_cursor_up
            move()
        elif not select and self.text == self.walking:
            self.post_message(self.Walked(step))
        elif step > 0:
            super().action_cursor_down(select)
        else:
            super().action_cursor_up(select)
