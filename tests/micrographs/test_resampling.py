"""Scans at another scale: lengths in nm and numbers of particles stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.scans import draw_discs

from diffrendergan.micrographs.resampling import nearest, resampled, resized, scaled_area, scaled_shape
from diffrendergan.micrographs.types import Micrograph


def scan_of(pixels: np.ndarray, field: np.ndarray | None = None, size: float | None = 4.0) -> Micrograph:
    return Micrograph("a", pixels, size, Path("a.tif"), 8, 12, field)


def diameter(mask: np.ndarray) -> float:
    return 2 * np.sqrt(mask.sum() / np.pi)


def test_a_scale_of_one_is_the_same_scan():
    scan = scan_of(draw_discs((90, 120), [(40, 40, 20)]))
    assert resampled(scan, 1) is scan


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.75, 1.7])
@pytest.mark.parametrize("radius", [30, 55])
def test_the_diameter_of_a_disc_in_nm_holds_there_and_back(scale, radius):
    rows, columns = np.mgrid[:200, :260]
    disc = (columns - 130) ** 2 + (rows - 97.3) ** 2 <= radius**2
    made = resampled(scan_of(disc.astype(np.float32)), scale)
    assert made.pixels.shape == (round(200 * scale), round(260 * scale)) and made.data_bar_rows == 12
    seen = made.pixels > 0.5
    assert made.pixel_size_nm is not None
    assert diameter(seen) * made.pixel_size_nm == pytest.approx(diameter(disc) * 4, rel=0.02)
    back = nearest(seen.astype(np.int32), disc.shape)
    assert diameter(back) == pytest.approx(diameter(disc), rel=0.02)
    middle = [float(np.mean(axis)) for axis in np.nonzero(back)]
    assert middle == pytest.approx([97.3, 130], abs=0.5 / scale)


def test_an_unknown_pixel_size_stays_unknown_and_the_field_goes_along():
    field = np.ones((60, 80), bool)
    field[:, :20] = False
    made = resampled(scan_of(np.zeros((60, 80), np.float32), field, None), 0.5)
    assert made.pixel_size_nm is None and made.field is not None
    assert np.array_equal(made.field, field[::2, ::2])


def test_no_new_number_appears_in_label_images():
    labels = np.random.default_rng(0).integers(0, 70000, (61, 47)).astype(np.int32)
    labels = np.kron(labels, np.ones((5, 5), np.int32))
    smaller = nearest(labels, scaled_shape(labels.shape, 0.4))
    assert smaller.dtype == np.int32 and set(np.unique(smaller)) == set(np.unique(labels))
    assert set(np.unique(nearest(smaller, labels.shape))) == set(np.unique(labels))


def test_noise_is_averaged_rather_than_folded_back():
    noise = np.random.default_rng(0).normal(0.5, 0.1, (400, 400)).astype(np.float32)
    assert resized(noise, (100, 100)).std() < 0.1 / 3
    assert resized(noise, (100, 100)).mean() == pytest.approx(noise.mean(), abs=1e-3)


def test_areas_and_shapes():
    assert scaled_area(20, 0.5) == 5 and scaled_area(20, 1) == 20
    assert scaled_shape((3, 1000), 0.1) == (1, 100)
