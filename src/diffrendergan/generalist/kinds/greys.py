"""Figures of grey values that physics ties to the kind of an image: profiles across outlines, noise, tails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

DEPTHS_PX = (0.0, 1.0, 2.0, 3.5, 6.0, 10.0, 16.0, 1e9)
"""Bounds of the distances from an outline between which the mean grey is taken, inside [px]: absorption grows with
depth, rims of secondary electrons fall."""
REACHES_PX = (0.0, 1.0, 2.0, 4.0, 8.0, 1e9)
"""The same outside: shadows, fringes, and the tip's slope."""
TAILS = (0.5, 2.0, 10.0, 25.0, 50.0, 75.0, 90.0, 98.0, 99.5)
"""Percentiles of the whole image."""
LEAST_PX = 8
"""Figures of fewer pixels are 0 [px]."""


def grey_figures(
    image: NDArray[np.float32], particle: NDArray[np.bool_], distance: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return figures of one image.

    Parameters
    ----------
    image : float32 (H, W)
        With a mean of .5 and a spread of .25.
    particle : bool (H, W)
        What the network takes for particles.
    distance : float32 (H, W)
        What it says of the distance from outlines, in [0, 1].
    """
    grey = (image - 0.5) / 0.25
    ground = ~particle
    level, inner = _median(grey, ground), _median(grey, particle)
    depth = ndimage.distance_transform_edt(particle & (distance > 0.12))
    reach = ndimage.distance_transform_edt(ground)
    inside = [_mean(grey - level, particle & _between(depth, DEPTHS_PX, i)) for i in range(len(DEPTHS_PX) - 1)]
    outside = [_mean(grey - level, ground & _between(reach, REACHES_PX, i)) for i in range(len(REACHES_PX) - 1)]
    shares = [float(particle.mean()), inner - level, float(inner < level)]
    return np.array(
        [
            *shares,
            *inside,
            *outside,
            *_spread(grey, particle),
            *_spread(grey, ground),
            *_noise(grey, particle),
            *_noise(grey, ground),
            _lit(grey, particle),
            *np.percentile(grey, TAILS),
            *(float((image == edge).mean()) for edge in (image.min(), image.max())),
        ],
        np.float32,
    )


def _between(distance: NDArray[np.float64], bounds: tuple[float, ...], number: int) -> NDArray[np.bool_]:
    return np.asarray((distance > bounds[number]) & (distance <= bounds[number + 1]))


def _mean(values: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    chosen = values[where]
    return float(chosen.mean()) if len(chosen) >= LEAST_PX else 0.0


def _median(values: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    chosen = values[where]
    return float(np.median(chosen)) if len(chosen) >= LEAST_PX else 0.0


def _spread(grey: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return standard deviation, skew, and the upper minus the lower tail of a part."""
    chosen = grey[where]
    if len(chosen) < LEAST_PX or chosen.std() < 1e-6:
        return 0.0, 0.0, 0.0
    low, middle, high = np.percentile(chosen, [5, 50, 95])
    spread = float(chosen.std())
    return spread, float(((chosen - chosen.mean()) ** 3).mean() / spread**3), float(high + low - 2 * middle)


def _noise(grey: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the logarithm of the noise, and that of its parts along rows and columns."""
    along, down = np.abs(np.diff(grey, 2, axis=1))[1:-1], np.abs(np.diff(grey, 2, axis=0))[:, 1:-1]
    here = where[1:-1, 1:-1]
    if here.sum() < LEAST_PX:
        return 0.0, 0.0, 0.0
    across, below = (float(np.log(np.median(part[here]) + 1e-3)) for part in (along, down))
    both = float(np.log(np.median((along + down)[here]) + 1e-3))
    return both, across, below


def _lit(grey: NDArray[np.float32], particle: NDArray[np.bool_]) -> float:
    """Return how much brighter one side of the particles is than the other."""
    smooth = ndimage.gaussian_filter(particle.astype(np.float32), 1.5)
    down, right = np.gradient(smooth)
    edge = np.hypot(down, right)
    if edge.sum() < LEAST_PX:
        return 0.0
    pull = [float((grey * part).sum() / edge.sum()) for part in (down, right)]
    return float(np.hypot(pull[0], pull[1]))
