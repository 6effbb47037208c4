"""Balls from discs: sections of balls that are drawn, and of equal ones."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.sizes.sections import lognormal_balls, unfolded


def discs(sigma: float, count: int = 200_000, seed: int = 0):
    """Diameters of discs that planes cut at random of balls with a median of 20."""
    rng = np.random.default_rng(seed)
    balls = 20 * np.exp(rng.normal(0, sigma, count))
    met = balls[rng.random(count) * balls.max() < balls]
    return np.sqrt(met**2 - (rng.random(len(met)) * met) ** 2)


@pytest.mark.parametrize("sigma", [0.0, 0.15, 0.4])
def test_the_law_of_balls_is_found_from_their_discs(sigma):
    median, found = lognormal_balls(discs(sigma))
    assert median == pytest.approx(20, rel=0.02) and found == pytest.approx(sigma, abs=0.02)


def test_small_discs_that_are_missed_hardly_matter():
    seen = discs(0.2)
    median, sigma = lognormal_balls(seen[seen > 6])
    assert median == pytest.approx(20, rel=0.03) and sigma == pytest.approx(0.2, abs=0.03)
    assert lognormal_balls(np.array([5.0])) == (pytest.approx(5 * 32 / (9 * np.pi)), 0.0)


def test_equal_balls_come_out_as_one_class():
    edges, seen, balls = unfolded(discs(0.0), 10)
    assert balls[-1] > 0.97 and seen[-1] == pytest.approx(np.sqrt(1 - 0.9**2), abs=0.01)
    assert edges[-1] == pytest.approx(20, rel=1e-3) and balls.sum() == pytest.approx(1)


def test_classes_have_the_mean_of_the_balls():
    edges, _, balls = unfolded(discs(0.2), 12)
    middles = (edges[1:] + edges[:-1]) / 2
    assert (balls * middles).sum() == pytest.approx(20 * np.exp(0.02), rel=0.1)


def test_weights_count():
    values = np.array([5.0, 20.0])
    assert lognormal_balls(values, np.array([0.0, 1.0])) == lognormal_balls(values[1:])
