"""The mask's own morphology is SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.detection.mask import without_thin


def blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grey = ndimage.gaussian_filter(rng.random(rng.integers(1, 60, 2)), rng.uniform(0.3, 2))
    return grey < np.quantile(grey, rng.uniform(0.2, 1))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_it_is_scipys(times: int) -> None:
    for mask in (blobs(seed) for seed in range(40)):
        before = mask.copy()
        np.testing.assert_array_equal(without_thin(mask, times), ndimage.binary_opening(mask, iterations=times))
        np.testing.assert_array_equal(mask, before)
