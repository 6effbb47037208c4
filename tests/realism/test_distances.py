from __future__ import annotations

import numpy as np

from diffrendergan.realism.distances import measured, sliced_wasserstein

from .conftest import patch

SCANS = tuple([f"{name} {k // 3}" for k in range(30)] for name in "ab")
ALL = np.ones(30, bool)


def test_sliced_wasserstein_sees_a_shift_in_the_coarsest_level_alone() -> None:
    real = [patch(k) for k in range(30)]
    levels = sliced_wasserstein(real, [p + np.float32(0.1) for p in real], seed=0)
    assert len(levels) == 3
    *fine, coarse = [between(ALL, ALL, False) for between in levels]
    assert max(fine) < 1e-3 and coarse > 0.1
    assert all(between(ALL, ALL, True) == 0 for between in levels)


def test_a_distance_has_its_range_and_that_of_real_against_real() -> None:
    real, other = [patch(k) for k in range(30)], [patch(100 + k, noise=0.06) for k in range(30)]
    finest = sliced_wasserstein(real, other, seed=0)[0]
    found = measured(finest, SCANS, seed=0)  # type: ignore[arg-type]
    assert found.interval.low <= found.value <= found.interval.high
    assert found.real_interval is not None and found.interval.low > found.real_interval.high
    assert measured(finest, SCANS, 0, with_real=False).real is None  # type: ignore[arg-type]
