from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from diffrendergan.sizes.distribution import size_statistics
from diffrendergan.sizes.needed import QUANTITIES, needed_particles

SIGMA = 0.25


def lognormal_population(number: int = 200_000) -> np.ndarray:
    return np.asarray(stats.lognorm.ppf((np.arange(number) + 0.5) / number, SIGMA, scale=20.0))


def test_of_a_lognormal_distribution_the_numbers_are_those_of_its_moments() -> None:
    values = lognormal_population()
    found = needed_particles(values, np.ones(len(values)))
    square = SIGMA**2
    expected = {
        "mean": np.expm1(square),
        "d50": np.pi / 2 * square,
        "d32": np.exp(9 * square) - 2 * np.exp(6 * square) + np.exp(4 * square),
        "d43": np.exp(16 * square) - 2 * np.exp(12 * square) + np.exp(9 * square),
    }
    assert {name: one.variance for name, one in found.items()} == pytest.approx(expected, rel=0.02)
    assert found["mean"].number == pytest.approx((1.96 / 0.05) ** 2 * expected["mean"], rel=0.01)


def test_as_many_particles_as_needed_tell_the_mean_to_five_per_cent() -> None:
    values = lognormal_population(20_000)
    found = needed_particles(values, np.ones(len(values)))
    rng = np.random.default_rng(1)
    for name in QUANTITIES:
        true = getattr(size_statistics(values), name)
        drawn = [getattr(size_statistics(rng.choice(values, found[name].number)), name) for _ in range(300)]
        within = np.mean(np.abs(np.array(drawn) / true - 1) < 0.05)
        assert 0.91 < within < 0.985


def test_weights_and_scans_that_differ_ask_for_more() -> None:
    values = np.random.default_rng(2).normal(50, 8, 200)
    plain = needed_particles(values, np.ones(200))
    assert needed_particles(values, np.full(200, 7.0))["mean"].variance == pytest.approx(plain["mean"].variance)
    weighted = needed_particles(values, np.tile([1.0, 5.0], 100))
    assert weighted["mean"].number > 1.2 * plain["mean"].number
    alike = needed_particles(values, np.ones(200), alike=4.0)
    assert alike["d50"].number == pytest.approx(4 * plain["d50"].number, abs=4)
    assert alike["d50"].half_width == plain["d50"].half_width
    assert needed_particles(values, np.ones(200), alike=0.3) == plain


def test_too_few_particles_tell_nothing() -> None:
    assert needed_particles(np.arange(1.0, 6), np.ones(5)) == {}
    assert needed_particles(np.arange(1.0, 30), np.zeros(29)) == {}
    assert needed_particles(np.full(20, 4.0), np.ones(20))["mean"].number == 0
