"""From stretches to words: decided at the end or when certain, unknown below the threshold."""

import numpy as np
import pytest

from ml.calibrate import Calibration
from ml.decide import DecideConfig, Decider, State
from ml.errors import ConfigError
from ml.recognizer import Prediction
from store.skeleton import N_SLOTS
from tests.ml.test_segment import FPS, away, rest, sign

RIGHT = np.full(N_SLOTS, 0.9, np.float32)


class Scripted:
    """Says what it is told, and remembers what it was asked."""

    def __init__(self, *said: tuple[str, float], threshold: float = 0.5) -> None:
        self.calibration = Calibration(threshold=threshold, n=100)
        self.said = list(said)
        self.asked: list[tuple[float, float]] = []

    def predict(self, sequence, *, timestamps) -> Prediction:
        assert len(sequence) == len(timestamps)
        self.asked.append((timestamps[0], timestamps[-1]))
        gloss, score = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        return Prediction(((gloss, score), ("other", 1 - score)))


def read(recognizer, frames, **changes):
    """Decisions and states, frame by frame."""
    decider = Decider(recognizer, DecideConfig(**changes))
    steps = [
        (decider.add(i / FPS, frame, RIGHT, aspect=1.0, fps=FPS), decider.state)
        for i, frame in enumerate(frames)
    ]
    decisions = [decision for decision, _ in steps if decision is not None]
    return decisions, [state for _, state in steps], decider


def test_a_sign_is_decided_when_it_ends():
    recognizer = Scripted(("book", 0.7))
    decisions, states, _ = read(recognizer, [*away(1), *sign(1.2), *away(1)])
    assert [decision.gloss for decision in decisions] == ["book"]
    decision = decisions[0]
    assert not decision.early
    assert decision.end_s == pytest.approx(2.2, abs=0.05)
    assert decision.at_s - decision.end_s < 0.3
    assert (states[0], states[-1]) == (State.IDLE, State.IDLE)
    assert State.SIGNING in states
    assert State.DECIDED not in states
    assert recognizer.asked[-1] == pytest.approx((decision.start_s, decision.end_s))


def test_nobody_signs_and_nothing_is_asked():
    recognizer = Scripted(("book", 1.0))
    decisions, states, _ = read(recognizer, [*away(3), *rest(3), *away(1)])
    assert (decisions, set(states), recognizer.asked) == ([], {State.IDLE}, [])


def test_below_the_threshold_it_is_unknown():
    recognizer = Scripted(("book", 0.6), threshold=0.61)
    decisions, _, _ = read(recognizer, [*away(1), *sign(), *away(1)])
    assert [decision.gloss for decision in decisions] == [None]
    assert decisions[0].top[0] == ("book", 0.6)


def test_what_is_certain_is_decided_early_and_once():
    recognizer = Scripted(("book", 0.95))
    decisions, states, _ = read(recognizer, [*away(1), *sign(2.0), *away(1)])
    assert [(decision.gloss, decision.early) for decision in decisions] == [("book", True)]
    assert decisions[0].at_s < 2.6
    assert State.DECIDED in states


def test_three_that_disagree_are_not_certain():
    turns = [("book", 0.95), ("drink", 0.95)] * 20
    decisions, _, _ = read(Scripted(*turns), [*away(1), *sign(2.0), *away(1)])
    assert [decision.early for decision in decisions] == [False]


def test_one_decision_for_each_sign():
    frames = [*away(1), *sign(1.0), *away(0.6), *sign(1.6), *rest(1), *sign(1.0), *away(1)]
    decisions, _, _ = read(Scripted(("book", 0.95)), frames)
    assert len(decisions) == 3
    starts = [decision.start_s for decision in decisions]
    assert starts == sorted(starts)


def test_the_end_of_the_stream_ends_the_sign():
    decisions, _, decider = read(Scripted(("book", 0.7)), [*away(1), *sign(1.2)])
    last = decider.end()
    assert decisions == []
    assert last is not None
    assert last.gloss == "book"
    assert decider.end() is None


def test_nothing_is_asked_too_early_or_too_often():
    recognizer = Scripted(("book", 0.7))
    read(recognizer, [*away(1), *sign(2.0), *away(1)], stride=5, earliest_s=0.8)
    *before, _ = recognizer.asked
    assert before[0][1] - before[0][0] >= 0.8
    gaps = np.diff([end for _, end in before])
    assert gaps == pytest.approx(5 / FPS)


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"certain": 0.0}, {"agreeing": 0}])
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ConfigError):
        DecideConfig(**wrong)
