from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.reporting.figures.size_bins import FINEST, LEAST_BINS, axis_limits, modes_of, shared_edges
from diffrendergan.sizes.sizes import Sizes, analyse_sizes


def sizes_of(values: np.ndarray) -> Sizes:
    return analyse_sizes(values, np.ones(len(values)), "px", 0, 0)


def test_a_narrow_mode_beside_a_broad_one_has_bins_of_its_own() -> None:
    rng = np.random.default_rng(0)
    values = np.append(rng.normal(4, 0.5, 120), rng.normal(35, 8, 500).clip(8))
    edges = shared_edges([sizes_of(values)])
    assert (np.histogram(values, edges)[0][edges[:-1] < 6] > 0).sum() >= 4
    # The broad mode keeps bins that are wide enough to be smooth.
    widths = np.diff(edges)
    assert widths[edges[:-1] > 10].min() > 2 * widths.min() and edges[0] == 0


def test_two_modes_that_are_alike_have_bins_of_one_width() -> None:
    rng = np.random.default_rng(0)
    edges = shared_edges([sizes_of(np.append(rng.normal(20, 3, 360), rng.normal(50, 5, 240)))])
    assert np.ptp(np.diff(edges)) == pytest.approx(0, abs=1e-9) and edges[1] < 1.5


def test_one_mode_has_the_bins_of_freedman_and_diaconis() -> None:
    values = np.random.default_rng(0).normal(50, 10, 500)
    low, high = np.percentile(values, (25, 75))
    (mode,) = modes_of(sizes_of(values))
    assert mode.width == pytest.approx(2 * (high - low) / 500 ** (1 / 3))


def test_bins_are_neither_few_nor_very_narrow() -> None:
    rng = np.random.default_rng(0)
    for values in (np.full(20, 5.0), np.full(20, np.sqrt(4 / np.pi)), np.full(101, 0.1), np.array([5.0]), np.zeros(0)):
        assert len(shared_edges([sizes_of(values)])) == LEAST_BINS + 1
    specks = np.append(np.full(150, 1.128), rng.normal(35, 8, 500).clip(8))
    edges = shared_edges([sizes_of(specks)])
    assert np.diff(edges).min() > 0.9 * edges[-1] / FINEST and len(edges) < FINEST


def test_equal_sizes_beside_others_are_no_error() -> None:
    edges = shared_edges([sizes_of(np.full(20, 5.0)), sizes_of(np.linspace(5, 50, 30))])
    assert (np.diff(edges) > 0).all()


def test_half_of_all_sizes_may_be_equal() -> None:
    values = np.append(np.full(300, 2.0), np.linspace(20, 60, 15))
    assert 0 < modes_of(sizes_of(values))[0].width < 10


def test_one_giant_does_not_squeeze_the_axis() -> None:
    assert axis_limits(np.append(np.linspace(5, 20, 200), 900))[1] < 50
    assert axis_limits(np.append(np.linspace(5, 20, 12), 400))[1] < 50
    assert axis_limits(np.array([5.0, 12, 400]))[1] > 400  # of three, none is the exception


def test_a_mode_of_a_fiftieth_stays_on_the_axis() -> None:
    values = np.append(np.random.default_rng(0).normal(10, 1, 980), np.linspace(55, 65, 20))
    assert axis_limits(values)[1] > 65


def test_sizes_that_are_much_alike_fill_the_axis() -> None:
    values = np.random.default_rng(0).normal(100, 2, 300)
    start, end = axis_limits(values)
    assert 80 < start < values.min() and values.max() < end < 120
    assert axis_limits(np.array([5.0, 20]))[0] == 0
