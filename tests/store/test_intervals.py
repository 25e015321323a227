"""Intervals of ratios and of differences, held against published ones and against chance itself."""

import math

import numpy as np
import pytest

from store.intervals import PairedCounts, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe, Two-sided confidence intervals for the single proportion (1998), table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)  # fmt: skip
def test_wilson_gives_the_published_intervals(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_paired_difference_has_the_published_interval():
    # Newcombe (Statistics in Medicine 1998), table II, method 10: 36, 12, 2 and 0 pairs.
    pairs = PairedCounts(both=36, only_a=2, only_b=12, neither=0)
    assert pairs.difference == pytest.approx(0.2)
    assert pairs.interval == pytest.approx((0.0569, 0.3404), abs=5e-5)
    turned = PairedCounts(both=36, only_a=12, only_b=2, neither=0)
    assert turned.interval == pytest.approx((-0.3404, -0.0569), abs=5e-5)


@pytest.mark.parametrize(
    "chances", [(0.6, 0.1, 0.15, 0.15), (0.25, 0.05, 0.5, 0.2), (0.3, 0.2, 0.2, 0.3)]
)
def test_the_interval_holds_the_true_difference_95_times_in_a_hundred(chances):
    """Every outcome of 20 pairs, weighed by how probable it is."""
    n, covered, true = 20, 0.0, chances[2] - chances[1]
    for both in range(n + 1):
        for only_a in range(n - both + 1):
            for only_b in range(n - both - only_a + 1):
                counts = (both, only_a, only_b, n - both - only_a - only_b)
                low, high = PairedCounts(*counts).interval
                if low <= true <= high:
                    ways = math.factorial(n) // math.prod(map(math.factorial, counts))
                    covered += ways * math.prod(p**k for p, k in zip(chances, counts, strict=True))
    assert 0.94 <= covered < 0.995


def test_where_two_never_differ_little_is_known_all_the_same():
    pairs = PairedCounts(both=10, only_a=0, only_b=0, neither=0)
    low, high = pairs.interval
    assert low < 0 < high
    assert pairs.p_value == 1.0


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (0, 1, 1.0), (0, 6, 2 / 64), (3, 3, 1.0), (2, 8, 2 * 56 / 1024), (0, 3000, 0.0)],
)
def test_the_exact_test_of_mcnemar(only_a, only_b, p):
    assert PairedCounts(5, only_a, only_b, 5).p_value == pytest.approx(p)


def test_no_clips_no_statement():
    nothing = PairedCounts(0, 0, 0, 0)
    assert (nothing.difference, nothing.interval, nothing.p_value) == (0.0, (-1.0, 1.0), 1.0)


def test_the_bootstrap_draws_clips_with_both_answers():
    """Against drawing the clips themselves, and the same digits each time."""
    counts = PairedCounts(both=60, only_a=10, only_b=25, neither=70)
    a = np.repeat([1, 1, 0, 0], [60, 10, 25, 70])
    b = np.repeat([1, 0, 1, 0], [60, 10, 25, 70])
    rng = np.random.default_rng(9)
    places = rng.integers(0, counts.n, (4000, counts.n))
    differences = b[places].mean(axis=1) - a[places].mean(axis=1)
    found = counts.bootstrap()
    low, high = np.percentile(differences, (2.5, 97.5))
    assert found.low == pytest.approx(low, abs=0.008)
    assert found.high == pytest.approx(high, abs=0.008)
    assert found.p_value == pytest.approx(2 * (differences <= 0).mean(), abs=0.01)
    assert counts.bootstrap() == found
    turned = PairedCounts(both=60, only_a=25, only_b=10, neither=70).bootstrap()
    assert turned.p_value == pytest.approx(found.p_value, abs=0.01)


def test_a_bootstrap_of_nothing_says_nothing():
    assert PairedCounts(0, 0, 0, 0).bootstrap().p_value == 1.0
    assert PairedCounts(3, 0, 0, 4).bootstrap().p_value == 1.0
