"""Holes in cores that patterns tear are filled, those between particles stay."""

from __future__ import annotations

import numpy as np
from skimage.draw import disk

from diffrendergan.segmentation.pinholes import without_pinholes


def test_holes_that_are_large_for_their_depth_stay():
    cores = np.zeros((64, 96), bool)
    cores[disk((32, 40), 25)] = True
    cores[disk((32, 40), 12)] = False
    cores[32, 58] = False
    filled = without_pinholes(cores)
    assert not filled[32, 40]
    assert filled[32, 58]
