from __future__ import annotations

import numpy as np

from diffrendergan.realism.distances import kernel_distance, measured, sliced_wasserstein

from .conftest import patch

SCANS = tuple([f"{name} {k // 3}" for k in range(30)] for name in "ab")
ALL = np.ones(30, bool)


def test_the_kernel_distance_of_equal_distributions_is_zero_on_average() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        sides = [rng.normal(size=(10, 8)).repeat(3, axis=0) + 0.1 * rng.normal(size=(30, 8)) for _ in range(2)]
        found.append(kernel_distance(*sides, SCANS)(ALL, ALL, False))  # type: ignore[arg-type]
    # With pairs of one scan it would be .2 and more.
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
    shifted = kernel_distance(sides[0], sides[1] + 1, SCANS)(ALL, ALL, False)  # type: ignore[arg-type]
    assert shifted > 5 * np.std(found)


def test_a_side_of_one_scan_has_a_distance_too() -> None:
    rng = np.random.default_rng(0)
    real, synthetic = rng.normal(size=(30, 8)), rng.normal(size=(30, 8)) + 1
    found = kernel_distance(real, synthetic, (["one"] * 30, SCANS[1]))(ALL, ALL, False)
    assert np.isfinite(found) and found > 0


def test_the_kernel_is_that_of_the_source() -> None:
    real, synthetic = np.array([[1.0, 0], [0, 2]]), np.array([[3.0, 0], [0, 0]])
    two = np.ones(2, bool)
    found = kernel_distance(real, synthetic, (["a", "b"], ["c", "d"]))(two, two, False)
    # (x·y/2 + 1)³: within 1 and 1; across 2.5³, 1, 1, 1.
    assert np.isclose(found, 1 + 1 - 2 * (2.5**3 + 3) / 4)


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
