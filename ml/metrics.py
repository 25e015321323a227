"""Accuracy, and what it rests on."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.intervals import wilson


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often the true gloss was among the first; ratios are 0 to 1."""

    n: int
    n_glosses: int
    """Glosses with at least one clip among the n."""
    top1: float
    top5: float
    top10: float
    low: float
    high: float
    """95 % interval of top-1."""
    top1_per_gloss: float
    """Mean over glosses, each counting once."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def true_ranks(scores: NDArray[np.float32], targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of the true gloss, 1 is best; of equal scores the earlier gloss comes first.

    Args:
        scores: shape=(n, glosses).
        targets: shape=(n,), indices of glosses.
    """
    own = scores[np.arange(len(scores)), targets][:, None]
    earlier = np.arange(scores.shape[1])[None, :] < targets[:, None]
    ahead = (scores > own) | ((scores == own) & earlier)
    return np.asarray(ahead.sum(axis=1) + 1, np.int64)


def accuracy(ranks: NDArray[np.int64], targets: NDArray[np.int64]) -> Accuracy:
    """Sum up. ranks and targets shape=(n,)."""
    n = len(ranks)
    if n == 0:
        return Accuracy(0, 0, 0.0, 0.0, 0.0, *wilson(0, 0), 0.0)
    hit = ranks == 1
    glosses = np.unique(targets)
    per_gloss = [float(hit[targets == gloss].mean()) for gloss in glosses]
    low, high = wilson(int(hit.sum()), n)
    top5, top10 = float((ranks <= 5).mean()), float((ranks <= 10).mean())  # noqa: PLR2004
    return Accuracy(
        n, len(glosses), float(hit.mean()), top5, top10, low, high, float(np.mean(per_gloss))
    )


def log_loss(scores: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Mean negative log of the true gloss's score."""
    own = scores[np.arange(len(scores)), targets]
    return float(-np.log(np.maximum(own, 1e-7)).mean())
