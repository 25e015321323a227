"""Runs MediaPipe in a process of its own and says on stdout, as JSON, what it saw."""

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from capture.config import HandsConfig
from capture.extractor import HandsExtractor, extractor_key
from capture.graph import load_mediapipe
from capture.video import iter_frames


def follow(extractor, path):
    found = [extractor.process(image) for _, image in iter_frames(path)]
    return np.array([item.landmarks for item in found]), np.array([item.right for item in found])


def watch_still(path):
    """Show the first picture with two hands again and again, then another: what was looked at and found."""
    images = [image for _, image in iter_frames(path)]
    with HandsExtractor() as extractor:
        two = next(image for image in images if extractor.process(image).count == 2)
        seen = [(extractor.process(two), extractor.looked) for _ in range(14)]
        extractor.process(np.flip(two, axis=1))
        moved = extractor.looked
        extractor.reset()
        blank = np.zeros_like(two)
        empty = [(extractor.process(blank).count, extractor.looked) for _ in range(3)]
    return {
        "looked_at_still": [looked for _, looked in seen],
        "same_while_still": all(
            np.array_equal(found.landmarks, before.landmarks)
            for (before, _), (found, looked) in pairwise(seen)
            if not looked
        ),
        "looked_at_moved": moved,
        "empty": empty,
    }


def legacy(path):
    """What `mediapipe.solutions.hands` gives in video mode, a new one for the clip."""
    load_mediapipe()
    from mediapipe.python.solutions import hands

    frames = []
    with hands.Hands(static_image_mode=False, max_num_hands=2) as tracker:
        for _, image in iter_frames(path):
            landmarks = np.full((2, 21, 3), np.nan, np.float32)
            seen = tracker.process(np.ascontiguousarray(image[..., ::-1]))
            for slot, hand in enumerate(seen.multi_hand_landmarks or []):
                landmarks[slot] = [(point.x, point.y, point.z) for point in hand.landmark]
            frames.append(landmarks)
    return np.array(frames)


def main():
    first, second = map(Path, sys.argv[1:])
    key = extractor_key(HandsConfig())
    light = "mediapipe" not in sys.modules
    with HandsExtractor() as extractor:
        follow(extractor, first)
        extractor.reset()
        after_another, right = follow(extractor, second)
    with HandsExtractor() as extractor:
        alone, _ = follow(extractor, second)
    with HandsExtractor(HandsConfig(thorough=True)) as extractor:
        thorough, _ = follow(extractor, second)
    with HandsExtractor(HandsConfig(detection_confidence=0.99)) as extractor:
        strict, _ = follow(extractor, second)
    seen = {
        "key": key,
        "light": light,
        "same_as_alone": np.array_equal(after_another, alone, equal_nan=True),
        "same_as_legacy": np.array_equal(thorough, legacy(second), equal_nan=True),
        "hands": int(np.isfinite(alone[..., 0, 0]).sum()),
        "strict_hands": int(np.isfinite(strict[..., 0, 0]).sum()),
        "labelled": np.array_equal(np.isfinite(right), np.isfinite(alone[..., 0, 0])),
        **watch_still(second),
        "tensorflow": "tensorflow" in sys.modules,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
