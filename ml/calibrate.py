"""What a score is worth: temperature, and the threshold below which nothing is said.

A model's scores are surer than it should be. One temperature, fitted on val, brings them to what is
right that often (Guo et al., On Calibration of Modern Neural Networks, ICML 2017). The threshold is
the lowest at which what is said is right as often as wanted; what lies below is "unknown".
Both rest on the clips they were fitted on, so errors are reported from five-fold cross-fitting.
A model that is narrowed to a list of glosses is right more often at the same score: thresholds for
lists of some lengths are fitted beside it, on lists drawn at random.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ml.narrow import narrow_scores

Floats = NDArray[np.float32]

WANTED_PRECISION: Final = 0.9
_BINS: Final = 10
_FOLDS: Final = 5
_COOLEST: Final = math.log(0.1)
_HOTTEST: Final = math.log(10.0)
_SPREAD: Final = 0.5
"""How far the log of a temperature is expected from 0: few or easy clips say little."""
_LIKELY: Final = 0.5
"""Where no clip of val was wrong, what is more likely than not is said."""
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_STEPS: Final = 60
_TINY: Final = 1e-12
LIST_LENGTHS: Final = (10, 20, 50, 100, 200, 500, 1000)
"""Glosses of the lists that thresholds are fitted for, as far as the model knows more."""
_LIST_CLIPS: Final = 2000
"""Lists of a length are drawn until they hold so many clips …"""
_LISTS: Final = 200
"""… but no more lists than these."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on the val clips of a run; ratios are 0 to 1."""

    temperature: float = 1.0
    threshold: float = 0.5
    """Calibrated score from which a sign is named."""
    precision: float | None = None
    """How often what lies above the threshold is right, cross-fitted."""
    coverage: float | None = None
    """How many clips lie above it, cross-fitted."""
    error: float | None = None
    """Expected calibration error of the calibrated scores, cross-fitted."""
    error_before: float | None = None
    """The same of the plain scores."""
    n: int = 0
    """Clips that it rests on; 0: nothing was fitted."""
    lists: tuple[tuple[int, float], ...] = ()
    """Thresholds of the model narrowed: glosses of a list, and from which score on one is named; the
    last is that of all glosses."""

    def for_list(self, glosses: int) -> Self:
        """What holds of the model narrowed to so many glosses.

        Thresholds between two lengths lie on a straight line over the logarithm; still shorter
        lists have the shortest one's.
        """
        if not self.lists:
            return self
        lengths, thresholds = zip(*self.lists, strict=True)
        found = np.interp(math.log(max(glosses, 1)), np.log(lengths), thresholds)
        return replace(self, threshold=float(found))

    def scores(self, plain: Floats) -> Floats:
        """Calibrate scores that sum to 1. shape=(…, glosses)."""
        return calibrated(plain, self.temperature)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: object) -> Self:
        """Read what a bundle says; what is not believable counts as not fitted."""
        if not isinstance(said, Mapping):
            return cls()
        temperature, threshold, n = (said.get(key) for key in ("temperature", "threshold", "n"))
        usable = _between(temperature, math.exp(_COOLEST), math.exp(_HOTTEST)) and _between(
            threshold, 0.0, 1.0
        )
        if not usable or not isinstance(n, int):
            return cls()
        known = {key: said.get(key) for key in ("precision", "coverage", "error", "error_before")}
        ratios = {key: value for key, value in known.items() if _between(value, 0.0, 1.0)}
        return cls(
            temperature=float(temperature),  # type: ignore[arg-type]
            threshold=float(threshold),  # type: ignore[arg-type]
            n=n,
            lists=_read_lists(said.get("lists")),
            **ratios,
        )


def _read_lists(said: object) -> tuple[tuple[int, float], ...]:
    """What a bundle says of lists; nothing where it is not believable."""
    try:
        found = tuple((int(length), float(limit)) for length, limit in said)  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        return ()
    lengths = [length for length, _ in found]
    rising = lengths == sorted(set(lengths)) and all(length > 0 for length in lengths)
    return found if rising and all(_between(limit, 0.0, 1.0) for _, limit in found) else ()


def _between(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and low <= value <= high


def calibrated(plain: Floats, temperature: float) -> Floats:
    """Scores at another temperature; they sum to 1 again. shape=(…, glosses)."""
    logs = np.log(np.maximum(plain, _TINY)) / temperature
    scores = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(scores / scores.sum(axis=-1, keepdims=True), np.float32)


def fit_calibration(
    plain: Floats, targets: NDArray[np.int64], *, wanted: float = WANTED_PRECISION
) -> Calibration:
    """Fit temperature and threshold.

    Args:
        plain: scores of a model, shape=(n, glosses), each row summing to 1.
        targets: true glosses, shape=(n,).
        wanted: how often what is said should be right.
    """
    n = len(plain)
    if n < 2 * _FOLDS:
        return Calibration()
    temperature = _fit_temperature(plain, targets)
    scores = calibrated(plain, temperature)
    threshold = _lowest_threshold(*_judged(scores, targets), wanted)
    folds = np.arange(n) % _FOLDS
    score, right, said = np.zeros(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for fold in range(_FOLDS):
        fit, out = folds != fold, folds == fold
        warm = _fit_temperature(plain[fit], targets[fit])
        limit = _lowest_threshold(*_judged(calibrated(plain[fit], warm), targets[fit]), wanted)
        score[out], right[out] = _judged(calibrated(plain[out], warm), targets[out])
        said[out] = score[out] >= limit
    before, hit = _judged(plain, targets)
    return Calibration(
        temperature=temperature,
        threshold=threshold,
        precision=float(right[said].mean()) if said.any() else None,
        coverage=float(said.mean()),
        error=calibration_error(score, right),
        error_before=calibration_error(before, hit),
        n=n,
        lists=(*_fit_lists(scores, targets, wanted), (plain.shape[1], threshold)),
    )


def _fit_lists(
    scores: Floats, targets: NDArray[np.int64], wanted: float
) -> tuple[tuple[int, float], ...]:
    """Thresholds for lists of glosses drawn at random; the same clips always give the same.

    Args:
        scores: calibrated, shape=(n, glosses).
        targets: true glosses, shape=(n,).
        wanted: how often what is said should be right.
    """
    n_glosses = scores.shape[1]
    found = []
    for length in LIST_LENGTHS:
        if length >= n_glosses:
            break
        rng = np.random.default_rng([length, n_glosses])
        parts: list[tuple[NDArray[Any], NDArray[np.bool_]]] = []
        while sum(len(part[0]) for part in parts) < _LIST_CLIPS and len(parts) < _LISTS:
            kept = np.sort(rng.choice(n_glosses, length, replace=False))
            own = np.flatnonzero(np.isin(targets, kept))
            narrowed = narrow_scores(scores[own], kept)
            parts.append(_judged(narrowed, np.searchsorted(kept, targets[own])))
        score, right = (np.concatenate(items) for items in zip(*parts, strict=True))
        if len(score) >= 2 * _FOLDS:
            # A sign outside the list must have a chance to be unknown.
            found.append((length, max(_LIKELY, _lowest_threshold(score, right, wanted))))
    return tuple(found)


def calibration_error(score: NDArray[Any], right: NDArray[np.bool_]) -> float:
    """Mean distance of score and accuracy over ten bins of equal width, weighted by clips.

    Args:
        score: of the best gloss, shape=(n,).
        right: whether it was the true one, shape=(n,).
    """
    bins = np.minimum((np.asarray(score) * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(score[bins == place].mean()) - float(right[bins == place].mean()))
        * float((bins == place).mean())
        for place in np.unique(bins)
    ]
    return float(sum(gaps))


def _judged(scores: Floats, targets: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The best score of each clip, and whether it is that of the true gloss."""
    return scores.max(axis=1).astype(np.float64), scores.argmax(axis=1) == targets


def _fit_temperature(plain: Floats, targets: NDArray[np.int64]) -> float:
    logs = np.log(np.maximum(plain, _TINY)).astype(np.float64)
    own = np.arange(len(targets))

    def loss(heat: float) -> float:
        scaled = logs / math.exp(heat)
        top = scaled.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float((total - scaled[own, targets]).sum()) + (heat / _SPREAD) ** 2 / 2

    return math.exp(_least(loss, _COOLEST, _HOTTEST))


def _least(value: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is least: golden section."""
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if value(left) < value(right):
            high = right
        else:
            low = left
    return (low + high) / 2


def _lowest_threshold(score: NDArray[Any], right: NDArray[np.bool_], wanted: float) -> float:
    """From which score on at least `wanted` of the clips are right; half way to the next below."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    precision = np.cumsum(right[order]) / np.arange(1, len(score) + 1)
    good = np.flatnonzero(precision >= wanted)
    last = int(good[-1]) if len(good) else 0
    if last + 1 == len(score):
        return min(_LIKELY, float(ordered[last]))
    return float(ordered[last] + ordered[last + 1]) / 2
