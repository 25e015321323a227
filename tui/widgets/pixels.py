"""Pictures drawn with half blocks: two pixels in each cell, one above the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tui.reading.pictures import Pictures

_UPPER: Final = "▀"
BRAILLE: Final = 0x2800
_GAP: Final = 1
_MOST: Final = 10
_WIDEST: Final = 1.2
"""Width / height of a picture in a strip: what is wider is cut at the sides, where nobody signs."""
_COLOUR_BITS: Final = 24
_COLOUR: Final = (1 << _COLOUR_BITS) - 1
_EVEN: Final = 0xFEFEFE
_COARSE: Final = 0xF8
"""Colours are cut to 32 steps: the eye sees no difference, and far less goes to the terminal."""


def image_of(pictures: Pictures, frame: int) -> NDArray[np.uint8] | None:
    """The picture of a frame. shape=(height, width, 3); None where there is none yet."""
    import numpy as np  # noqa: PLC0415 - only where a picture is drawn

    data = pictures.at(frame)
    if data is None:
        return None
    return np.frombuffer(data, np.uint8).reshape(pictures.height, pictures.width, 3)


def shrink(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture at another size, in few colours. shape=(height, width, 3).

    Each pixel is the mean of those that fall together on it.
    """
    import numpy as np  # noqa: PLC0415 - only where a picture is drawn

    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    total = np.add.reduceat(np.add.reduceat(image.astype(np.uint32), rows, 0), columns, 1)
    high = np.maximum(1, np.diff(np.append(rows, image.shape[0])))
    wide = np.maximum(1, np.diff(np.append(columns, image.shape[1])))
    mean: NDArray[np.uint8] = (total // (high[:, None] * wide)[..., None]).astype(np.uint8)
    return mean & np.uint8(_COARSE)


@dataclass(frozen=True, slots=True)
class Dots:
    """Braille dots that lie over a picture, or over nothing."""

    bits: NDArray[np.uint8]
    """shape=(lines, cells): the pattern of each cell (Unicode chart U2800), 0 where none is."""
    owner: NDArray[np.uint8]
    """shape=(lines, cells): index of its colour."""
    colours: tuple[Color, ...]


def half_blocks(pixels: NDArray[np.uint8], dots: Dots | None = None) -> list[list[Segment]]:
    """Lines of cells, two pixels or a pattern of dots in each. shape of pixels=(2 * lines, cells, 3)."""
    import numpy as np  # noqa: PLC0415 - only where a picture is drawn

    # One number for the two colours of a cell: runs of equal ones are found at once.
    colour = pixels.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    pairs = (colour[::2] << _COLOUR_BITS | colour[1::2]).tolist()
    return [_line(cells, dots, y) for y, cells in enumerate(pairs)]


def _line(cells: list[int], dots: Dots | None, y: int) -> list[Segment]:
    if dots is None or not dots.bits[y].any():
        return [Segment(_UPPER * len(list(run)), _style(pair)) for pair, run in groupby(cells)]
    segments = []
    for pair, bit, owner in zip(cells, dots.bits[y].tolist(), dots.owner[y].tolist(), strict=True):
        if bit:
            segments.append(Segment(chr(BRAILLE + bit), _over(dots.colours[owner], pair)))
        else:
            segments.append(Segment(_UPPER, _style(pair)))
    return segments


def dotted(dots: Dots, y: int, blank: Style) -> list[Segment]:
    """One line of dots over nothing."""
    cells = [
        (chr(BRAILLE + bit), Style(color=dots.colours[owner])) if bit else (" ", blank)
        for bit, owner in zip(dots.bits[y].tolist(), dots.owner[y].tolist(), strict=True)
    ]
    return [
        Segment("".join(text for text, _ in run), blank + style)
        for style, run in groupby(cells, key=lambda cell: cell[1])
    ]


@lru_cache(maxsize=2048)
def _style(pair: int) -> Style:
    upper, lower = pair >> _COLOUR_BITS, pair & _COLOUR
    return Style(color=_colour(upper), bgcolor=_colour(lower))


@lru_cache(maxsize=512)
def _over(colour: Color, pair: int) -> Style:
    """Dots over the mean of the two pixels."""
    upper, lower = pair >> _COLOUR_BITS, pair & _COLOUR
    # Halves of the three bytes at once: the lowest bit of each is dropped first.
    mean = ((upper & _EVEN) >> 1) + ((lower & _EVEN) >> 1)
    return Style(color=colour, bgcolor=_colour(mean), bold=True)


def _colour(rgb: int) -> Color:
    return Color.from_rgb(rgb >> 16, rgb >> 8 & 0xFF, rgb & 0xFF)


class FilmStrip(Widget):
    """Pictures of a stretch of a clip, side by side, from its beginning to its end."""

    DEFAULT_CSS = "FilmStrip { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Textual
        super().__init__(id=id)
        self._pictures: Pictures | None = None
        self._middle = 0.5
        self._lines: list[Strip] = []

    def show(self, pictures: Pictures | None, *, middle: float = 0.5) -> None:
        """Draw what has come so far; call again when more has.

        Args:
            pictures: what has come.
            middle: where the signer is, in picture widths.
        """
        self._pictures, self._middle = pictures, middle
        self._lines = []
        self.refresh()

    def on_resize(self) -> None:
        self._lines = []

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lines = []

    def render_line(self, y: int) -> Strip:
        if not self._lines and self._pictures is not None and len(self._pictures):
            self._lines = self._draw(self._pictures)
        if y < len(self._lines):
            return self._lines[y].crop_extend(0, self.size.width, self.rich_style)
        return Strip.blank(self.size.width, self.rich_style)

    def _draw(self, pictures: Pictures) -> list[Strip]:
        width, rows = self.size
        first, last = pictures.shown_range
        aspect = min(_WIDEST, pictures.width / pictures.height)
        cells = max(2, min(width, round(2 * rows * aspect)))
        number = max(1, min(_MOST, (width + _GAP) // (cells + _GAP), last - first))
        wanted = [
            first + (last - first) * (2 * place + 1) // (2 * number) for place in range(number)
        ]
        lines: list[list[Segment]] = [[] for _ in range(rows)]
        for frame in wanted:
            image = image_of(pictures, frame) if pictures.has(frame) else None
            drawn = []
            if image is not None:
                cut = _cut(image, aspect, self._middle)
                drawn = half_blocks(shrink(cut, cells, 2 * rows))
            blank = [Segment(" " * cells, self.rich_style)]
            for y, line in enumerate(lines):
                line.extend(drawn[y] if drawn else blank)
                line.append(Segment(" " * _GAP, self.rich_style))
        return [Strip(line) for line in lines]


def _cut(image: NDArray[np.uint8], aspect: float, middle: float) -> NDArray[np.uint8]:
    """The part round the middle that has the wanted shape."""
    width = image.shape[1]
    wide = max(1, min(width, round(image.shape[0] * aspect)))
    left = max(0, min(width - wide, round(width * middle - wide / 2)))
    return image[:, left : left + wide]
