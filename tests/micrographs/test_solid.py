"""Morphology of squares and margins is SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.micrographs.solid import dilated, opened


def blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grey = ndimage.gaussian_filter(rng.random(rng.integers(1, 60, 2)), rng.uniform(0.3, 4))
    return grey < np.quantile(grey, rng.uniform(0.2, 1))


@pytest.mark.parametrize("edge", [1, 2, 3, 8, 13, 70])
def test_squares_within_a_mask_stay(edge: int) -> None:
    for mask in (blobs(seed) for seed in range(40)):
        around = np.pad(mask, edge)
        height, width = mask.shape
        around[:edge, edge : edge + width] = mask[0].all()
        around[edge + height :, edge : edge + width] = mask[-1].all()
        around[edge : edge + height, :edge] = mask[:, 0].all()
        around[edge : edge + height, edge + width :] = mask[:, -1].all()
        expected = ndimage.maximum_filter(ndimage.minimum_filter(around, edge), edge)
        np.testing.assert_array_equal(opened(mask, edge), expected[edge : edge + height, edge : edge + width])


@pytest.mark.parametrize("times", [1, 2, 3])
def test_margins(times: int) -> None:
    for mask in (blobs(seed) for seed in range(40)):
        before = mask.copy()
        np.testing.assert_array_equal(dilated(mask, times), ndimage.binary_dilation(mask, iterations=times))
        np.testing.assert_array_equal(mask, before)
