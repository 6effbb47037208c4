"""Errors of sizes and counts, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.metrics.sizes import diameter_distance, relative_count_error
from diffrendergan.sizes.units import equivalent_diameters

areas = st.lists(st.integers(1, 5000), min_size=1, max_size=12).map(np.array)


def circles(*diameters: float) -> np.ndarray:
    return np.pi / 4 * np.array(diameters) ** 2


def test_diameters_of_circles():
    assert equivalent_diameters(circles(3, 10)) == pytest.approx([3, 10])
    assert equivalent_diameters(np.array([100])) == pytest.approx([2 * np.sqrt(100 / np.pi)])


def test_distance_by_hand():
    assert diameter_distance(circles(10, 20), circles(12, 20)) == pytest.approx(1)  # one of two moves by 2
    assert diameter_distance(circles(10, 20), circles(20, 10)) == 0
    assert diameter_distance(circles(10), circles(10, 10, 16)) == pytest.approx(2)  # a third of the weight moves by 6
    # A merged pair: two of 10 become one of 10·√2.
    assert diameter_distance(circles(10, 10), circles(10 * np.sqrt(2))) == pytest.approx(10 * (np.sqrt(2) - 1))


def test_without_particles_there_is_no_distribution():
    for true, pred in (([], [1]), ([1], []), ([], [])):
        assert diameter_distance(np.array(true), np.array(pred)) is None


def test_relative_count_error():
    assert relative_count_error(10, 8) == pytest.approx(-0.2)
    assert relative_count_error(2, 3) == pytest.approx(0.5)
    assert relative_count_error(0, 3) is None


@settings(deadline=None, max_examples=80)
@given(areas, areas)
def test_it_is_the_integral_between_both_cumulative_distributions(true, pred):
    distance = diameter_distance(true, pred)
    places = np.sort(equivalent_diameters(np.concatenate([true, pred])))
    shares = [(equivalent_diameters(side) <= places[:-1, None]).mean(axis=1) for side in (true, pred)]
    assert distance == pytest.approx(np.sum(np.abs(shares[0] - shares[1]) * np.diff(places)), abs=1e-9)
    assert distance == pytest.approx(diameter_distance(pred, true))
    assert diameter_distance(true, np.repeat(true, 2)) == pytest.approx(0, abs=1e-9)
    shift = abs(np.mean(equivalent_diameters(true)) - np.mean(equivalent_diameters(pred)))
    assert distance >= shift - 1e-9
