"""Widths of particles without what the tip of a force microscope adds."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Lengths = TypeVar("Lengths", float, NDArray[np.float64])


def tip_free(diameters: Lengths, radius: float) -> Lengths:
    """Return the diameters of balls on a plane that a tip of a radius feels so wide at half their height.

    A ball of the radius r lifts a ball of the radius R to r at the distance w/2 = √((R + r)² − R²) from its middle, so
    that r = √(R² + (w/2)²) − R. All lengths are in one unit.
    """
    return 2 * ((radius**2 + (diameters / 2) ** 2) ** 0.5 - radius)
