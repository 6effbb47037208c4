from __future__ import annotations

import math

import numpy as np
import pytest

from diffrendergan.sizes.comparing import Sample, difference, pairs_of


def sample(name: str, median: float, scans: int = 6, particles: int = 40, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    made = [median * np.exp(0.2 * rng.standard_normal(particles)) for _ in range(scans)]
    return Sample(name, tuple(made), tuple(np.ones(particles) for _ in made), draws=100)


def test_larger_particles_are_told_from_smaller_ones() -> None:
    found = difference(sample("a", 50.0), sample("b", 60.0, seed=1))
    assert found is not None
    assert found.median == pytest.approx(10, abs=3) and found.median_interval.low > 3
    assert found.distance == pytest.approx(10, abs=3) and found.distance_interval.low < found.distance
    assert found.medians_differ and found.distributions_differ


def test_equal_samples_are_not_told_apart() -> None:
    found = [difference(sample("a", 50.0, seed=2 * k), sample("b", 50.0, seed=2 * k + 1)) for k in range(8)]
    assert sum(one is not None and one.medians_differ for one in found) <= 2
    assert sum(one is not None and one.distributions_differ for one in found) <= 2


def test_what_differs_between_scans_widens_the_interval() -> None:
    rng = np.random.default_rng(0)
    scans = tuple(50 * np.exp(0.3 * rng.standard_normal()) * np.exp(0.1 * rng.standard_normal(40)) for _ in range(6))
    uneven = Sample("u", scans, tuple(np.ones(40) for _ in scans), draws=100)
    single = Sample("s", (np.concatenate(scans),), (np.ones(240),), draws=100)
    assert np.ptp(uneven.drawn[-1]) > 2 * np.ptp(single.drawn[-1])


def test_few_scans_cannot_tell_chance() -> None:
    found = difference(sample("a", 50.0, scans=2), sample("b", 90.0, scans=2))
    assert found is not None and math.isnan(found.by_chance) and not found.distributions_differ


def test_a_sample_without_whole_particles_is_not_compared() -> None:
    nothing = Sample("n", (np.array([5.0]),), (np.zeros(1),))
    assert difference(sample("a", 50.0), nothing) is None


def test_which_pairs() -> None:
    assert pairs_of("abc", None, 3) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs_of("abc", None, 2) == [("a", "b"), ("a", "c")]
    assert pairs_of("abc", "b", 3) == [("b", "a"), ("b", "c")]
