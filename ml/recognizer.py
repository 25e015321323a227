"""A bundle at work: landmarks in, glosses out, by LiteRT alone.

TensorFlow is never imported here: live runs beside MediaPipe, and the two share no process.
"""

from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from ml.bundle import Bundle, read_bundle
from ml.calibrate import Calibration
from ml.errors import CheckpointError
from ml.features import Floats, channels, extract_features
from ml.narrow import choose_outputs, narrow_scores
from store.assign import assign_slots
from store.landmarks import Sequence
from store.skeleton import SEQUENCE_SHAPE

_HINT: Final = "Train it again, or copy the whole bundle folder once more."
TOP: Final = 5


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a sequence."""

    top: tuple[tuple[str, float], ...]
    """Gloss and calibrated score, best first."""

    @property
    def gloss(self) -> str:
        return self.top[0][0]

    @property
    def score(self) -> float:
        return self.top[0][1]


class Recognizer:
    """A loaded bundle. Not for several threads at once."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.labels = bundle.labels
        self.features = bundle.features
        self.calibration = Calibration.from_json(bundle.about.get("calibration"))
        self.measure: Callable[[str], AbstractContextManager[None]] = lambda _stage: nullcontext()
        """Times the stages `features` and `model`."""
        shape = (1, self.features.length, channels(self.features))
        self._run = LiteModel(bundle.model, shape, len(self.labels))
        self._kept = np.arange(len(self.labels))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open a bundle. Raises CheckpointError."""
        return cls(read_bundle(folder))

    def narrow(self, glosses: Collection[str]) -> None:
        """Answer with these glosses alone from now on. Raises GlossError."""
        self._kept = choose_outputs(self.bundle.labels, glosses)
        self.labels = tuple(self.bundle.labels[place] for place in self._kept)
        whole = Calibration.from_json(self.bundle.about.get("calibration"))
        self.calibration = whole.for_list(len(self.labels))

    @property
    def narrowed(self) -> dict[str, int] | None:
        """How many `glosses` it answers with, `of` how many; None for all."""
        glosses, of = len(self.labels), len(self.bundle.labels)
        return None if glosses == of else {"glosses": glosses, "of": of}

    def scores(self, features: Floats) -> Floats:
        """One score for each gloss, not calibrated. shape=(length, channels) to (glosses,)."""
        return narrow_scores(self._run(features), self._kept)

    def predict(
        self,
        sequence: Sequence,
        *,
        timestamps: NDArray[np.float64] | None = None,
        top: int = TOP,
    ) -> Prediction:
        """Name the sign that a sequence shows."""
        with self.measure("features"):
            features = extract_features(sequence, self.features, timestamps=timestamps)
        with self.measure("model"):
            scores = self.scores(features)
        return self.name(scores, top=top)

    def name(self, scores: Floats, *, top: int = TOP) -> Prediction:
        """The best glosses of plain scores, shape=(glosses,), with what these are worth."""
        worth = self.calibration.scores(scores)
        best = np.argsort(-scores, kind="stable")[:top]
        return Prediction(tuple((self.labels[index], float(worth[index])) for index in best))


class LiteModel:
    """A LiteRT model with one input and one output, whose shapes are checked."""

    def __init__(self, model: bytes, shape: tuple[int, ...], n_outputs: int) -> None:
        try:
            self._interpreter = Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
            inputs = self._interpreter.get_input_details()
            outputs = self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise _unusable(error) from error
        self._check(inputs, shape, "input")
        self._check(outputs, (1, n_outputs), "output")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]

    def __call__(self, features: Floats) -> Floats:
        """shape=(length, channels) to (outputs,). Raises CheckpointError where it cannot be run."""
        self._interpreter.set_tensor(self._input, features[None].astype(np.float32, copy=False))
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise _unusable(error) from error
        return np.array(self._interpreter.get_tensor(self._output)[0], np.float32)

    @staticmethod
    def _check(details: list[dict[str, Any]], shape: tuple[int, ...], side: str) -> None:
        found = [(tuple(int(n) for n in part["shape"]), part["dtype"]) for part in details]
        if found != [(shape, np.float32)]:
            raise CheckpointError(
                f"The {side} of the LiteRT model is {str(found)[:200]}, not float32 {shape}.",
                hint=_HINT,
            )


def _unusable(error: Exception) -> CheckpointError:
    reason = " ".join(str(error).split())[:200]
    return CheckpointError(f"The LiteRT model cannot be loaded: {reason}.", hint=_HINT)


@dataclass(slots=True)
class Window:
    """The latest detections of a stream, with their times, to be read as one sequence."""

    seconds: float | None = None
    """How far back it reaches; None keeps all."""
    fps: float = 0.0
    aspect: float = 0.0
    _times: deque[float] = field(default_factory=deque)
    _landmarks: deque[Floats] = field(default_factory=deque)
    _right: deque[Floats] = field(default_factory=deque)
    _body: deque[Floats] = field(default_factory=deque)
    """Of every frame, or of none."""

    def __len__(self) -> int:
        return len(self._times)

    def add(
        self, time_s: float, landmarks: Floats, right: Floats, body: Floats | None = None
    ) -> None:
        """Take what was found in one frame: hands in order of detection; with a body, in slots.

        Args:
            time_s: seconds, rising from frame to frame.
            landmarks: shape=(2, 21, 3), NaN where absent.
            right: shape=(2,), the detector's probability of a right hand, NaN where absent.
            body: shape=(51, 3), NaN where absent; None where nobody looks for it.
        """
        self._times.append(time_s)
        self._landmarks.append(landmarks)
        self._right.append(right)
        if body is not None:
            self._body.append(body)
        while self.seconds is not None and time_s - self._times[0] > self.seconds:
            for kept in (self._times, self._landmarks, self._right, self._body):
                if kept:
                    kept.popleft()

    def hands(self) -> int:
        """Frames with a hand."""
        return sum(not np.isnan(frame[:, 0, 0]).all() for frame in self._landmarks)

    def since(self, start_s: float, end_s: float = float("inf")) -> "Window":
        """The frames of a stretch, ends included, as a window of their own."""
        part = Window(None, self.fps, self.aspect)
        bodies = self._body or [None] * len(self)
        frames = zip(self._times, self._landmarks, self._right, bodies, strict=True)
        for time_s, landmarks, right, body in frames:
            if start_s <= time_s <= end_s:
                part.add(time_s, landmarks, right, body)
        return part

    def sequence(self) -> Sequence:
        """All that is in the window, hands named as a whole; beside bodies they have their names."""
        if not self._times:
            return Sequence(np.zeros((0, *SEQUENCE_SHAPE), np.float32), self.fps, self.aspect)
        landmarks = np.stack(self._landmarks)
        if self._body:
            return Sequence(landmarks, self.fps, self.aspect, body=np.stack(self._body))
        named = assign_slots(landmarks, np.stack(self._right), aspect=self.aspect)
        return Sequence(named, self.fps, self.aspect)

    def timestamps(self) -> NDArray[np.float64]:
        """Seconds of the frames. shape=(frames,)."""
        return np.array(self._times, np.float64)
