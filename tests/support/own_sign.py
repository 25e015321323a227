"""A sign that no library of the demo has, drawn as its signers would make it."""

from pathlib import Path
from typing import Final

import cv2

from capture.demo.clip import FPS, draw_clip
from capture.demo.scene import HEIGHT, WIDTH
from capture.demo.signer import SIGNERS
from capture.demo.signs import Key, Sign

GLOSS: Final = "lightning"


def _key(at: float, x: float, y: float) -> Key:
    return Key(at, "horns", (x, y, 24.0), (-0.25, 1.0, 0.1), (0.3, 0.0, 0.95))


SIGN: Final = Sign(
    GLOSS,
    1,
    None,
    (_key(0.0, -24, 20), _key(0.3, -8, -12), _key(0.6, -24, 20), _key(1.0, -8, -12)),
)


def draw_take(path: Path, *, signer: int, seed: int) -> Path:
    """Write one clip of the sign, as a camera would see it.

    Args:
        path: of the new file, with the suffix .mp4.
        signer: place in `SIGNERS`.
        seed: of everything that differs from one take to the next.
    """
    clip = draw_clip(SIGN, SIGNERS[signer], (seed,))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    assert writer.isOpened(), path
    for image in clip.frames:
        writer.write(image)
    writer.release()
    return path
