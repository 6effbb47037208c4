import math

import pytest

from diffrendergan.runs.words import duration, number, plural, rough_duration, score

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.04, "0.0 s"), (1.26, "1.3 s"), (9.96, "10 s"), (59.6, "1 min"), (60, "1 min"), (125.4, "2 min 5 s"),
        (0, "0.0 s"), (7.34, "7.3 s"), (59.96, "1 min"), (245, "4 min 5 s"), (3599.6, "1 h"), (7860, "2 h 11 min"),
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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "about 1 hour"),
        (4.4 * HOUR, "about 4 hours"),
        (47 * HOUR, "about 47 hours"),
        (9 * DAY, "about 9 days"),
        (227 * DAY, "about 7 months"),
        (1500 * DAY, "about 4 years"),
    ],
)
def test_estimates(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
