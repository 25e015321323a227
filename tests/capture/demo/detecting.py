"""What MediaPipe finds in drawn clips; runs in a spawned child, apart from pytest's process."""

from dataclasses import dataclass

import numpy as np

from capture.demo.clip import draw_clip
from capture.demo.scene import HEIGHT, WIDTH
from capture.demo.signer import SIGNERS
from capture.demo.signs import SIGNS
from capture.extractor import HandsExtractor

FAR = 0.6
"""A detection further from a drawn hand than this part of the hand's size is not of that hand."""


@dataclass(frozen=True)
class Found:
    frames: int
    frames_found: int
    hands: int
    errors: list[float]
    """Mean distance of the 21 landmarks over the hand's size, one a found hand."""
    right_side: int
    """How many of the found hands were named left or right rightly."""


def detect(jobs):
    """Draw and search clips.

    Args:
        jobs: gloss, signer's index and seed of each clip.
    """
    signs = {sign.gloss: sign for sign in SIGNS}
    found = []
    with HandsExtractor() as extractor:
        for gloss, signer, seed in jobs:
            clip = draw_clip(signs[gloss], SIGNERS[signer], (seed,))
            extractor.reset()
            found.append(compare(clip.joints, [extractor.process(f) for f in clip.frames]))
    return found


def compare(truth, detections):
    present = np.isfinite(truth[:, :, 0, 0])
    seen = np.array([detection.count > 0 for detection in detections])
    errors, sides = [], 0
    for frame, slot in zip(*np.nonzero(present), strict=True):
        match = nearest(truth[frame, slot], detections[frame])
        if match is not None and match[0] < FAR:
            errors.append(match[0])
            sides += (match[1] > 0.5) == (slot == 1)
    drawn = present.any(axis=1)
    return Found(int(drawn.sum()), int((drawn & seen).sum()), int(present.sum()), errors, sides)


def nearest(joints, detection):
    """Return the error and the rightness of the detection nearest to a drawn hand."""
    size = np.array([WIDTH, HEIGHT])
    extent = np.ptp(joints[:, :2] * size, axis=0).max()
    distances = [
        (
            float(np.linalg.norm((hand - joints)[:, :2] * size, axis=1).mean() / extent),
            float(detection.right[n]),
        )
        for n, hand in enumerate(detection.landmarks)
        if np.isfinite(hand[0, 0])
    ]
    return min(distances, default=None)
