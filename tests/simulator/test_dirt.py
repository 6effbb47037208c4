"""Dirt on the ground: bright, unlabelled, and none unless asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from diffrendergan.evaluation.baseline import classical
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.simulator.dirt import dirty_ground
from diffrendergan.simulator.microscope import VirtualScan, simulate_scan
from diffrendergan.simulator.settings import DEMO, MicroscopeSettings

CLEAN = MicroscopeSettings(width=320, height=300, data_bar=0, margin_px=12, bare_probability=0.0)
SHAPE = (400, 500)


def test_a_clean_ground_is_clean() -> None:
    assert (dirty_ground(np.random.default_rng(0), CLEAN, SHAPE) == 1).all()


def test_films_cover_the_fraction_asked_for() -> None:
    settings = replace(CLEAN, film_coverage=(0.3, 0.3), film_yield=(2.0, 2.0))
    relative = dirty_ground(np.random.default_rng(0), settings, SHAPE)
    assert abs((relative > 1.5).mean() - 0.3) < 0.02
    assert 1.8 < np.median(relative[relative > 1.5]) < 2.2


def test_flakes_are_as_many_and_as_bright_as_asked_for() -> None:
    settings = replace(CLEAN, flakes_per_mpx=400.0, flake_yield=(3.0, 3.0), flake_size=(0.5, 0.5))
    relative = dirty_ground(np.random.default_rng(0), settings, SHAPE)
    assert abs(relative.max() - 3) < 1e-5 and 0.001 < (relative > 2).mean() < 0.03


def test_dirt_lies_on_the_ground_and_moves_no_particle() -> None:
    dirty = replace(CLEAN, film_coverage=(0.4, 0.4), film_yield=(2.5, 2.5), flakes_per_mpx=300.0)
    first, second = simulate_scan(CLEAN, 3, 0), simulate_scan(dirty, 3, 0)
    np.testing.assert_array_equal(first.labels, second.labels)
    inside = ndimage.distance_transform_edt(first.labels > 0) > 5  # beyond the tail of the beam
    ground = first.labels == 0

    def contrast(scan: VirtualScan) -> float:  # free of the detector's gain, which is drawn after the electrons
        return float(scan.pixels[ground].mean() / scan.pixels[inside].mean())

    assert contrast(second) > 1.2 * contrast(first)


def test_no_threshold_finds_the_particles_of_the_demo() -> None:
    """With clean ground Otsu had a DSC of .96 there."""
    scores = []
    for index in range(2):
        scan = simulate_scan(DEMO, 0, index)
        pixels = scan.pixels[: DEMO.image_rows].astype(np.float32) / 255
        true = scan.labels[: DEMO.image_rows]
        found = classical("otsu", pixels, "bright", 20, None)["watershed"]
        scores.append(score_scan(true, found).dsc)
    assert np.mean(scores) < 0.9
