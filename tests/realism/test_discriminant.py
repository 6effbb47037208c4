"""The discriminant, where little varies."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.realism.discriminant import fit_discriminant, shrunk_covariance


def test_numbers_that_vary_in_no_class_are_no_obstacle():
    second = np.array([False, False, True, True])
    rows = np.array([[1.0, 5.0, 0.0], [1.0, 5.0, 0.0], [1.0, 6.0, 0.0], [1.0, 6.0, 0.0]])
    scores = fit_discriminant(rows, second).scores(rows)
    assert (scores[second] > 0).all() and (scores[~second] < 0).all()
    alike = fit_discriminant(np.ones((4, 3)), second).scores(np.ones((2, 3)))
    assert (alike == 0).all()


@pytest.mark.parametrize(("count", "size"), [(12, 30), (400, 6), (3, 1)])
def test_the_covariance_is_that_of_ledoit_and_wolf(count, size):
    covariance = pytest.importorskip("sklearn.covariance")
    rng = np.random.default_rng(size)
    rows = rng.normal(size=(count, size)) @ rng.normal(size=(size, size))
    rows -= rows.mean(axis=0)
    expected, share = covariance.ledoit_wolf(rows, assume_centered=True)
    assert shrunk_covariance(rows) == pytest.approx(expected)
    assert size == 1 or 0 < share < 1
    assert (shrunk_covariance(np.zeros((4, 3))) == 0).all()
