import pytest

from capture.progress import Pace


def test_nothing_is_known_before_the_first_clip():
    assert Pace().eta_s(100, 2) is None


def test_the_rest_is_weighted_by_frames():
    pace = Pace()
    for _ in range(20):
        pace.add(100, 2.0)
        pace.add(10, 0.2)
    low, high = pace.eta_s(1000, 2) or (0, 0)
    assert low < 10.0 < high
    assert high - low == pytest.approx(1.0)


def test_uneven_clips_widen_the_range():
    even, uneven = Pace(), Pace()
    for number in range(10):
        even.add(50, 1.0)
        uneven.add(50, 0.5 if number % 2 else 1.5)
    low, high = uneven.eta_s(500, 1) or (0, 0)
    assert low < 10.0 < high
    assert high - low > (even.eta_s(500, 1) or (0, 0))[1] - 10.0
    assert low > 0


def test_only_the_last_clips_count():
    pace = Pace()
    for _ in range(100):
        pace.add(10, 10.0)
    for _ in range(100):
        pace.add(10, 1.0)
    assert pace.seconds_per_unit == pytest.approx(0.1)


def test_empty_clips_say_nothing():
    pace = Pace()
    pace.add(0, 1.0)
    assert pace.seconds_per_unit is None
