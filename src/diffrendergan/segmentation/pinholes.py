"""Holes that a pattern tears in the core of a particle, filled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

PINHOLE = 0.1
"""A hole in a core is filled if its area is below this fraction of the square of its distance to the core's outline:
patterns inside large particles tear such holes, contours between particles do not."""


def without_pinholes(cores: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return cores (H, W) with those holes filled that are small for how deep inside they lie."""
    filled = ndimage.binary_fill_holes(cores)
    holes = label(filled & ~cores, connectivity=2)
    if not holes.any():
        return cores
    depth = ndimage.distance_transform_edt(filled)
    deepest = np.asarray(ndimage.maximum(depth, holes, np.arange(holes.max() + 1)))
    small = np.bincount(holes.ravel()) < PINHOLE * deepest**2
    small[0] = False
    return np.asarray(cores | small[holes], bool)
