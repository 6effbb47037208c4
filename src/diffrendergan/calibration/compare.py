"""How far apart the statistics of two sets of patches are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import wasserstein_distance

from diffrendergan.calibration.measure import PatchStatistics, Values
from diffrendergan.calibration.rules import RULES


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
    for name in RULES.weights:
        a, b = getattr(real, name), getattr(drawn, name)
        if name == "spectrum":
            result[name] = float(np.mean([_distance(a[:, k], b[:, k]) for k in range(a.shape[1])]))
        else:
            result[name] = _distance(a, b)
    return result


def total(parts: Mapping[str, float]) -> float:
    """Return the weighted mean of distances."""
    return float(sum(RULES.weights[name] * value for name, value in parts.items()) / sum(RULES.weights.values()))


def _distance(real: Values, drawn: Values) -> float:
    if not len(real) and not len(drawn):
        return 0.0
    if not len(real) or not len(drawn):
        return RULES.missing
    spread = max(float(real.std()), RULES.narrowest * abs(float(real.mean())), 1e-9)
    return float(wasserstein_distance(real, drawn)) / spread
