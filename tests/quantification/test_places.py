"""Scans that show the same field are known by where their particles lie."""

from __future__ import annotations

import numpy as np

from diffrendergan.quantification.places import same_fields, where


def particles(seed: int, shape: tuple[int, int] = (240, 320), number: int = 24) -> np.ndarray:
    rng, labels = np.random.default_rng(seed), np.zeros(shape, np.int32)
    y, x = np.indices(shape)
    for one in range(1, number + 1):
        labels[np.hypot(y - rng.uniform(0, shape[0]), x - rng.uniform(0, shape[1])) < rng.uniform(6, 12)] = one
    return labels


def test_two_detectors_and_copies_are_one_field() -> None:
    one = particles(1)
    larger = np.kron(one, np.ones((2, 2), np.int32))
    scans = [one, particles(2), np.roll(one, 1, 0), one[10:], one[:-30], larger, particles(3)]
    assert {first for first, _ in same_fields([where(scan) for scan in scans])} == {0, 2, 3, 4}
    assert (0, 5) in same_fields([where(scan) for scan in scans])


def test_other_fields_and_few_particles_are_none() -> None:
    assert same_fields([where(particles(seed)) for seed in range(8)]) == []
    middle = np.zeros((240, 320), np.int32)
    middle[100:140, 140:180] = 1
    assert where(middle) == "" and where(np.zeros((10, 20), np.int32)) == "" and same_fields(["", ""]) == []
