"""Runs MediaPipe Holistic in a process of its own and says on stdout, as JSON, what it saw."""

import json
import sys
from pathlib import Path

import numpy as np

from capture.config import HandsConfig, HolisticConfig
from capture.extractor import extractor_key, open_extractor
from capture.graph import load_mediapipe
from capture.video import iter_frames
from store.skeleton import LIP_INDICES, LIPS, POSE, POSE_INDICES
from tests.capture.extractor_child import follow


def legacy(path):
    """What `mediapipe.solutions.holistic` gives in video mode: hands, and pose with lips."""
    load_mediapipe()
    from mediapipe.python.solutions import holistic

    hands, bodies = [], []
    with holistic.Holistic() as tracker:
        for _, image in iter_frames(path):
            seen = tracker.process(np.ascontiguousarray(image[..., ::-1]))
            both = (seen.left_hand_landmarks, seen.right_hand_landmarks)
            hands.append([points(found, range(21)) for found in both])
            pose = points(seen.pose_landmarks, POSE_INDICES)
            bodies.append(np.concatenate([pose, points(seen.face_landmarks, LIP_INDICES)]))
    return np.array(hands), np.array(bodies)


def points(found, indices):
    """shape=(points, 3), NaN where nothing was found."""
    if found is None:
        return np.full((len(indices), 3), np.nan, np.float32)
    return np.array([[found.landmark[i].x, found.landmark[i].y, found.landmark[i].z]
                     for i in indices], np.float32)  # fmt: skip


def see(extractor, path):
    found = [extractor.process(image) for _, image in iter_frames(path)]
    return np.array([item.landmarks for item in found]), np.array([item.body for item in found])


def agreement(hands, named):
    """How many hands of `hands` that the detector is sure of lie in the slot of the same name."""
    landmarks, right = named
    same = other = 0
    for frame, slot in np.argwhere(np.abs(right - 0.5) > 0.4):
        palm = landmarks[frame, slot, :, :2].mean(axis=0)
        gaps = np.linalg.norm(hands[frame, :, :, :2].mean(axis=1) - palm, axis=-1)
        if np.nanmin(gaps, initial=1.0) < 0.05:
            nearest = int(np.nanargmin(gaps))
            same += nearest == round(float(right[frame, slot]))
            other += nearest != round(float(right[frame, slot]))
    return same, other


def main():
    first, second = map(Path, sys.argv[1:])
    key = extractor_key(HolisticConfig())
    light = "mediapipe" not in sys.modules
    with open_extractor(HolisticConfig()) as extractor:
        see(extractor, first)
        extractor.reset()
        hands, body = see(extractor, second)
        extractor.close()
        extractor.close()
    with open_extractor(HandsConfig()) as extractor:
        named = follow(extractor, second)
    tensorflow = "tensorflow" in sys.modules
    wanted_hands, wanted_body = legacy(second)
    same, other = agreement(hands, named)
    seen = {
        "key": key,
        "light": light,
        "hands_as_legacy": np.array_equal(hands, wanted_hands, equal_nan=True),
        "body_as_legacy": np.array_equal(body, wanted_body, equal_nan=True),
        "hands": int(np.isfinite(hands[:, :, 0, 0]).sum()),
        "poses": int(np.isfinite(body[:, POSE]).all(axis=(1, 2)).sum()),
        "lips": int(np.isfinite(body[:, LIPS]).all(axis=(1, 2)).sum()),
        "frames": len(hands),
        "lips_below_nose": bool((body[:, LIPS, 1].mean(axis=1) > body[:, 0, 1]).all()),
        "left_shoulder_on_the_images_right": bool((body[:, 5, 0] > body[:, 6, 0]).all()),
        "same_slot": int(same),
        "other_slot": int(other),
        "tensorflow": tensorflow,
    }
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
