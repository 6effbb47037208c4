"""The virtual force microscope: truth, and what it records."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.simulator.probe import ProbeSettings, simulate_heights
from diffrendergan.simulator.settings import MicroscopeSettings

SMALL = MicroscopeSettings(
    width=96, height=96, data_bar=0, pixel_size_nm=3.0, oversampling=1, margin_px=16, diameter_nm=60.0,
    agglomerate_size=2, stack_limit=1.3, roughness_nm=0.5, grains_per_mpx=0, scratches=(0, 0), bare_probability=0.0,
)  # fmt: skip
STILL = ProbeSettings((10.0, 10.0), lag_px=(0.01, 0.01), noise_nm=(0, 0), line_nm=(0, 0), tilt_nm=0, bow_nm=0)


@pytest.fixture(scope="module")
def scan():
    return simulate_heights(SMALL, STILL, 1, 0)


def test_the_same_seed_gives_the_same_scan(scan):
    again = simulate_heights(SMALL, STILL, 1, 0)
    np.testing.assert_array_equal(scan.heights_nm, again.heights_nm)
    assert (simulate_heights(SMALL, STILL, 1, 1).heights_nm != scan.heights_nm).any()


def test_what_is_felt_is_wider_than_the_particles_and_as_high(scan):
    assert (scan.labels > 0).sum() > (scan.silhouettes > 0).sum() > 500
    heights = scan.heights_nm - np.median(scan.heights_nm[scan.labels == 0])
    seen = [number for number in range(1, len(scan.tops_nm)) if (scan.silhouettes == number).sum() > 150]
    tops = np.array([heights[scan.silhouettes == number].max() for number in seen])
    np.testing.assert_allclose(tops, scan.tops_nm[seen], atol=6)


def test_a_scanner_tilts_bends_and_steps():
    loud = simulate_heights(SMALL, ProbeSettings(), 1, 0)
    quiet = simulate_heights(SMALL, STILL, 1, 0)
    change = loud.heights_nm - quiet.heights_nm
    assert np.ptp(change) > 30
    np.testing.assert_array_equal(loud.silhouettes > 0, quiet.silhouettes > 0)
