"""Errors of what particles are measured for: their number and their sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from diffrendergan.sizes.units import equivalent_diameters


def diameter_distance(areas_true_px: NDArray[np.integer], areas_pred_px: NDArray[np.integer]) -> float | None:
    """Return the Wasserstein-1 distance [px] of two distributions of equivalent circular diameters.

    It is the mean distance by which diameters must change to turn one distribution into the other, each particle
    having the same weight; as integral, that of the difference of the cumulative distributions.

    Parameters
    ----------
    areas_true_px, areas_pred_px
        Areas of the particles, shapes (n_true,) and (n_pred,) [px].

    Returns
    -------
    float or None
        At least 0; None if a side has no particle, and so no distribution.

    Source: Vaserstein 1969; Ramdas et al. 2017 for the integral.
    """
    if not (len(areas_true_px) and len(areas_pred_px)):
        return None
    return float(wasserstein_distance(equivalent_diameters(areas_true_px), equivalent_diameters(areas_pred_px)))


def relative_count_error(n_true: int, n_pred: int) -> float | None:
    """Return (n_pred - n_true) / n_true; None where nothing is annotated."""
    return (n_pred - n_true) / n_true if n_true else None
