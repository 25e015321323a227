"""A widget that shows one picture: in the terminal's own graphics where it has them, else in cells.

Kitty's pictures lie where their placeholders do, and those are text for Textual. Sixels lie on the
screen and are wiped out by text: they are drawn after the text below them was, which is then left
alone, and not at all while something covers them, when half blocks take their place.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.strip import Strip
from textual.widget import Widget

from store.settings import Graphics
from tui.graphics import Drawing, measured_again
from tui.widgets import graphics_kitty as kitty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console
    from textual.geometry import Region
    from textual.screen import Screen

    from tui.app import SignApp

_MOST_PIXELS: Final = 480 * 360
"""Larger pictures cost the dashboard more than 15 ms each, and the line to the terminal 100 kB."""
_PATIENCE_S: Final = 1.0
_ANSWER_ME: Final = "\x1b[6n"
"""Where is the cursor? The terminal says so when it has drawn what came before."""
_AT_ONCE: Final = "\x1b[?2026h{}\x1b[?2026l"
"""Synchronised output: nobody sees the picture half drawn."""


@dataclass(frozen=True, slots=True)
class Place:
    """Cells of the widget that a picture fills."""

    x: int
    y: int
    columns: int
    rows: int


class _Hole(Strip):
    """A line of cells that the terminal is to leave as they are."""

    @classmethod
    def of(cls, width: int) -> Self:
        return cls([Segment(" " * width)], width)

    def render(self, console: Console) -> str:
        del console
        return f"\x1b[{self.cell_length}C" if self.cell_length else ""

    def divide(self, cuts: Iterable[int]) -> list[Strip]:
        ends = [cut for cut in cuts if cut <= self.cell_length]
        return [_Hole.of(end - start) for start, end in pairwise([0, *ends])]

    def crop(self, start: int, end: int | None = None) -> Strip:
        last = self.cell_length if end is None else min(end, self.cell_length)
        return _Hole.of(max(0, last - max(0, start)))


class GraphicView(Widget):
    """Asks its subclass for pixels or for lines of cells, whichever can be shown."""

    _numbers: ClassVar[Iterator[int]] = count()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self._colour = kitty.colour_of(next(self._numbers))
        self._place: Place | None = None
        """Where the terminal's own graphics are; None where cells are shown."""
        self._could = False
        self._lies_at: Region | None = None
        """Where the sixels are on the screen; None where something may have been drawn over them."""
        self._asked_at: float | None = None
        """When the picture was sent that the terminal has not answered yet."""
        self._stale = False

    # What a subclass says

    def raster(self, width: int, height: int) -> NDArray[np.uint8] | None:
        """The picture, or None where there is none. shape=(at most height, at most width, 3)."""
        raise NotImplementedError

    def cell_line(self, y: int) -> Strip:
        """One line of the picture in cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show the picture as it is now; a subclass calls this when it has changed."""
        self._could = self.can_draw
        if not self._could:
            self.use_cells()
        elif self._waits:
            self._wait()
        else:
            self._draw()

    def use_cells(self) -> None:
        """Show cells at once, until the next `redraw`."""
        if self._place is not None and self.drawing.kind is Graphics.KITTY:
            cast("SignApp", self.app).write_terminal(kitty.delete(self._number or 0))
        self._place = self._lies_at = None
        self._stale = False
        self.refresh()

    # What there is

    @property
    def drawing(self) -> Drawing:
        """How this terminal draws pictures."""
        return cast("SignApp", self.app).drawing

    @property
    def can_draw(self) -> bool:
        """Whether the terminal's own graphics can be used now."""
        kind = self.drawing.kind
        if kind is Graphics.BLOCKS or not (self.is_attached and self.screen.is_active):
            return False
        if kind is Graphics.KITTY:
            return self._number is not None
        return not any(self._covers(other) for other in self._others())

    @property
    def pixel_room(self) -> tuple[int, int]:
        """Width and height of the largest picture that is worth sending, in pixels."""
        width = max(1, self.size.width * self.drawing.cell[0])
        height = max(1, self.size.height * self.drawing.cell[1])
        scale = min(1.0, math.sqrt(_MOST_PIXELS / (width * height)))
        return max(1, int(width * scale)), max(1, int(height * scale))

    @property
    def _number(self) -> int | None:
        return kitty.number_of(self._colour, self.app.console.color_system)

    @property
    def _waits(self) -> bool:
        """The terminal is still at the last picture: a slow line must not fill with old ones."""
        return self._asked_at is not None and time.monotonic() < self._asked_at + _PATIENCE_S

    @property
    def _intact(self) -> bool:
        """The sixels are where they belong, and need no text below them."""
        return self._lies_at is not None and self._lies_at == self.content_region

    def _others(self) -> Iterator[Widget]:
        """What may lie over this widget without a screen of its own."""
        yield from (other for other in self.siblings if other.display)
        yield from self.screen.query("Toast, Tooltip")

    def _covers(self, other: Widget) -> bool:
        return other.display and other.region.overlaps(self.region)

    def _wait(self) -> None:
        """Draw when the terminal has answered, or has not for too long."""
        if not self._stale:
            self._stale = True
            self.set_timer(_PATIENCE_S, self._draw_if_stale)

    # What is drawn

    def render_line(self, y: int) -> Strip:
        place = self._place
        if place is None:
            return self.cell_line(y)
        width, row = self.size.width, y - place.y
        if self.drawing.kind is not Graphics.KITTY or not 0 <= row < place.rows:
            return Strip.blank(width, self.rich_style)
        shown = self.rich_style + Style(color=self._colour)
        segments = [
            Segment(" " * place.x, self.rich_style),
            Segment(kitty.placeholders(row, place.columns), shown),
        ]
        return Strip(segments, place.x + place.columns).adjust_cell_length(width, self.rich_style)

    def render_lines(self, crop: Region) -> list[Strip]:
        if self.drawing.kind is Graphics.SIXEL:
            self.call_after_refresh(self._painted)
            if self._intact:
                return [_Hole.of(crop.width) for _ in range(crop.height)]
        return super().render_lines(crop)

    def _painted(self) -> None:
        """The text was drawn; sixels that were there are gone."""
        if self.can_draw != self._could or (self._place is not None and not self._intact):
            self.redraw()

    def _repaint(self) -> None:
        """Draw text and picture anew, whatever the screen shows."""
        self._place = self._lies_at = None
        self.redraw()

    def _draw(self) -> None:
        self._stale = False
        pixels = self.raster(*self.pixel_room) if self.size else None
        if pixels is None:
            self.use_cells()
            return
        place = self._placed(pixels.shape[1], pixels.shape[0])
        moved, self._place = place != self._place, place
        if moved:
            self._lies_at = None
            self.refresh()
        if self.drawing.kind is Graphics.KITTY:
            self._send(kitty.transmit(pixels, self._number or 0, place.columns, place.rows))
        elif not moved:
            self._send(self._sixels(pixels, place))
            self._lies_at = self.content_region

    def _sixels(self, pixels: NDArray[np.uint8], place: Place) -> str:
        from tui.widgets.graphics_sixel import encode, padded  # noqa: PLC0415 - it imports numpy

        left, top = self.content_region.offset + Offset(place.x, place.y)
        ground = self.background_colors[1].rgb
        # Whole cells: some terminals fill the rest of a cell with a colour of their own.
        wide, high = self.drawing.cell
        filled = padded(pixels, place.columns * wide, place.rows * high, ground)
        drawn = encode(filled, self.drawing.colours, ground)
        return f"\x1b7\x1b[{top + 1};{left + 1}H{drawn}\x1b8"

    def _placed(self, width: int, height: int) -> Place:
        """Kitty scales a picture to its cells; a sixel is as large as it is."""
        wide, high = self.drawing.cell
        if self.drawing.kind is Graphics.KITTY:
            scale = min(self.size.width * wide / width, self.size.height * high / height)
            columns, rows = round(width * scale / wide), round(height * scale / high)
        else:
            columns, rows = math.ceil(width / wide), math.ceil(height / high)
        most = len(kitty.diacritics())
        columns = max(1, min(columns, self.size.width, most))
        rows = max(1, min(rows, self.size.height, most))
        return Place(
            (self.size.width - columns) // 2, (self.size.height - rows) // 2, columns, rows
        )

    def _send(self, sequence: str) -> None:
        self._asked_at = time.monotonic()
        cast("SignApp", self.app).write_terminal(_AT_ONCE.format(sequence) + _ANSWER_ME)

    # What happens

    def on_mount(self) -> None:
        if self.drawing.kind is not Graphics.BLOCKS:
            app = cast("SignApp", self.app)
            app.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)
            app.terminal_answered.subscribe(self, self._answered)
            app.terminal_goes.subscribe(self, lambda _: self.use_cells(), immediate=True)
            app.app_resume_signal.subscribe(self, lambda _: self._repaint())

    def _screen_changed(self, _: Screen[object]) -> None:
        if self.can_draw != self._could:
            self.redraw()

    def _answered(self, _: None) -> None:
        self._asked_at = None
        self._draw_if_stale()

    def _draw_if_stale(self) -> None:
        if self._stale:
            self.redraw()

    def on_resize(self) -> None:
        if self.drawing.kind is not Graphics.BLOCKS:
            app = cast("SignApp", self.app)
            app.drawing = measured_again(app.drawing)
            self._repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lies_at = None

    def on_unmount(self) -> None:
        self.use_cells()
