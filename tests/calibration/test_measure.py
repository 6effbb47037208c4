"""Statistics of patches with known particles."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.calibration.compare import distances, total
from diffrendergan.calibration.finding import Thresholds
from diffrendergan.calibration.measure import combine, measure_patches, rim_contrast
from diffrendergan.calibration.rules import RULES
from diffrendergan.detection.scale import ParticleScale

SCALE = ParticleScale(diameter_px=20.0, contrast=0.5)
BRIGHT = Thresholds(SCALE, dark=False)


def discs(centres: list[tuple[int, int]], radius: float, size: int = 128, rim: float = 0.0) -> np.ndarray:
    """Draw bright discs, brighter by `rim` along their edge."""
    rows, columns = np.mgrid[:size, :size]
    image = np.full((size, size), 0.2)
    for row, column in centres:
        distance = np.hypot(rows - row, columns - column)
        image[distance <= radius] = 0.7
        image[(distance <= radius) & (distance > radius - 4)] += rim
    return (image + np.random.default_rng(0).normal(0, 0.01, image.shape)).astype(np.float32)


def rim_of(image: np.ndarray, dark: bool) -> float:
    """Return the contrast of rims of the particles that thresholds find."""
    return rim_contrast([image], [Thresholds(SCALE, dark)(image).labels > 0], dark)


GRID = [(25, 25), (25, 75), (75, 25), (75, 75)]


def test_known_discs() -> None:
    found = measure_patches([discs(GRID, 10)], BRIGHT)
    assert found.patches == 1 and found.counts[0] == 4
    np.testing.assert_allclose(found.diameters, 20.5, atol=1.0)
    assert found.covered[0] == pytest.approx(4 * np.pi * 10.5**2 / 128**2, rel=0.1)
    np.testing.assert_allclose(found.elongations, 1.0, atol=0.06)
    assert (found.solidities > 0.93).all()
    np.testing.assert_allclose(found.nearest, 50, atol=1)
    assert len(found.pairs) == 4  # the diagonals are longer than half the patch
    np.testing.assert_allclose(found.thicknesses, 20, atol=2)


def test_dark_particles_are_measured_alike() -> None:
    bright, dark = (
        measure_patches([image], Thresholds(SCALE, dark))
        for image, dark in ((discs(GRID, 10), False), (1 - discs(GRID, 10), True))
    )
    np.testing.assert_allclose(bright.diameters, dark.diameters, atol=0.2)


def test_particles_at_the_border_count_but_have_no_size() -> None:
    found = measure_patches([discs([(0, 60), (60, 60)], 12)], BRIGHT)
    assert found.counts[0] == 2 and len(found.diameters) == 1


def test_an_empty_patch() -> None:
    found = measure_patches([discs([], 10), discs(GRID, 10)], BRIGHT)
    assert found.counts.tolist() == [0, 4] and found.covered[0] < 0.01
    assert found.spectrum.shape == (2, 10) and np.isfinite(found.spectrum).all()


def test_coarser_patterns_have_more_power_at_low_frequencies() -> None:
    fine, coarse = (measure_patches([discs(GRID, radius)], BRIGHT).spectrum[0] for radius in (6, 18))
    assert coarse[1] - coarse[7] > fine[1] - fine[7]


def test_bright_rims_are_seen() -> None:
    plain, rimmed = (rim_of(discs(GRID, 12, rim=rim), False) for rim in (0.0, 0.2))
    assert plain == pytest.approx(1.0, abs=0.06)
    assert rimmed == pytest.approx(1.4, abs=0.1)
    assert rim_of(1 - discs(GRID, 12, rim=0.2), True) == pytest.approx(rimmed, abs=0.02)


def test_distances_are_zero_for_the_same_and_grow_with_a_shift() -> None:
    patches = [discs([(30, 30), (80, 60 + 2 * k)], 9 + k) for k in range(5)]
    real = measure_patches(patches, BRIGHT)
    assert all(value == 0 for value in distances(real, real).values())
    larger = measure_patches([discs([(30, 30), (80, 60 + 2 * k)], 12 + k) for k in range(5)], BRIGHT)
    found = distances(real, larger)
    assert set(found) == set(RULES.weights)
    # A shift of 6 px where the real diameters spread by 2.8 px.
    assert found["diameters"] == pytest.approx(6 / (2 * np.sqrt(2)), rel=0.15)
    assert total(found) > 0.3


def test_nothing_to_compare_is_far() -> None:
    real = measure_patches([discs(GRID, 10)], BRIGHT)
    empty = measure_patches([discs([], 10)], BRIGHT)
    assert distances(real, empty)["diameters"] == 3.0


def test_statistics_of_several_patches_add_up() -> None:
    parts = [measure_patches([discs(GRID[:k], 10)], BRIGHT) for k in (1, 2, 3)]
    together = combine(parts)
    assert together.counts.tolist() == [1, 2, 3] and len(together.diameters) == 6
