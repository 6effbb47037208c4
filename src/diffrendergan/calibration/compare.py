"""How far apart the statistics of two sets of patches are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import wasserstein_distance

from diffrendergan.calibration.measure import PatchStatistics, Values

WEIGHTS: Mapping[str, float] = {
    "covered": 1.0,
    "counts": 1.0,
    "diameters": 1.0,
    "thicknesses": 1.0,
    "elongations": 0.25,
    "solidities": 0.25,
    "nearest": 0.5,
    "pairs": 0.5,
    "spectrum": 0.5,
}
"""Shares in the total: sizes and amounts first."""
LEAST_SPREAD = 0.1
"""Distributions narrower than this fraction of their mean are not resolved further."""
MISSING = 3.0
"""Distance where one side has nothing to compare."""


def distances(real: PatchStatistics, drawn: PatchStatistics) -> dict[str, float]:
    """Return the distance of each statistic.

    Parameters
    ----------
    real, drawn : PatchStatistics

    Returns
    -------
    dict
        Wasserstein distances in units of the real spread (standard deviation): 0 is equal, 1 is as far as a shift
        by the whole spread. Of the spectrum, the mean over its bins.
    """
    result = {}
    for name in WEIGHTS:
        a, b = getattr(real, name), getattr(drawn, name)
        if name == "spectrum":
            result[name] = float(np.mean([_distance(a[:, k], b[:, k]) for k in range(a.shape[1])]))
        else:
            result[name] = _distance(a, b)
    return result


def total(parts: Mapping[str, float]) -> float:
    """Return the weighted mean of distances."""
    return float(sum(WEIGHTS[name] * value for name, value in parts.items()) / sum(WEIGHTS.values()))


def _distance(real: Values, drawn: Values) -> float:
    if not len(real) and not len(drawn):
        return 0.0
    if not len(real) or not len(drawn):
        return MISSING
    spread = max(float(real.std()), LEAST_SPREAD * abs(float(real.mean())), 1e-9)
    return float(wasserstein_distance(real, drawn)) / spread
