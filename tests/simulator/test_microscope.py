"""Whole scans: determinism, truth, data bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.simulator.databar import draw_data_bar, scale_bar_length_nm
from diffrendergan.simulator.microscope import VirtualScan, simulate_scan
from diffrendergan.simulator.settings import MicroscopeSettings

SMALL = MicroscopeSettings(width=288, height=280, data_bar=32, margin_px=12, bare_probability=0.0)
ROWS = SMALL.image_rows


@pytest.fixture(scope="module")
def scan() -> VirtualScan:
    return simulate_scan(SMALL, seed=5, index=1)


def test_same_seed_and_index_same_scan(scan: VirtualScan) -> None:
    again = simulate_scan(SMALL, seed=5, index=1)
    np.testing.assert_array_equal(scan.pixels, again.pixels)
    np.testing.assert_array_equal(scan.labels, again.labels)


@pytest.mark.parametrize(("seed", "index"), [(5, 2), (6, 1)])
def test_another_seed_or_index_another_scan(scan: VirtualScan, seed: int, index: int) -> None:
    other = simulate_scan(SMALL, seed, index)
    assert (other.labels != scan.labels).mean() > 0.1
    assert (other.pixels[:ROWS] != scan.pixels[:ROWS]).mean() > 0.5


def test_types_and_numbering(scan: VirtualScan) -> None:
    assert scan.pixels.dtype == np.uint8 and scan.labels.dtype == np.int32
    assert scan.pixels.shape == scan.labels.shape == (280, 288)
    assert scan.pixel_size_nm == SMALL.pixel_size_nm
    numbers = np.unique(scan.labels)
    np.testing.assert_array_equal(numbers, np.arange(len(numbers)))
    assert len(numbers) > 10


def test_particles_are_what_is_bright(scan: VirtualScan) -> None:
    pixels, labels = scan.pixels[:ROWS].astype(float), scan.labels[:ROWS]
    particle, ground = pixels[labels > 0].mean(), pixels[labels == 0].mean()
    assert particle > 2.5 * ground
    smooth = ndimage.gaussian_filter(pixels, 0.7)
    bright = smooth > (particle + ground) / 2.5
    overlap = (bright & (labels > 0)).sum() / (bright | (labels > 0)).sum()
    assert overlap > 0.85
    # Truth and image agree in place: moved by two pixels they agree less.
    for move in ((2, 0), (-2, 0), (0, 2), (0, -2)):
        moved = np.roll(bright, move, (0, 1))
        assert (moved & (labels > 0)).sum() / (moved | (labels > 0)).sum() < overlap


def test_rims_are_brighter_than_faces(scan: VirtualScan) -> None:
    pixels, labels = scan.pixels[:ROWS].astype(float), scan.labels[:ROWS]
    depth = ndimage.distance_transform_edt(labels > 0)
    assert pixels[(depth > 1.5) & (depth < 3.5)].mean() > 1.15 * pixels[depth > 9].mean()


def test_data_bar(scan: VirtualScan) -> None:
    bar = scan.pixels[ROWS:]
    assert not scan.labels[ROWS:].any()
    assert (bar[0] > 200).all()  # the line on top
    assert (bar == 0).mean() > 0.7 and (bar > 200).mean() > 0.01


def test_scale_bar_is_as_long_as_it_says() -> None:
    assert scale_bar_length_nm(768, 7.5) == 500
    bar = draw_data_bar(768, 40, 7.5, 0)
    foot = int(40 * 0.78)
    line = np.nonzero(bar[foot, 670:] > 200)[0]  # right of the text
    assert len(line) == round(500 / 7.5) and np.ptp(line) == len(line) - 1


def test_without_a_data_bar() -> None:
    scan = simulate_scan(replace(SMALL, data_bar=0, height=128, width=128), 0, 0)
    assert scan.pixels.shape == (128, 128) and scan.pixels[-1].std() > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"pixel_size_nm": 0.0}, "pixel_size_nm"), ({"dose": (9.0, 1.0)}, "dose"), ({"data_bar": 270}, "data bar")],
)
def test_settings_that_cannot_be(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)
