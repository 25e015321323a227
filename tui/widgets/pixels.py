"""Pictures of frames: made smaller, and drawn with half blocks, two pixels in each cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from store.settings import Graphics
from tui.widgets.graphics import GraphicView

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


def shrink(
    image: NDArray[np.uint8], width: int, height: int, *, coarse: bool = True
) -> NDArray[np.uint8]:
    """The picture at another size. shape=(height, width, 3).

    Each pixel is the mean of those that fall together on it.

    Args:
        image: shape=(any, any, 3).
        width: in pixels.
        height: in pixels.
        coarse: in few colours, as cells have them.
    """
    import numpy as np  # noqa: PLC0415 - only where a picture is drawn

    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    total = np.add.reduceat(np.add.reduceat(image.astype(np.uint32), rows, 0), columns, 1)
    high = np.maximum(1, np.diff(np.append(rows, image.shape[0])))
    wide = np.maximum(1, np.diff(np.append(columns, image.shape[1])))
    mean: NDArray[np.uint8] = (total // (high[:, None] * wide)[..., None]).astype(np.uint8)
    return mean & np.uint8(_COARSE) if coarse else mean


def fit(image: NDArray[np.uint8], width: int, height: int, *, enlarge: bool) -> NDArray[np.uint8]:
    """A copy of the picture that is at most so large. shape=(at most height, at most width, 3).

    Args:
        image: shape=(any, any, 3).
        width: in pixels.
        height: in pixels.
        enlarge: a small picture becomes as large as it may.
    """
    import numpy as np  # noqa: PLC0415 - only where a picture is drawn

    scale = min(width / image.shape[1], height / image.shape[0])
    if scale == 1 or (scale > 1 and not enlarge):
        return image.copy()
    wide, high = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
    if scale < 1:
        return shrink(image, wide, high, coarse=False)
    rows = np.arange(high) * image.shape[0] // high
    columns = np.arange(wide) * image.shape[1] // wide
    large: NDArray[np.uint8] = image[rows[:, None], columns]
    return large


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


class FilmStrip(GraphicView):
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
        self.redraw()

    def on_resize(self) -> None:
        self._lines = []

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lines = []

    def cell_line(self, y: int) -> Strip:
        if not self._lines and self._pictures is not None and len(self._pictures):
            self._lines = self._draw_lines(self._pictures)
        if y < len(self._lines):
            return self._lines[y].crop_extend(0, self.size.width, self.rich_style)
        return Strip.blank(self.size.width, self.rich_style)

    def raster(self, width: int, height: int) -> NDArray[np.uint8] | None:
        import numpy as np  # noqa: PLC0415 - only where a picture is drawn

        pictures = self._pictures
        if pictures is None or not len(pictures):
            return None
        high = height
        if self.drawing.kind is Graphics.KITTY:
            high = min(height, pictures.height)  # the terminal enlarges it
        whole = max(1, width * high // height)
        wide = max(1, min(whole, round(high * _aspect(pictures))))
        gap = max(1, whole * _GAP // max(1, self.size.width))
        canvas = np.empty((high, whole, 3), np.uint8)
        canvas[:] = self.background_colors[1].rgb
        number = max(1, (whole + gap) // (wide + gap))
        for place, image in enumerate(self._images(pictures, number)):
            if image is not None:
                left = place * (wide + gap)
                canvas[:, left : left + wide] = shrink(image, wide, high, coarse=False)
        return canvas

    def _images(self, pictures: Pictures, most: int) -> list[NDArray[np.uint8] | None]:
        """Pictures from the beginning to the end, cut; None for those that have not come."""
        first, last = pictures.shown_range
        number = max(1, min(_MOST, most, last - first))
        wanted = [
            first + (last - first) * (2 * place + 1) // (2 * number) for place in range(number)
        ]
        found = (image_of(pictures, frame) if pictures.has(frame) else None for frame in wanted)
        aspect = _aspect(pictures)
        return [None if image is None else _cut(image, aspect, self._middle) for image in found]

    def _draw_lines(self, pictures: Pictures) -> list[Strip]:
        width, rows = self.size
        cells = max(2, min(width, round(2 * rows * _aspect(pictures))))
        lines: list[list[Segment]] = [[] for _ in range(rows)]
        for image in self._images(pictures, (width + _GAP) // (cells + _GAP)):
            drawn = half_blocks(shrink(image, cells, 2 * rows)) if image is not None else []
            blank = [Segment(" " * cells, self.rich_style)]
            for y, line in enumerate(lines):
                line.extend(drawn[y] if drawn else blank)
                line.append(Segment(" " * _GAP, self.rich_style))
        return [Strip(line) for line in lines]


def _aspect(pictures: Pictures) -> float:
    return min(_WIDEST, pictures.width / pictures.height)


def _cut(image: NDArray[np.uint8], aspect: float, middle: float) -> NDArray[np.uint8]:
    """The part round the middle that has the wanted shape."""
    width = image.shape[1]
    wide = max(1, min(width, round(image.shape[0] * aspect)))
    left = max(0, min(width - wide, round(width * middle - wide / 2)))
    return image[:, left : left + wide]
