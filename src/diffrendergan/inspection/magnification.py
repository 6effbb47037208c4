"""The `data.scale` that `init` proposes where particles do not fit a patch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffrendergan.inspection.rules import SCALE


@dataclass(frozen=True)
class Magnification:
    """By what scans should be resampled, and why.

    Attributes
    ----------
    scale : float
        For `data.scale`; 1 where particles fit, or where no scale helps.
    reason : str
        In words; empty where particles fit.
    """

    scale: float = 1.0
    reason: str = ""


AS_IT_IS = Magnification()
"""Nothing is resampled."""


def fitting_scale(diameters: Sequence[float], shortest_px: int, patch_px: int) -> Magnification:
    """Return the scale at which particles fit a patch.

    Parameters
    ----------
    diameters : sequence of float
        Of whole particles [px of the scans]; at least one.
    shortest_px : int
        The shortest edge of any scan [px]: no scan is made smaller than a patch.
    patch_px : int
        Edge of a patch [px].
    """
    small, median, large = (float(value) for value in np.percentile(diameters, [10, 50, 90]))
    if large > SCALE.too_large * patch_px:
        wanted = SCALE.target * patch_px / large
        scale = _rounded(max(wanted, SCALE.least_px / small, patch_px / shortest_px))
        words = f"one particle in ten is larger than {large:.0f} px, too large for patches of {patch_px} px"
        if scale > SCALE.worth_it:
            why = "its smallest particles" if SCALE.least_px / small > patch_px / shortest_px else "the scans"
            return Magnification(reason=f"{words}, but a smaller scale would make {why} too small")
        return Magnification(
            scale, f"{words}; so it becomes {large * scale:.0f} px, and the median {median * scale:.0f}"
        )
    if median < SCALE.too_small_px:
        scale = min(_rounded(SCALE.small_target_px / median), SCALE.most, SCALE.too_large * patch_px / large)
        words = f"half of the particles are smaller than {median:.1f} px, too small to be told apart"
        if scale < 1 / SCALE.worth_it:
            return Magnification(reason=f"{words}, but a larger scale would make the largest too large for a patch")
        return Magnification(round(scale, 2), f"{words}; so the median becomes {median * scale:.0f} px")
    return AS_IT_IS


def _rounded(scale: float) -> float:
    """Round up to what reads well; never below what was asked for."""
    return round(float(np.ceil(scale / SCALE.step - 1e-9)) * SCALE.step, 3)
