"""From a stream of hands to words: idle, signing, decided.

A sign is decided when it ends, or earlier where the model is certain of it. Whatever lies below the
threshold that calibration found is unknown: nobody is forced into a gloss.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ml.errors import ConfigError
from ml.recognizer import Prediction, Recognizer, Window
from ml.segment import SegmentConfig, Segmenter, Stretch

Floats = NDArray[np.float32]


class State(StrEnum):
    """What the signer does, as far as it is known."""

    IDLE = "idle"
    SIGNING = "signing"
    DECIDED = "decided"
    """The sign goes on, but its word is out."""


@dataclass(frozen=True, slots=True)
class DecideConfig:
    """When a word is said.

    Measured on the 165 val clips of WLASL100: three predictions in a row at 0.9 decide 45 % of the
    signs, 0.64 s before their end (median), and are right in 96 % of them.
    """

    stride: int = 4
    """Frames between two predictions while a sign goes on."""
    certain: float = 0.9
    """Calibrated score from which a sign may be decided before its end …"""
    agreeing: int = 3
    """… where so many predictions in a row agree."""
    earliest_s: float = 0.5
    """Nothing is predicted before a sign has lasted this long."""

    def __post_init__(self) -> None:
        if not 1 <= self.stride <= 1000 or self.agreeing < 1 or not 0 < self.certain <= 1:  # noqa: PLR2004
            raise ConfigError(f"These settings of live cannot be: {self}.")


@dataclass(frozen=True, slots=True)
class Decision:
    """A sign that was read."""

    gloss: str | None
    """None: unknown."""
    top: tuple[tuple[str, float], ...]
    """Gloss and calibrated score, best first."""
    start_s: float
    end_s: float
    """Of the sign; of what was seen of it where it was decided early."""
    at_s: float
    """Time of the frame that decided it."""
    early: bool


class Decider:
    """Reads signs in a stream, frame by frame."""

    def __init__(
        self,
        recognizer: Recognizer | None,
        config: DecideConfig | None = None,
        segments: SegmentConfig | None = None,
    ) -> None:
        """Make one for a stream.

        Args:
            recognizer: None where there is no model yet: signs are seen, but not read.
            config: when a word is said.
            segments: what counts as a sign.
        """
        self.recognizer = recognizer
        self.config = config or DecideConfig()
        self._segmenter = Segmenter(segments)
        seconds = self._segmenter.config.longest_s + self._segmenter.config.held_s + 1.0
        self._window = Window(seconds)
        self._agreed: list[str] = []
        self._since_last = 0
        self._decided = False
        self.guess: Prediction | None = None
        """The latest prediction for the sign that goes on."""

    @property
    def state(self) -> State:
        if not self._segmenter.signing:
            return State.IDLE
        return State.DECIDED if self._decided else State.SIGNING

    def add(
        self,
        time_s: float,
        landmarks: Floats,
        right: Floats,
        *,
        aspect: float,
        fps: float = 0.0,
        body: Floats | None = None,
    ) -> Decision | None:
        """Take the hands of a frame, and say what was decided with it.

        Args:
            time_s: seconds, rising from frame to frame.
            landmarks: shape=(2, 21, 3), NaN where absent.
            right: shape=(2,), probability of a right hand.
            aspect: width of the picture over its height.
            fps: nominal rate of the source, 0 where unknown.
            body: shape=(51, 3), where somebody looks for it.
        """
        self._window.aspect, self._window.fps = aspect, fps
        self._window.add(time_s, landmarks, right, body)
        signing = self._segmenter.signing
        stretch = self._segmenter.add(time_s, landmarks, aspect)
        if stretch is not None:
            return self._finish(stretch, time_s)
        if not self._segmenter.signing:
            if signing:
                self._forget()
            return None
        return self._look(time_s)

    def end(self) -> Decision | None:
        """The stream is over: decide the sign that was being signed."""
        stretch = self._segmenter.end()
        return self._finish(stretch, stretch.end_s) if stretch is not None else None

    def _look(self, time_s: float) -> Decision | None:
        """Predict at each stride; decide where the model is certain."""
        start_s = self._segmenter.start_s
        self._since_last += 1
        if (
            start_s is None
            or self._since_last < self.config.stride
            or time_s - start_s < self.config.earliest_s
        ):
            return None
        self._since_last = 0
        self.guess = self._read(self._window.since(start_s))
        if self._decided or self.guess is None:
            return None
        self._agreed.append(self.guess.gloss if self._is_certain(self.guess) else "")
        last = self._agreed[-self.config.agreeing :]
        if len(last) < self.config.agreeing or not last[0] or len(set(last)) > 1:
            return None
        self._decided = True
        return self._decision(self.guess, Stretch(start_s, time_s), time_s, early=True)

    def _is_certain(self, said: Prediction) -> bool:
        return said.score >= max(self.config.certain, self._threshold)

    @property
    def _threshold(self) -> float:
        return self.recognizer.calibration.threshold if self.recognizer else 1.0

    def _finish(self, stretch: Stretch, at_s: float) -> Decision | None:
        decided = self._decided
        self._forget()
        if decided:
            return None
        said = self._read(self._window.since(stretch.start_s, stretch.end_s))
        self.guess = said
        return self._decision(said, stretch, at_s, early=False) if said is not None else None

    def _decision(
        self, said: Prediction, stretch: Stretch, at_s: float, *, early: bool
    ) -> Decision:
        known = said.score >= self._threshold
        return Decision(
            said.gloss if known else None, said.top, stretch.start_s, stretch.end_s, at_s, early
        )

    def _read(self, window: Window) -> Prediction | None:
        if self.recognizer is None:
            return None
        sequence = window.sequence()
        if not sequence.present.any():
            return None
        return self.recognizer.predict(sequence, timestamps=window.timestamps())

    def _forget(self) -> None:
        self._agreed.clear()
        self._since_last, self._decided, self.guess = 0, False, None
