"""Maxima that stand out, held against a morphological reconstruction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import local_maxima, reconstruction

from diffrendergan.detection.seeds import standing_out


def lowered(depth: np.ndarray) -> np.ndarray:
    return np.minimum(depth - 0.5, depth * 0.95)


def by_reconstruction(depth: np.ndarray) -> np.ndarray:
    plateaus = reconstruction(np.maximum(lowered(depth), 0), depth, method="dilation")
    highest = local_maxima(np.pad(plateaus, 1))[1:-1, 1:-1]
    return label(highest & (plateaus > 0), connectivity=2)


def rough(seed: int, blur: float, size: int = 160, sigma: float = 1.0) -> np.ndarray:
    mask = ndimage.gaussian_filter(np.random.default_rng(seed).normal(0, 1, (size, size + 37)), blur) > 0.05 / blur
    return ndimage.gaussian_filter(ndimage.distance_transform_edt(mask), sigma)


@pytest.mark.parametrize("sigma", [0.0, 1.0])
@pytest.mark.parametrize("blur", [1.0, 3.0, 8.0])
@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_a_reconstruction_says(seed, blur, sigma):
    depth = rough(seed, blur, sigma=sigma)
    assert np.array_equal(standing_out(depth, lowered), by_reconstruction(depth))


@pytest.mark.parametrize("seed", range(6))
def test_also_on_random_ground_with_many_equal_heights(seed):
    depth = np.random.default_rng(seed).integers(0, 12, (40, 50)) / 2.0
    assert np.array_equal(standing_out(depth, lowered), by_reconstruction(depth))


def test_a_shoulder_below_the_limit_of_the_summit_is_no_part_of_it():
    # 9.6 is above the limit of 10, which is 9.5, but the way there leads over 9.3.
    depth = np.array([[0, 10, 9.3, 9.6, 0]])
    found = standing_out(depth, lowered)
    assert np.array_equal(found, by_reconstruction(depth)) and np.array_equal(found > 0, depth == 10)


@pytest.mark.parametrize("value", [0.0, 0.4, 3.0])
def test_what_is_equal_everywhere(value):
    depth = np.full((9, 11), value)
    assert np.array_equal(standing_out(depth, lowered), by_reconstruction(depth))
