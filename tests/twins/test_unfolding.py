"""What a known answer did to known sizes is undone."""

from __future__ import annotations

import numpy as np
import pytest
from tests.twins.conftest import Answer

from diffrendergan.twins.linking import Linked
from diffrendergan.twins.response import learn
from diffrendergan.twins.unfolding import (
    FIGURES,
    Described,
    binned,
    described,
    found_density,
    grid,
    smoothing,
    unfolded,
)

BINS = np.linspace(1.5, 4.5, 7)


def figures(side, linked: Linked, edges) -> Described:
    return described(found_density(side, linked.pixels, edges), edges, 0.3, BINS)


def usual(linked: Linked, edges) -> np.ndarray:
    return found_density(linked.true, linked.pixels, edges)


def smooth(linked: Linked, edges) -> float:
    return smoothing(found_density(linked.found, linked.pixels, edges), edges, len(linked.found))


@pytest.mark.parametrize(("middle", "width"), [(3.0, 0.4), (3.2, 0.1), (2.9, 0.55)])
def test_missed_merged_shifted_and_invented_particles_are_corrected(
    answer: Answer, middle: float, width: float
) -> None:
    rng = np.random.default_rng(4)
    taught, scan = answer.given(rng, 4000), answer.given(rng, 4000, middle, width)
    edges = grid(taught.true.log_size, taught.found.log_size, scan.found.log_size)
    true, found = figures(scan.true, scan, edges), figures(scan.found, scan, edges)
    density = found_density(scan.found, scan.pixels, edges)
    unfolded_sizes = unfolded(density, learn(taught), edges, usual(taught, edges), smooth(scan, edges))
    back = described(unfolded_sizes, edges, 0.3, BINS)
    before, after = (np.abs(np.log(side.figures / true.figures))[:5] for side in (found, back))
    assert before[0] > 0.1 and before[FIGURES.index("d50")] > 0.05
    assert after == pytest.approx(0, abs=0.06)
    assert np.abs(back.shares - true.shares).max() < 0.04
    assert np.abs(found.shares - true.shares).max() > np.abs(back.shares - true.shares).max()


def test_a_network_that_errs_in_nothing_changes_nothing() -> None:
    perfect = Answer(missed=-12, missed_slope=0, merged=0, shift=0, spread=0.001, false=0)
    linked = perfect.given(np.random.default_rng(5), 3000)
    edges = grid(linked.found.log_size)
    found = figures(linked.found, linked, edges)
    density = found_density(linked.found, linked.pixels, edges)
    unfolded_sizes = unfolded(density, learn(linked), edges, usual(linked, edges), smooth(linked, edges))
    back = described(unfolded_sizes, edges, 0.3, BINS)
    assert back.figures == pytest.approx(found.figures, rel=0.01)


def test_bins_keep_numbers_and_means() -> None:
    sizes, weights = np.array([2.0, 2.51, 3.3]), np.array([1.0, 2.0, 4.0])
    edges = np.linspace(1, 4, 31)
    counts = binned(sizes, weights, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    assert counts.sum() == pytest.approx(7.0)
    assert counts @ middles == pytest.approx(sizes @ weights)


def test_figures_of_equal_particles_are_their_size() -> None:
    edges = np.linspace(2, 4, 201)
    density = binned(np.full(10, 3.0), np.full(10, 1e-4), edges)
    told = described(density, edges, 0.2, np.array([2.0, 2.5, 3.5, 4.0]))
    assert told.figures == pytest.approx([1e-3, *[np.exp(3.0)] * 4, 0.2], rel=0.01)
    assert told.shares == pytest.approx([0, 1, 0])


def test_nothing_has_no_sizes() -> None:
    edges = np.linspace(2, 4, 21)
    told = described(np.zeros(20), edges, 0.0, np.array([2.0, 3.0, 4.0]))
    assert told.figures[0] == 0 and np.isnan(told.figures[1:5]).all() and np.isnan(told.shares).all()
