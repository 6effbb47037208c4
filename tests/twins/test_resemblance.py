"""Twins that the network sees otherwise than their scans correct nothing."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.twins.linking import Sized, link
from diffrendergan.twins.resemblance import COVERED, MEDIAN, NUMBER, SPREAD, likeness, told, told_apart


def particles(number: int, median: float, width: float = 0.2) -> Sized:
    sizes = np.log(median) + width * np.random.default_rng(0).normal(size=number)
    return Sized(sizes, np.ones(number), np.zeros(number), np.zeros(number))


def test_equal_ones_are_alike() -> None:
    found = likeness(particles(200, 20), 1e5, particles(400, 20), 2e5, (0.3, 0.31))
    assert all(each.alike for each in found) and told(found) == ""


@pytest.mark.parametrize(
    ("twins", "pixels", "coverage", "named", "said"),
    [
        (particles(400, 20), 5e5, 0.3, NUMBER, "0.4 times the particles per area"),
        (particles(400, 32), 2e5, 0.3, MEDIAN, "1.6 times the median diameter"),
        (particles(400, 20, 0.7), 2e5, 0.3, SPREAD, "a spread of ln d of 0.70 in them"),
        (particles(400, 20), 2e5, 0.75, COVERED, "finds 75 % of the area covered in them, and 30 % in the scans"),
    ],
)
def test_what_is_not_alike_is_named(twins: Sized, pixels: float, coverage: float, named: str, said: str) -> None:
    found = likeness(particles(200, 20), 1e5, twins, pixels, (0.3, coverage))
    assert [each.name for each in found if not each.alike] == [named]
    assert said in told(found) and told(found).endswith("so nothing is corrected.")


def test_few_particles_may_differ_by_more() -> None:
    few = likeness(particles(25, 20), 1e5, particles(400, 26), 2e5, (0.3, 0.3))
    many = likeness(particles(900, 20), 1e5, particles(900, 26), 2e5, (0.3, 0.3))
    assert few[1].limit > many[1].limit


def test_nothing_found_in_twins_is_unlike() -> None:
    nothing = Sized(*(np.zeros(0) for _ in range(4)))
    assert NUMBER in told(likeness(particles(50, 20), 1e5, nothing, 1e5, (0.3, 0.0)))


def test_a_network_that_tells_few_apart_is_not_corrected() -> None:
    true = np.zeros((60, 60), np.int32)
    for number, place in enumerate(range(5, 50, 9), start=1):
        true[place : place + 9, 20:30] = number
    assert told_apart(link(true, true)).alike
    merged = told_apart(link(true, (true > 0).astype(np.int32)))
    assert not merged.alike and "only 0 % of the particles" in told([merged])
