"""The sizes that `init` proposes, from particles whose outlines were guessed without labels.

Fits, weights and the choice between distributions are those of `quantify` (`sizes.fits`). What differs has one reason:
among guessed outlines are fragments, joined particles and specks, which labels do not have. So the middle is the
median, no particle weighs more than `RULES.most_weight_guessed`, and two sizes are proposed only if both can be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from diffrendergan.sizes.distribution import weighted_quantiles
from diffrendergan.sizes.fits import Family, Fit, Fits, Values, density, fit_distributions, scaled
from diffrendergan.sizes.rules import RULES


@dataclass(frozen=True)
class UsualSize:
    """A distribution that diameters were given."""

    distribution: Family
    parameters: Mapping[str, float]
    """As `arrangement.size` names them; lengths in the unit of the diameters, of logarithms that of one unit."""
    median: float
    """Median diameter."""
    number: int
    """Diameters it was fitted to."""
    judged: Mapping[Family, Fit]
    """All distributions that were tried; empty where the spread is a guess."""

    def scaled(self, factor: float) -> UsualSize:
        """Return the sizes in another unit of length, of which one of this takes `factor`."""
        parameters = scaled(self.distribution, self.parameters, factor)
        judged = {family: fit.scaled(factor) for family, fit in self.judged.items()}
        return UsualSize(self.distribution, parameters, self.median * factor, self.number, judged)

    def density(self, diameters: Values) -> Values:
        """Return the probability density at positive diameters, in their own unit."""
        return density(self.distribution, self.parameters, diameters)


def usual_size(diameters: Values, weights: Values | None = None) -> UsualSize | None:
    """Fit a distribution to diameters of guessed outlines.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters.
    weights : ndarray, shape (k,), optional
        How many particles each stands for.

    Returns
    -------
    UsualSize or None
        None if there is no diameter. Of fewer than `RULES.least_for_spread` only the median is used.
    """
    if len(diameters) == 0:
        return None
    weights = np.ones(len(diameters)) if weights is None else np.minimum(weights, RULES.most_weight_guessed)
    (median,) = weighted_quantiles(diameters, weights, (0.5,))
    fits = fit_distributions(diameters, weights, redrawn=True)
    best = _drawable(fits)
    if best is None:
        return lognormal_around(median, RULES.default_sigma, len(diameters))
    parameters = dict(best.parameters)
    if best.family == "lognormal":
        parameters["mu"] = float(np.log(median))
    return UsualSize(best.family, parameters, median, len(diameters), fits.all)


def lognormal_around(median: float, sigma: float, number: int) -> UsualSize:
    """Return a lognormal distribution of `number` diameters whose spread was found otherwise."""
    return UsualSize("lognormal", {"mu": float(np.log(median)), "sigma": sigma}, median, number, {})


def _drawable(fits: Fits) -> Fit | None:
    """Return the preferred fit, or the better of the others if many draws of its second size would not be positive."""
    best = fits.best
    if best is not None and best.family == "bimodal" and best.parameters["mean2"] <= best.parameters["sigma2"]:
        return min((fits.all["normal"], fits.all["lognormal"]), key=lambda fit: fit.bic)
    return best
