"""The virtual tomograph: truth, and what it records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.simulator.tomograph import TomographSettings, simulate_slice

SMALL = TomographSettings(size=96, diameter_px=18.0, filling=0.4)


@pytest.fixture(scope="module")
def found():
    return simulate_slice(SMALL, 3, 0)


def test_the_same_seed_gives_the_same_slice(found):
    np.testing.assert_array_equal(found.pixels, simulate_slice(SMALL, 3, 0).pixels)
    assert (simulate_slice(SMALL, 3, 1).pixels != found.pixels).any()


def test_grains_are_brighter_and_fill_about_their_share(found):
    inside = found.labels > 0
    # What is cut of random grains is their share of the volume (Delesse).
    assert inside.mean() == pytest.approx(0.4, abs=0.1)
    assert found.pixels[inside].mean() > 1.4 * found.pixels[~inside].mean()
    assert len(np.unique(found.labels)) == found.labels.max() + 1


def test_discs_are_smaller_than_grains(found):
    areas = np.bincount(found.labels.ravel())[1:]
    assert np.median(2 * np.sqrt(areas / np.pi)) < np.median(found.diameters_px)


def test_rings_and_noise_can_be_left_out():
    clean = replace(SMALL, noise=(1e-9, 1e-9), rings=(0.0, 0.0), cupping=0.0, spread=0.0, blur_px=(0.3, 0.3))
    found = simulate_slice(clean, 3, 0)
    assert found.pixels[found.labels == 0].std() < 0.2 * (found.pixels.max() - found.pixels.min())
