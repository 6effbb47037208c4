"""How many particles a mean or median diameter takes, and how well those at hand tell it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.special import ndtri

from diffrendergan.sizes.bootstrap import CONFIDENCE
from diffrendergan.sizes.distribution import Values, variance_of_mean
from diffrendergan.sizes.rules import RULES

MEANS: Mapping[str, tuple[int, int]] = MappingProxyType({"mean": (1, 0), "d32": (3, 2), "d43": (4, 3)})
"""Means as ratios of moments: D[p,q], or (Σd^p / Σd^q)^(1/(p − q))."""
QUANTITIES = ("mean", "d50", "d32", "d43")


@dataclass(frozen=True)
class Needed:
    """What the particles at hand tell of one mean or of the median, and how many would tell it well enough."""

    variance: float
    """Relative variance that a single particle leaves: that of n is n times less."""
    half_width: float
    """Half the 95 % interval of the particles at hand, as a fraction of the value, if they were independent."""
    number: int
    """Particles for `RULES.wanted_half_width`; as alike within scans as those at hand."""

    def to_json(self) -> dict[str, Any]:
        """Return all as JSON values."""
        return {"relative_variance": self.variance, "relative_half_width": self.half_width, "particles": self.number}


def needed_particles(diameters: Values, weights: Values, alike: float = 1.0) -> dict[str, Needed]:
    """Tell how many particles `QUANTITIES` take; nothing where too few particles tell a spread.

    n = f (u / δ)² v for a relative half-width δ at a probability of which u is the normal quantile (1.96 for 95 %). v
    is the relative variance that one particle leaves. Of a mean D[p,q] it is the variance of
    (d^p / M_p − d^q / M_q) / (p − q), with the moments M (delta method): the squared coefficient of variation for
    D[1,0]. Of the median it is π s²/2, with s the standard deviation of the logarithm, as for a lognormal
    distribution. With weights w, the variance of a value x of mean 0 is k Σ(w x)² / (Σw)².

    Parameters
    ----------
    diameters, weights : ndarray, shape (k,)
        Positive diameters of whole particles, and how many each stands for.
    alike : float
        f: by how much scans that differ multiply the variance (`Uncertainty.alike`); what is below 1 is chance.

    Source: the aim, and δ = 5 % at 95 %, of ISO 13322-1, annex A (H. Masuda, K. Gotoh, Adv. Powder Technol. 10, 159
    (1999), for lognormal distributions); A. C. Davison, D. V. Hinkley, Bootstrap Methods, 1997, 2.7.2 (delta method).
    """
    used = weights > 0
    diameters, weights = diameters[used], weights[used]
    if len(diameters) < RULES.least_for_spread:
        return {}
    normal = float(ndtri((1 + CONFIDENCE) / 2))
    factor = max(alike, 1.0)
    told = {}
    for name in QUANTITIES:
        variance = _of_median(diameters, weights) if name == "d50" else _of_mean(diameters, weights, *MEANS[name])
        number = math.ceil(factor * (normal / RULES.wanted_half_width) ** 2 * variance)
        told[name] = Needed(variance, normal * math.sqrt(variance / len(diameters)), number)
    return told


def _of_mean(diameters: Values, weights: Values, p: int, q: int) -> float:
    # In units of the mean, so that no power overflows.
    relative = diameters / np.average(diameters, weights=weights)
    share = relative**p / np.average(relative**p, weights=weights)
    share -= relative**q / np.average(relative**q, weights=weights)
    return variance_of_mean(share, weights) * len(diameters) / (p - q) ** 2


def _of_median(diameters: Values, weights: Values) -> float:
    logs = np.log(diameters)
    logs -= np.average(logs, weights=weights)
    return float(np.pi / 2 * variance_of_mean(logs, weights) * len(diameters))
