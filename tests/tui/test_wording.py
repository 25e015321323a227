"""Numbers, times, bars and conditions as they are read."""

import pytest

from tui.widgets.bars import line, shares
from tui.widgets.table import Column, column_widths
from tui.wording import ago, calibration, count, duration, eta_range, first_line, percent, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3700, "1 h 01 min"),
        (90_000, "1 d 1 h"), (None, "\N{EN DASH}"), (float("nan"), "\N{EN DASH}"), (-1, "\N{EN DASH}"),
    ],
)  # fmt: skip
def test_durations(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(999, 1000, "99 %"), (1, 1000, "1 %"), (0, 5, "0 %"), (5, 5, "100 %"), (1, 0, "\N{EN DASH}")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(part, whole, words):
    assert percent(part, whole) == words


def test_counts_sizes_and_times_ago():
    assert count(21083) == "21,083"
    assert size(512) == "512 B"
    assert size(90.3 * 2**20) == "90.3 MiB"
    assert ago(0, 30) == "just now"
    assert ago(0, 7300) == "2 h ago"


def test_foreign_text_loses_what_a_terminal_would_obey():
    assert first_line("a\nb\x1b[31m\u202ec") == "a b[31mc"
    assert len(first_line("x" * 999, 20)) == 20


@pytest.mark.parametrize(("part", "cells"), [(0, 0), (1, 1), (50, 5), (99, 9), (100, 10)])
def test_a_bar_shows_what_is_there_and_what_is_missing(part, cells):
    assert line(part, 100, 10, "$primary").plain.count("━") == cells


@pytest.mark.parametrize("numbers", [[1, 99999], [3, 3, 3], [0, 7], [1, 1, 1, 1, 100000], [0, 0]])
def test_stacked_portions_fill_the_width_and_none_vanishes(numbers):
    cells = shares(numbers, 30)
    assert sum(cells) == (30 if any(numbers) else 0)
    assert all((cell > 0) == (number > 0) for cell, number in zip(cells, numbers, strict=True))


def test_columns_share_what_the_fixed_ones_leave():
    columns = [Column("a", "a", 10), Column("b", "b"), Column("c", "c")]
    assert column_widths(columns, 56, 1) == [10, 20, 20]


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"eta_s": [10, 20.5]}, (10.0, 20.5)), ({"eta_s": 7}, (7.0, 7.0)), (None, (None, None)),
        ({"eta_s": [float("inf"), 3]}, (3.0, 3.0)), ({"eta_s": {}}, (None, None)),
    ],
)  # fmt: skip
def test_time_left_as_jobs_say_it(detail, expected):
    assert eta_range(detail) == expected


def test_what_scores_are_worth_is_said_in_words():
    fitted = {
        "calibration_error": 0.088, "calibration_error_before": 0.173, "threshold": 0.636,
        "precision": 0.912, "coverage": 0.691,
    }  # fmt: skip
    assert calibration(fitted) == (
        "scores off by 8.8 points on average (17.3 before calibration); "
        "from 0.64 on a sign is named: 69 % of the clips, 91 % of them right"
    )
    silent = {"calibration_error": 0.3, "threshold": 0.9, "precision": None, "coverage": 0.0}
    assert calibration(silent).endswith("a sign is named: 0 % of the clips")
    assert calibration({}) == ""
