"""Brightness and rims of single particles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffrendergan.segmentation.unet.particle_augmentation import vary_particles
from diffrendergan.segmentation.unet.targets import crop_distance

LABELS = np.zeros((40, 40), np.int32)
LABELS[5:20, 5:20] = 1
LABELS[5:20, 20:35] = 2
DISTANCES = crop_distance(LABELS)


def scene(ground: float = 0.2, particle: float = 0.5) -> np.ndarray:
    return np.where(LABELS > 0, particle, ground).astype(np.float32)


def varied(seed: int, pixels: np.ndarray, strength: float = 1.0) -> np.ndarray:
    return vary_particles(pixels, LABELS, DISTANCES, strength, np.random.default_rng(seed))


def test_nothing_changes_at_strength_zero_or_without_particles():
    pixels = scene()
    assert varied(0, pixels, 0) is pixels
    empty = np.zeros_like(LABELS)
    assert vary_particles(pixels, empty, crop_distance(empty), 1, np.random.default_rng(0)) is pixels


@given(st.integers(0, 10_000), st.floats(0.01, 1))
def test_background_stays_and_the_range_is_kept(seed, strength):
    pixels = scene(0.0, 1.0)
    result = varied(seed, pixels, strength)
    assert result.dtype == np.float32 and result.shape == pixels.shape
    assert np.array_equal(result[LABELS == 0], pixels[LABELS == 0])
    assert result.min() >= 0 and result.max() <= 1


@pytest.mark.parametrize(("particle", "sign"), [(0.5, 1), (0.1, -1)])
def test_rims_stand_out_from_the_background_and_fall_off_inwards(particle, sign):
    ground = 0.3
    rims = 0
    for seed in range(40):
        row = varied(seed, scene(ground, particle))[12]
        # From the boundary at column 5 to the middle of the first particle.
        steps = sign * np.diff(row[5:12].astype(float))
        assert (steps <= 1e-6).all()
        rims += bool((steps < -1e-4).any())
    assert 15 < rims < 40


def test_touching_particles_differ_in_brightness_in_some_crops():
    differences = [abs(float(image[12, 12] - image[12, 27])) for image in (varied(seed, scene()) for seed in range(40))]
    assert 10 < sum(difference > 0.02 for difference in differences) < 40


def test_the_same_draw_gives_the_same_crop():
    assert np.array_equal(varied(3, scene()), varied(3, scene()))
