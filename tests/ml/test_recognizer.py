"""Recognition: a stream read to its end says what the stored sequence says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.features import extract_features
from ml.recognizer import Recognizer, Window
from store.assign import assign_slots
from store.landmarks import Sequence
from tests.ml.clips import clip

ROOT = Path(__file__).resolve().parents[2]


def detections(sequence: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """The clip as a detector gives it: packed to the front, with a label for each hand."""
    marks = sequence.landmarks.copy()
    right = np.where(sequence.present, [0.1, 0.9], np.nan).astype(np.float32)
    alone = ~sequence.present[:, 0]
    marks[alone], right[alone] = marks[alone, ::-1], right[alone, ::-1]
    return marks, right


def stream(sequence: Sequence, seconds: float | None = None) -> Window:
    window = Window(seconds, fps=sequence.fps, aspect=sequence.aspect)
    for index, (marks, right) in enumerate(zip(*detections(sequence), strict=True)):
        window.add(index / sequence.fps, marks, right)
    return window


def test_a_window_keeps_what_is_recent():
    window = stream(clip("wave", 1, 50), seconds=0.5)
    assert len(window) == 13
    assert window.timestamps()[-1] == pytest.approx(49 / 25)
    assert window.hands() == window.sequence().present.any(axis=1).sum()


def test_an_empty_window_is_an_empty_sequence():
    window = Window(1.0)
    assert len(window.sequence()) == 0
    assert window.hands() == 0


@pytest.mark.slow
@pytest.mark.parametrize("gloss", ["book", "circle", "drink", "wave"])
def test_stream_and_stored_sequence_give_the_same(bundle_folder, gloss):
    recognizer = Recognizer.load(bundle_folder)
    sequence = clip(gloss, 77, 37)
    marks, right = detections(sequence)
    stored = Sequence(assign_slots(marks, right, aspect=1.5), sequence.fps, sequence.aspect)
    window = stream(sequence)
    live = extract_features(window.sequence(), recognizer.features, timestamps=window.timestamps())
    np.testing.assert_array_equal(live, extract_features(stored, recognizer.features))
    said = recognizer.predict(window.sequence(), timestamps=window.timestamps())
    assert said == recognizer.predict(stored)
    assert len(said.top) == 4
    assert [score for _, score in said.top] == sorted((s for _, s in said.top), reverse=True)


def test_recognition_never_loads_tensorflow():
    code = (
        "import sys, ml.live, ml.recognizer, ml.bundle\n"
        "print(sorted({n.split('.')[0] for n in sys.modules} & {'tensorflow', 'keras', 'jax'}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
