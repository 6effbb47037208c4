"""Random looks of single particles in training crops: brightness of their own, and rims that shine or fade.

A renderer without electrons in its particles gives all of one material much the same grey, and broad soft rims. In
scans, height, tilt and charging make one particle brighter than its neighbour, and more secondary electrons leave at
edges, which draws a thin line round each particle: often all that tells it from the one behind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.segmentation.unet.targets import DISTANCE_PX

GAIN_SHARE = 0.5
"""Part of the crops whose particles get a brightness of their own."""
GAIN_SPREAD = 0.25
"""Standard deviation of its logarithm at full strength."""
RIM_SHARE = 0.7
"""Part of the crops whose particles get a rim."""
RIM_HEIGHT = 1.5
"""Height of the highest rim at full strength, in contrasts between particles and background."""
RIM_WIDTH_PX = (0.6, 2.5)
"""The rim falls off by a factor of e within such a distance from the outline [px]."""


def vary_particles(
    pixels: NDArray[np.float32],
    instances: NDArray[np.int32],
    distances: NDArray[np.float32],
    strength: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return a crop whose particles differ more among each other, and from their neighbours at their rims.

    Parameters
    ----------
    pixels
        (P, P) intensities in [0, 1].
    instances
        (P, P), 0 background.
    distances
        (P, P) from the boundary of each pixel's particle, as `targets.crop_distance` gives them.
    strength
        In [0, 1]; at 0 the crop is returned as it is.
    rng
        Source of all randomness.

    Returns
    -------
    float32 (P, P)
        In [0, 1]; the background is unchanged.
    """
    inside = instances > 0
    if strength == 0 or not inside.any():
        return pixels
    count = int(instances.max()) + 1
    if rng.random() < GAIN_SHARE:
        gains = np.exp(rng.normal(0, GAIN_SPREAD * strength, count))
        pixels = np.where(inside, pixels * gains[instances], pixels)
    if rng.random() < RIM_SHARE:
        heights = rng.uniform(0, RIM_HEIGHT * strength) * _contrast(pixels, inside) * rng.uniform(0.2, 1, count)
        # The outermost pixels of a particle are half a pixel from its boundary.
        depth = distances * DISTANCE_PX - 0.5
        rim = np.exp(-depth / rng.uniform(*RIM_WIDTH_PX))
        pixels = np.where(inside, pixels + heights[instances] * rim, pixels)
    return np.clip(pixels, 0, 1).astype(np.float32)


def _contrast(pixels: NDArray[np.floating], inside: NDArray[np.bool_]) -> float:
    """Return how much brighter particles are than the background, or than black where there is none."""
    ground = float(pixels[~inside].mean()) if not inside.all() else 0.0
    return float(pixels[inside].mean()) - ground
