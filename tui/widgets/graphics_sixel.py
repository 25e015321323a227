"""Pictures as sixels: six pixels high bands, each colour of a band after the other.

Colours are those of a fixed palette with ordered dithering: nothing is searched for, nothing
flickers between two pictures, and it goes at the rate of a video.

Sources: DEC STD 070, chapter 9 (sixels); Bayer, "An optimum method for two-level rendition of
continuous-tone pictures", ICC 1973.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_BAND: Final = 6
_FIRST: Final = ord("?")
_PATTERNS: Final = 1 << _BAND
_LONGEST: Final = 256
"""Pixels in one run, at most: longer ones are cut."""
_SHORTEST: Final = 4
"""Shorter runs are written out."""
_MANY: Final = (6, 7, 6)
_FEW: Final = (2, 3, 2)
"""Steps of red, green and blue; one more colour is the ground's."""
_BAYER: Final = np.array(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)))
_TILE: Final = len(_BAYER)
_REGISTERS: Final = 256
_FULL: Final = 255


def steps_of(colours: int) -> tuple[int, int, int]:
    """Steps of red, green and blue where a picture may have so many colours."""
    return _MANY if colours > int(np.prod(_MANY)) else _FEW


def padded(
    pixels: NDArray[np.uint8], width: int, height: int, ground: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """The picture in the middle of a larger one; cut where it is not larger.

    shape=(height, width, 3).
    """
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = ground
    part = pixels[:height, :width]
    top, left = (height - part.shape[0]) // 2, (width - part.shape[1]) // 2
    canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


def encode(
    pixels: NDArray[np.uint8], colours: int = 256, ground: tuple[int, int, int] | None = None
) -> str:
    """The picture as one escape sequence.

    Args:
        pixels: shape=(height, width, 3), RGB.
        colours: that the terminal has, at least 13.
        ground: this colour is drawn as it is, not as a mixture.
    """
    steps = steps_of(colours)
    height, width = pixels.shape[:2]
    index = _indexed(pixels, steps)
    palette = _palette(steps)
    if ground is not None:
        own = int(np.prod(steps))
        red, green, blue = (pixels[:, :, place] == part for place, part in enumerate(ground))
        index[red & green & blue] = own
        palette += _register(own, ground)
    head = b'\x1bP0;1q"1;1;%d;%d' % (width, height)
    return (head + palette + _bands(index) + b"\x1b\\").decode("ascii")


def _indexed(pixels: NDArray[np.uint8], steps: tuple[int, int, int]) -> NDArray[np.intp]:
    """Number of each pixel's colour. shape=(height, width)."""
    height, width = pixels.shape[:2]
    index = np.zeros((height, width), np.intp)
    for channel, count in enumerate(steps):
        lifts = (_BAYER * (_FULL // (count - 1))) // _BAYER.size
        table = (np.arange(2 * _FULL + 1) * (count - 1) // _FULL).clip(0, count - 1)
        tiled = np.tile(lifts, (height // _TILE + 1, width // _TILE + 1))
        index = index * count + table[pixels[:, :, channel] + tiled[:height, :width]]
    return index


@lru_cache(maxsize=2)
def _palette(steps: tuple[int, int, int]) -> bytes:
    values = [[_FULL * step // (count - 1) for step in range(count)] for count in steps]
    colours = np.stack(np.meshgrid(*values, indexing="ij"), -1).reshape(-1, 3)
    return b"".join(_register(place, rgb) for place, rgb in enumerate(colours.tolist()))


def _register(place: int, rgb: Any) -> bytes:
    """A colour of the palette, in percent."""
    return b"#%d;2;%d;%d;%d" % (place, *(round(100 * value / _FULL) for value in rgb))


def _bands(index: NDArray[np.intp]) -> bytes:
    """The bands one below the other, each of them one row of sixels for each of its colours."""
    height, width = index.shape
    row = np.arange(height)[:, None]
    colour = row // _BAND * _REGISTERS + index
    there = np.zeros(-(-height // _BAND) * _REGISTERS, bool)
    there[colour] = True
    line = (np.cumsum(there) - 1)[colour]
    sixels = np.zeros((int(there.sum()), width), np.uint8)
    for bit in range(_BAND):
        # Within one row of each band no sixel comes twice.
        sixels[line[bit::_BAND], np.arange(width)] |= 1 << bit
    return _written(sixels, np.flatnonzero(there))


def _written(sixels: NDArray[np.uint8], colours: NDArray[np.intp]) -> bytes:
    """Lines of sixels as runs. shapes=(lines, width), (lines,)."""
    starts = np.ones(sixels.shape, bool)
    starts[:, 1:] = sixels[:, 1:] != sixels[:, :-1]
    starts[:, ::_LONGEST] = True
    at = np.flatnonzero(starts)
    line = at // sixels.shape[1]
    first = np.append(True, line[1:] != line[:-1])
    value, length = sixels.ravel()[at], np.diff(np.append(at, sixels.size))
    runs = np.zeros((len(at), 2), "S5")
    runs[:, 1] = _tokens()[value, length]
    runs[np.append(first[1:], True) & (value == 0), 1] = b""
    runs[first, 0] = _headings(colours)
    return runs.tobytes().translate(None, b"\0")


def _headings(colours: NDArray[np.intp]) -> NDArray[np.bytes_]:
    """Before each line: to the next band, or to the begin of the same, and the colour."""
    band = colours // _REGISTERS
    breaks = np.where(np.append(False, band[1:] != band[:-1]), b"-", b"$")
    breaks[0] = b""
    names = np.array([b"#%d" % place for place in range(_REGISTERS)])
    return np.char.add(breaks, names[colours % _REGISTERS])


@lru_cache(maxsize=1)
def _tokens() -> NDArray[np.bytes_]:
    """A run by its pattern and its length. shape=(64, 257)."""
    characters = [bytes([_FIRST + pattern]) for pattern in range(_PATTERNS)]
    return np.array(
        [
            [
                one * length if length < _SHORTEST else b"!%d%s" % (length, one)
                for length in range(_LONGEST + 1)
            ]
            for one in characters
        ],
        "S5",
    )
