"""Times in words."""

from __future__ import annotations

import pytest

from diffrendergan.pipeline.words import rough_duration

HOUR, DAY = 3600, 86400


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
