"""How sure a ratio of clips is, and the difference of two ratios of the same clips."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

_Z95: Final = 1.959963984540054
_DRAWS: Final = 10_000
_SEED: Final = 0
_PERCENTILES: Final = (2.5, 97.5)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a ratio.

    Source: Wilson, Probable inference (J. Am. Stat. Assoc. 1927); right also for few clips.
    """
    if n == 0:
        return 0.0, 1.0
    ratio, square = hits / n, _Z95**2 / n
    middle = (ratio + square / 2) / (1 + square)
    half = _Z95 / (1 + square) * math.sqrt(ratio * (1 - ratio) / n + square / (4 * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What drawing the clips anew says of a difference."""

    low: float
    """95 % interval, by percentiles."""
    high: float
    p_value: float
    """Twice the share of draws in which the difference has the other sign, or none."""
    draws: int


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """The same clips, judged by two: how many each of them got right."""

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def n(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def hits_a(self) -> int:
        return self.both + self.only_a

    @property
    def hits_b(self) -> int:
        return self.both + self.only_b

    @property
    def difference(self) -> float:
        """Ratio of b less that of a; 0 where there is no clip."""
        return (self.only_b - self.only_a) / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference.

        Source: Newcombe, Improved confidence intervals for the difference between binomial
        proportions based on paired data (Statistics in Medicine 1998), method 10: unlike a
        bootstrap it has a width also where the two differ in no clip.
        """
        if not self.n:
            return -1.0, 1.0
        (low_a, high_a), (low_b, high_b) = wilson(self.hits_a, self.n), wilson(self.hits_b, self.n)
        a, b, phi = self.hits_a / self.n, self.hits_b / self.n, self._correlation()
        low = self.difference - _joined(b - low_b, high_a - a, phi)
        high = self.difference + _joined(high_b - b, a - low_a, phi)
        return max(low, -1.0), min(high, 1.0)

    @property
    def p_value(self) -> float:
        """How often chance alone would make two equal ones differ by so much or more.

        Source: McNemar, Note on the sampling error of the difference between correlated
        proportions (Psychometrika 1947), in its exact, two-sided binomial form.
        """
        differing, fewer = self.only_a + self.only_b, min(self.only_a, self.only_b)
        tail = sum(math.comb(differing, k) for k in range(fewer + 1))
        # Whole numbers to the end: a power of two would leave the range of floats.
        return min(1.0, 2 * tail / (1 << differing))

    def bootstrap(self) -> "Bootstrap":
        """The same clips drawn anew, with replacement, and always both answers to a clip together.

        Only how many clips are of each of the four kinds matters, so that these are drawn. The same
        counts give the same digits. Source: Efron, Bootstrap methods (Annals of Statistics 1979);
        for paired systems Koehn, Statistical significance tests (EMNLP 2004).
        """
        if not self.n:
            return Bootstrap(-1.0, 1.0, 1.0, _DRAWS)
        kinds = np.array([self.both, self.only_a, self.only_b, self.neither]) / self.n
        drawn = np.random.default_rng(_SEED).multinomial(self.n, kinds, size=_DRAWS)
        differences = (drawn[:, 2] - drawn[:, 1]) / self.n
        low, high = np.percentile(differences, _PERCENTILES)
        least = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
        # One more draw in each count, the clips themselves: never surer than the draws allow.
        chance = 2 * (least + 1) / (_DRAWS + 1)
        return Bootstrap(float(low), float(high), min(1.0, chance), _DRAWS)

    def _correlation(self) -> float:
        """The phi coefficient, with Newcombe's correction for continuity."""
        miss_a, miss_b = self.n - self.hits_a, self.n - self.hits_b
        margins = self.hits_a * miss_a * self.hits_b * miss_b
        if not margins:
            return 0.0
        product: float = self.both * self.neither - self.only_a * self.only_b
        if product > 0:
            product = max(product - self.n / 2, 0)
        return product / math.sqrt(margins)


def _joined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
