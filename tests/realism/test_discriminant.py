"""The discriminant, where little varies."""

from __future__ import annotations

import numpy as np

from diffrendergan.realism.discriminant import fit_discriminant


def test_numbers_that_vary_in_no_class_are_no_obstacle():
    second = np.array([False, False, True, True])
    rows = np.array([[1.0, 5.0, 0.0], [1.0, 5.0, 0.0], [1.0, 6.0, 0.0], [1.0, 6.0, 0.0]])
    scores = fit_discriminant(rows, second).scores(rows)
    assert (scores[second] > 0).all() and (scores[~second] < 0).all()
    alike = fit_discriminant(np.ones((4, 3)), second).scores(np.ones((2, 3)))
    assert (alike == 0).all()
