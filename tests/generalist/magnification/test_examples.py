from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.magnification.examples import goodness


def test_looks_are_as_good_as_their_particles():
    true = np.zeros((20, 20), np.int32)
    true[2:8, 2:8], true[10:18, 10:18] = 1, 2
    assert goodness(true, true) == 1
    assert goodness(true, np.where(true == 1, true, 0)) == pytest.approx(0.5)
    assert goodness(true, np.zeros_like(true)) == 0


def test_where_there_is_none_finding_none_is_best():
    nothing = np.zeros((20, 20), np.int32)
    found = nothing.copy()
    found[3:5, 3:5], found[8:10, 8:10] = 1, 2
    assert goodness(nothing, nothing) == 1
    assert goodness(nothing, found) == pytest.approx(1 / 3)
