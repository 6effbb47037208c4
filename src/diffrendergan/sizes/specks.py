"""What is too small to be a particle: one rule for guessed outlines, relative to what else there is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.sizes.rules import RULES


def no_specks(areas: NDArray[np.number], share: float = RULES.speck_share) -> NDArray[np.bool_]:
    """Tell which areas are at least a fraction of the area-weighted mean area, shape (k,).

    The mean weighted by area is that of the large ones, however many specks there are. Labels that are given have no
    specks by this rule: what someone drew is a particle, and very small ones are only counted (`RULES.speck_px`).

    Parameters
    ----------
    areas : ndarray, shape (k,)
        Areas, or squares of diameters, in any unit.
    share : float
        The fraction.
    """
    values = np.asarray(areas, np.float64)
    if len(values) == 0:
        return np.zeros(0, bool)
    return np.asarray(values >= share * (values**2).sum() / values.sum())
