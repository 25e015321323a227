"""What the camera sees, with the hands drawn over it, and the body where the model reads it.

As pixels where the terminal has graphics; else in half blocks, with the hands in braille dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.color import Color
from rich.segment import Segment
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from store.settings import Graphics
from tui.widgets.graphics import GraphicView
from tui.widgets.pixels import Dots, fit, half_blocks, shrink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tui.reading.live_events import Picture

_HANDS: Final = "live--hands"
_BODY: Final = "live--body"
_MOST_CELLS: Final = 100
"""Wider pictures cost more than they show: each cell is some 20 bytes for the terminal."""


class LiveView(GraphicView):
    """Shows one picture after the other, or words where there is none."""

    COMPONENT_CLASSES = {_HANDS, _BODY}  # noqa: RUF012 - as in Textual
    DEFAULT_CSS = """
    LiveView {
        width: 1fr; height: 1fr; content-align: center middle; color: $muted;
        & > .live--hands { color: $accent; }
        & > .live--body { color: $muted; }
    }
    """
    words: reactive[str] = reactive("")
    """What stands there without a picture; may be foreign."""

    class Resized(Message):
        """There is room for another number of pixels."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self.picture: Picture | None = None
        self._lines: list[Strip] = []

    @property
    def room(self) -> tuple[int, int]:
        """Width and height, in pixels, that there is room for."""
        if self.drawing.kind is not Graphics.BLOCKS:
            return self.pixel_room
        return min(_MOST_CELLS, self.size.width), 2 * self.size.height

    def show(self, picture: Picture | None) -> None:
        """Show a picture, or the words again."""
        self.picture = picture
        self._lines = []
        if picture is None:
            self.use_cells()
        else:
            self.redraw()

    def on_resize(self) -> None:
        self._lines = []
        self.post_message(self.Resized())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lines = []

    def render(self) -> Content:
        return Content(self.words)

    def raster(self, width: int, height: int) -> NDArray[np.uint8] | None:
        if self.picture is None:
            return None
        from tui.widgets.graphics_hands import draw_hands  # noqa: PLC0415 - it imports numpy
        from tui.widgets.skeleton_dots import Window  # noqa: PLC0415 - it imports numpy

        enlarge = self.drawing.kind is Graphics.SIXEL
        pixels = fit(self.picture.pixels, width, height, enlarge=enlarge)
        hand, body = (self.get_component_styles(name).color.rgb for name in (_HANDS, _BODY))
        aspect = pixels.shape[1] / pixels.shape[0]
        picture, colours = self.picture, (hand, hand, body)
        draw_hands(pixels, picture.hands, Window(), colours, aspect, body=picture.body)
        return pixels

    def cell_line(self, y: int) -> Strip:
        width, height = self.size
        if self.picture is None or not width or not height:
            return Widget.render_line(self, y)
        if len(self._lines) != height:
            self._lines = self._drawn(self.picture, width, height)
        return self._lines[y] if y < height else Strip.blank(width, self.rich_style)

    def _drawn(self, picture: Picture, width: int, height: int) -> list[Strip]:
        scale = min(width / picture.pixels.shape[1], 2 * height / picture.pixels.shape[0])
        wide = max(1, min(width, round(picture.pixels.shape[1] * scale)))
        # Whole cells: a line that is half picture and half ground would shift the hands.
        lines = max(1, min(height, round(picture.pixels.shape[0] * scale / 2)))
        dots = self._dots(picture, wide, lines)
        drawn = half_blocks(shrink(picture.pixels, wide, 2 * lines), dots)
        left, top = (width - wide) // 2, (height - lines) // 2
        blank = Strip.blank(width, self.rich_style)
        margin = Segment(" " * left, self.rich_style)
        strips = [Strip([margin, *line], left + wide) for line in drawn]
        strips = [strip.extend_cell_length(width, self.rich_style) for strip in strips]
        return [*[blank] * top, *strips, *[blank] * (height - top - lines)]

    def _dots(self, picture: Picture, width: int, height: int) -> Dots:
        from tui.widgets.skeleton_dots import (  # noqa: PLC0415 - it imports numpy
            Window,
            draw_hands,
        )

        styles = (self.get_component_rich_style(name) for name in (_HANDS, _BODY))
        hand, body = (style.color or Color.default() for style in styles)
        hands: NDArray[np.float32] = picture.hands
        # Two dots a cell across and four down are square pixels of half a cell.
        aspect = width / (2 * height)
        bits, owner = draw_hands(hands, Window(), aspect, width, height, body=picture.body)
        return Dots(bits, owner, (hand, hand, body))
