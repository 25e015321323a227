"""Made-up clips: hands of one shape that move as their gloss says."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from store.importers.dataset import read_dataset, store_dataset
from store.importers.landmarks import import_landmarks
from store.importers.source import find_dataset
from store.landmarks import Sequence
from store.library import Library

GLOSSES = ("book", "circle", "drink", "wave")


def hand(rng: np.random.Generator) -> np.ndarray:
    """A flat hand about its wrist, shape=(21, 3), a tenth of the image high."""
    fingers = np.linspace(-0.04, 0.04, 5)
    points = [(0.0, 0.0, 0.0)]
    for x in fingers:
        points += [(x * (0.6 + 0.2 * k), -0.03 - 0.022 * k, 0.004 * k) for k in range(4)]
    return np.array(points, np.float32) + rng.normal(0, 0.001, (21, 3)).astype(np.float32)


def clip(gloss: str, seed: int, frames: int = 30, *, fps: float = 25.0) -> Sequence:
    """One hand (the right), for `wave` both."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, frames)
    turn = {"book": 0.0, "circle": 1.0, "drink": 0.0, "wave": 0.0}[gloss]
    x = 0.35 + 0.1 * np.sin(2 * np.pi * t) * (turn or gloss == "wave")
    y = 0.6 - 0.2 * t * (gloss == "drink") + 0.1 * np.cos(2 * np.pi * t) * turn
    centre = np.stack([x, y, np.zeros(frames)], 1) + rng.normal(0, 0.02, 3)
    marks = np.full((frames, 2, 21, 3), np.nan, np.float32)
    marks[:, 1] = centre[:, None] + hand(rng) * rng.uniform(0.8, 1.2)
    if gloss in {"wave", "book"}:
        marks[:, 0] = marks[:, 1] * (-1, 1, 1) + (1, 0, 0)
    marks[rng.random(frames) < 0.1] = np.nan
    return Sequence(marks, fps, 1.5)


def make_library(folder: Path, *, per_gloss: int = 10) -> Library:
    """A library with landmarks of made-up clips: 6 of 10 train, 2 val, 2 test."""
    marks = folder / "npy"
    marks.mkdir(parents=True)
    index: list[dict[str, Any]] = []
    for g, gloss in enumerate(GLOSSES):
        instances = []
        for n in range(per_gloss):
            video_id = f"{g:02d}{n:03d}"
            np.save(marks / f"{video_id}.npy", clip(gloss, 100 * g + n, 24 + n).landmarks)
            instances.append(
                {
                    "bbox": [0, 0, 10, 10], "fps": 25, "frame_start": 1, "frame_end": -1,
                    "instance_id": n, "signer_id": n % 5, "source": "made", "variation_id": 0,
                    "split": ["train", "train", "train", "val", "test"][n % 5],
                    "url": "", "video_id": video_id,
                }
            )  # fmt: skip
        index.append({"gloss": gloss, "instances": instances})
    path = folder / "WLASL_v0.3.json"
    path.write_text(json.dumps(index), encoding="utf-8")
    library = Library.create(folder / "library")
    store_dataset(library, read_dataset(find_dataset(None, index=path, unpack_to=folder)))
    import_landmarks(library, marks)
    return library
