from __future__ import annotations

import numpy as np

from diffrendergan.metrics.kernel import kernel_distance, over_halves

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


def test_the_same_halves_are_drawn_for_two_sets() -> None:
    rng = np.random.default_rng(0)
    real, other = rng.normal(size=(30, 8)), rng.normal(size=(30, 8))
    first, again = (over_halves(kernel_distance(real, other, SCANS), SCANS, 3, 5) for _ in range(2))  # type: ignore[arg-type]
    assert first.shape == (5,) and np.array_equal(first, again)
    farther = over_halves(kernel_distance(real, other + 1, SCANS), SCANS, 3, 5)  # type: ignore[arg-type]
    assert (farther > first).all()
    null = over_halves(kernel_distance(real, other, SCANS), SCANS, 3, 40, both_real=True)  # type: ignore[arg-type]
    assert abs(null.mean()) < 0.1 * farther.mean()
