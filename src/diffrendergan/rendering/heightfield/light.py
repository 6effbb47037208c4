"""How open a height field is: the share of the sky that each point sees, and how far it faces a side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]

AZIMUTHS = 8
"""Directions in which the horizon is searched."""
DISTANCES = (1, 2, 3, 5, 8, 13, 21, 34)
"""Steps at which it is searched [px]; each is about 1.6 times the last."""

SMOOTH_PX = 0.7
"""Slopes are those of the surface smoothed this far: it is known at the pixels' centres alone [px]."""


def openness(height: Field, reach_px: float) -> Field:
    """Return the share of cosine-weighted sky that nothing hides, float32 (H, W) in [0, 1].

    In an azimuth whose horizon stands at the angle a over the level, the share cos²a is free. Beyond the image there
    is nothing.

    Parameters
    ----------
    height : float32 (H, W)
        Surface [px].
    reach_px : float
        Horizons farther away are not looked for [px].
    """
    share = np.zeros_like(height)
    for number in range(AZIMUTHS):
        angle = 2 * np.pi * (number + 0.5) / AZIMUTHS
        steepest = np.zeros_like(height)
        for distance in DISTANCES:
            if distance > max(reach_px, 1):
                break
            down, right = round(distance * np.sin(angle)), round(distance * np.cos(angle))
            here, there = _shifted(height.shape[0], down), _shifted(height.shape[1], right)
            target = steepest[here[0], there[0]]
            rise = height[here[1], there[1]] - height[here[0], there[0]]
            rise *= np.float32(1 / np.hypot(down, right))
            np.maximum(target, rise, out=target)
        share += 1 / (1 + steepest * steepest)
    return share / np.float32(AZIMUTHS)


def facing(height: Field, angle: float) -> Field:
    """Return the cosine between the surface's normal and a level direction, float32 (H, W).

    A detector that collects 1 + side · cos towards a direction gets 2/3 · side of it more from there than from level
    surfaces (`rendering.materials.secondary_electrons`).

    Parameters
    ----------
    height : float32 (H, W)
        Surface [px].
    angle : float
        The direction: 0 is to the right, π/2 is down [rad].
    """
    down, right = np.gradient(ndimage.gaussian_filter(height, SMOOTH_PX))
    slope = right * np.cos(angle) + down * np.sin(angle)
    return np.asarray(-slope / np.sqrt(1 + right**2 + down**2), np.float32)


def _shifted(length: int, step: int) -> tuple[slice, slice]:
    """Return where points lie that have one `step` away within the image, and where those lie."""
    return slice(max(0, -step), min(length, length - step)), slice(max(0, step), min(length, length + step))
