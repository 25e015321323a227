"""Pictures read back from what a terminal was sent: kitty's graphics and sixels."""

import base64
import re
import zlib

import numpy as np

_KITTY = re.compile(rb"\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\")
_SIXEL = re.compile(rb"\x1b\[(\d+);(\d+)H(\x1bP[^\x1b]*\x1b\\)")


def kitty_commands(drawn):
    """Keys and payload of every graphics command, chunks put together."""
    found, open_keys, data = [], {}, b""
    for keys, payload in _KITTY.findall(drawn):
        said = dict(part.split("=") for part in keys.decode().split(","))
        open_keys, data = {**said, **open_keys}, data + payload
        if said.get("m", "0") == "0":
            found.append((open_keys, data))
            open_keys, data = {}, b""
    return found


def kitty_picture(keys, payload):
    """The pixels of a command that transmits them. shape=(height, width, 3)."""
    assert (keys["a"], keys["f"], keys["o"]) == ("t", "24", "z")
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(payload)), np.uint8)
    return pixels.reshape(int(keys["v"]), int(keys["s"]), 3)


def sixel_pictures(drawn):
    """Line, column (from 1) and pixels of every sixel picture that was placed."""
    return [
        (int(line), int(column), sixel_picture(data))
        for line, column, data in _SIXEL.findall(drawn)
    ]


def sixel_picture(data):
    """The pixels of a sixel picture. shape=(height, width, 3); -1 where none was drawn."""
    body = re.fullmatch(rb'\x1bP\d*;1q"1;1;(\d+);(\d+)(.*)\x1b\\', data, re.DOTALL)
    assert body
    width, height = int(body[1]), int(body[2])
    pixels = np.full((height, width, 3), -1)
    colours, colour, x, y = {}, None, 0, 0
    pattern = rb"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|(?:!(\d+))?([?-~])|([$-])"
    rest = body[3]
    for token in re.finditer(pattern, rest):
        if token[1]:
            colours[int(token[1])] = [round(int(part) * 2.55) for part in token.groups()[1:4]]
        elif token[5]:
            colour = colours[int(token[5])]
        elif token[7]:
            length = int(token[6] or 1)
            for bit in range(6):
                if token[7][0] - 63 >> bit & 1:
                    assert x + length <= width
                    assert y + bit < height
                    pixels[y + bit, x : x + length] = colour
            x += length
        else:
            x, y = 0, y + 6 * (token[8] == b"-")
    assert b"".join(token[0] for token in re.finditer(pattern, rest)) == rest
    return pixels
