"""What a height field emits: the parts of `rendering.materials.secondary_electrons` that need no rays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]


def rise(tilt: Field, exponent: float, least_cosine: float) -> Field:
    """Return how a yield rises with the tilt, max(cos θ, least)^−k, float32 (H, W).

    Parameters
    ----------
    tilt : float32 (H, W)
        1 − cos of the angle between surface and beam.
    exponent : float
        k.
    least_cosine : float
        Where the beam grazes more than this the yield grows no more.
    """
    return np.asarray(np.maximum(1 - tilt, least_cosine) ** -exponent)


def thin(through: Field, length: float) -> Field:
    """Return how thin parts glow, exp(−t/length), float32 (H, W).

    Parameters
    ----------
    through : float32 (H, W)
        Way t of the beam through what lies under it, in any unit.
    length : float
        How deep electrons come from, in the same unit.
    """
    return np.asarray(np.exp(-through / length))
