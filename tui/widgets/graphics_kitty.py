"""Pictures in kitty's graphics protocol, placed by text that everything else may move and cover.

Source: sw.kovidgoyal.net/kitty/graphics-protocol, "Unicode placeholders", and the list of diacritics
that it names (gen/rowcolumn-diacritics.txt).
"""

from __future__ import annotations

import base64
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.color import Color, ColorSystem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLACEHOLDER: Final = "\U0010eeee"
_CHUNK: Final = 4096
"""Characters of base64 in one escape sequence, at most."""
_FAST: Final = 1
_KEPT_BITS: Final = 0xFC
"""Noise in the lowest bits is half of what would be sent."""
_DIACRITICS: Final = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 "
    "59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 "
    "6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 "
    "81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c "
    "1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe "
    "20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d "
    "a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 "
    "1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)
"""Code points that stand for 0, 1, 2 and so on."""
_FIRST_COLOUR: Final = 17
_COLOURS: Final = 30


@lru_cache(maxsize=1)
def diacritics() -> str:
    """The characters that stand for rows and columns, in their order."""
    found = []
    for part in _DIACRITICS.split():
        first, _, last = part.partition("-")
        found += [chr(code) for code in range(int(first, 16), int(last or first, 16) + 1)]
    return "".join(found)


def colour_of(place: int) -> Color:
    """The colour that names a picture: one that 256 colours and all colours both have."""
    return Color.from_triplet(Color.from_ansi(_FIRST_COLOUR + place % _COLOURS).get_truecolor())


def number_of(colour: Color, system: str | None) -> int | None:
    """The picture's number where the terminal shows so many colours; None where too few.

    Args:
        colour: of the placeholders.
        system: what Rich says of the terminal.
    """
    if system == "truecolor" and colour.triplet is not None:
        red, green, blue = colour.triplet
        return red << 16 | green << 8 | blue
    return colour.downgrade(ColorSystem.EIGHT_BIT).number if system == "256" else None


@lru_cache(maxsize=512)
def placeholders(row: int, columns: int) -> str:
    """The text that shows one row of a picture; at most as wide and high as there are diacritics."""
    marks = diacritics()
    return "".join(f"{_PLACEHOLDER}{marks[row]}{marks[column]}" for column in range(columns))


def transmit(pixels: NDArray[np.uint8], number: int, columns: int, rows: int) -> str:
    """What gives the terminal a picture, in the place of the one with this number.

    Args:
        pixels: shape=(height, width, 3), RGB.
        number: of the picture, from 1.
        columns: cells that it fills; the terminal scales it to them.
        rows: cells that it fills.
    """
    height, width = pixels.shape[:2]
    packed = zlib.compress((pixels & _KEPT_BITS).tobytes(), _FAST)
    data = base64.b64encode(packed).decode("ascii")
    head = f"a=t,q=2,i={number},f=24,o=z,s={width},v={height},"
    parts = []
    for start in range(0, len(data), _CHUNK):
        more = int(start + _CHUNK < len(data))
        parts.append(f"\x1b_G{head}m={more};{data[start : start + _CHUNK]}\x1b\\")
        head = "q=2,"
    # On its own: kitty draws placeholders anew for a placement, not for the data before it.
    return "".join(parts) + f"\x1b_Ga=p,U=1,q=2,i={number},c={columns},r={rows}\x1b\\"


def delete(number: int) -> str:
    """What takes a picture out of the terminal's memory."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"
