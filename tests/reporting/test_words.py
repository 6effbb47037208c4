import math

import pytest

from diffrendergan.reporting.words import duration, number, plural, score


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.04, "0.0 s"), (1.26, "1.3 s"), (9.96, "10 s"), (59.6, "1 min"), (60, "1 min"), (125.4, "2 min 5 s"),
        (3599.7, "1 h"), (3600, "1 h"), (4020, "1 h 7 min"), (7199, "2 h"),
    ],
)  # fmt: skip
def test_a_duration_has_two_units_at_most(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.9164, ".916"), (0.9996, "1.000"), (1.0, "1.000"), (0.0, ".000"), (None, "–"), (math.nan, "–")],
)
def test_scores_are_printed_as_in_papers(value, told):
    assert score(value) == told


def test_numbers_are_short_and_without_exponents():
    assert [number(value) for value in (0.01234, 12.34, 268.4, 12345.6)] == ["0.0123", "12.3", "268", "12,346"]


def test_nouns_follow_their_counts():
    assert plural(1, "scan") == "1 scan"
    assert plural(1000, "scan") == "1,000 scans"
    assert plural(2, "patch", "patches") == "2 patches"
