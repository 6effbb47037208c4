"""Draws of the posterior are where made-up patches come from, and as wide as they tell."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.calibration.likelihood import Samples, draw_posterior
from diffrendergan.inference.coordinates import scaled
from diffrendergan.inference.posterior import Belief

CENTRE, WIDTHS = np.zeros(3), np.array([0.5, 0.5, 0.5])
TRUE = np.array([0.3, -0.2, 0.0])


def shown(vectors, rng):
    """Features that follow two of three coordinates, bent and noisy."""
    first, second, _ = vectors.T
    clear = np.column_stack([first, first**2, second, first * second, np.exp(second)])
    features = np.repeat(clear, 4, axis=1)
    return features + rng.normal(0, 0.3, features.shape)


def truths(vectors):
    return np.column_stack([3 + vectors[:, 0], *[np.full(len(vectors), -1.0)] * 2, vectors[:, 1], 5 + vectors[:, 0]])


def drawn(patches, belief=None, seed=0):
    rng = np.random.default_rng(seed)
    vectors = CENTRE + rng.uniform(-1, 1, (200, 3)) * WIDTHS
    samples = Samples(vectors, shown(vectors, rng), truths(vectors))
    real = shown(np.repeat(TRUE[None], patches, axis=0), rng)
    return draw_posterior(samples, real, CENTRE, WIDTHS, belief, rng)


def test_the_posterior_is_near_the_truth_and_narrow_where_patches_tell():
    found = drawn(50)
    middle, spread = np.median(found.vectors, axis=0), found.vectors.std(axis=0)
    assert middle[0] == pytest.approx(0.3, abs=0.1) and middle[1] == pytest.approx(-0.2, abs=0.1)
    assert (spread[:2] < 0.15).all()
    assert spread[2] > 0.3  # nothing tells it, so that it is as wide as before
    assert np.median(found.truths[:, 0]) == pytest.approx(3.3, abs=0.1)


def test_more_patches_tell_more():
    few, many = (drawn(count).vectors.std(axis=0)[0] for count in (2, 100))
    assert many < few


def belief(median, spread):
    quantities = np.tile([1.0, 1.0, 1.0, 0.5, 100.0], (500, 1))
    quantities[:, 0] = median * np.exp(np.random.default_rng(0).normal(0, spread, 500))
    quantities[:, 3] = np.random.default_rng(1).uniform(0.2, 0.8, 500)
    assert np.isfinite(scaled(quantities)).all()
    return Belief({}, quantities, 0.5)


def test_what_the_scans_are_believed_to_show_pulls():
    alone = np.median(drawn(3).truths[:, 0])
    narrow, wide = (np.median(drawn(3, belief(np.exp(3.0), spread)).truths[:, 0]) for spread in (0.03, 1.0))
    assert narrow < wide and narrow < alone - 0.05 and wide == pytest.approx(alone, abs=0.05)


def test_a_seed_gives_the_same_draws():
    assert np.array_equal(drawn(10).vectors, drawn(10).vectors)


def test_a_likelihood_that_singles_out_one_candidate_is_flattened():
    far = drawn(10_000).vectors.std(axis=0)
    assert (far > 0.005).all()
