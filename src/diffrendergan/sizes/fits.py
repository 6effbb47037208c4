"""Normal, lognormal and bimodal distributions fitted to weighted diameters, and how well each fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from diffrendergan.sizes.distribution import effective_number
from diffrendergan.sizes.mixture import two_normals
from diffrendergan.sizes.rules import RULES

Values = NDArray[np.float64]
Family = Literal["normal", "lognormal", "bimodal"]
Parameters = Mapping[str, float]

PREFERRED_RULE = (
    f"lowest BIC; bimodal only if it lowers the BIC by over {RULES.least_gain:g}, its means lie at least "
    f"{RULES.clearly_two:g} root mean square deviations apart, and either size holds at least "
    f"{100 * RULES.least_share:g} % of the particles"
)
"""How one of the distributions is preferred."""


@dataclass(frozen=True)
class Fit:
    """One distribution fitted to diameters."""

    family: Family
    parameters: Parameters
    """As `arrangement.size` names them: mean and sigma; mu and sigma (of the logarithm); mean1, sigma1, mean2, sigma2
    and p, the share of the second. Lengths in the unit of the diameters."""
    aic: float
    """Akaike's information criterion; the lowest fits best."""
    bic: float
    """Bayesian information criterion; the lowest fits best."""
    ks: float
    """Kolmogorov–Smirnov distance: the largest difference of the fitted and the measured cumulative distribution."""

    def scaled(self, factor: float) -> Fit:
        """Return the fit in another unit of length, of which one of this takes `factor`.

        The criteria compare fits to the same diameters, and stay as they are.
        """
        return Fit(self.family, scaled(self.family, self.parameters, factor), self.aic, self.bic, self.ks)

    def density(self, diameters: Values) -> Values:
        """Return the probability density."""
        return density(self.family, self.parameters, diameters)

    def cumulative(self, diameters: Values) -> Values:
        """Return the cumulative distribution at positive diameters."""
        parts = _components(self.family, self.parameters, diameters)
        return np.asarray(sum(share * ndtr(place) for share, place, _ in parts))


@dataclass(frozen=True)
class Fits:
    """All distributions that were fitted."""

    all: Mapping[Family, Fit]
    """Empty where too few particles tell a distribution."""
    preferred: Family | None
    """The one of lowest BIC; the bimodal one only if it is better beyond doubt and its two sizes lie apart."""

    @property
    def best(self) -> Fit | None:
        """The preferred fit."""
        return None if self.preferred is None else self.all[self.preferred]


def fit_distributions(diameters: Values, weights: Values | None = None, redrawn: bool = False) -> Fits:
    """Fit each family by maximum likelihood and choose one.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters.
    weights : ndarray, shape (k,), optional
        How many particles each stands for; particles of weight 0 do not count.
    redrawn : bool
        Judge distributions as arrangements draw them: what is not positive is drawn again, which makes a wide normal
        distribution denser elsewhere. Without it, the normal distribution is judged as it is written.

    Notes
    -----
    The criteria count as many particles as tell as much without weights (Kish's effective number).
    """
    weights = np.ones(len(diameters)) if weights is None else weights
    diameters, weights = diameters[weights > 0], weights[weights > 0]
    if len(diameters) < RULES.least_for_spread:
        return Fits({}, None)
    families: list[Family] = ["normal", "lognormal"]
    if len(diameters) >= RULES.least_for_two and len(np.unique(diameters)) >= RULES.least_for_two / 2:
        families.append("bimodal")
    fits = {
        family: _judged(family, ESTIMATES[family](diameters, weights), diameters, weights, redrawn)
        for family in families
    }
    return Fits(fits, _preferred(fits))


def density(family: Family, parameters: Parameters, diameters: Values) -> Values:
    """Return the probability density of a distribution at positive diameters of its own unit."""
    parts = _components(family, parameters, diameters)
    return np.asarray(
        sum(share * slope * np.exp(-(place**2) / 2) / np.sqrt(2 * np.pi) for share, place, slope in parts)
    )


def scaled(family: Family, parameters: Parameters, factor: float) -> dict[str, float]:
    """Return parameters in another unit of length, of which one of this takes `factor`."""
    if family == "lognormal":
        return {"mu": parameters["mu"] + float(np.log(factor)), "sigma": parameters["sigma"]}
    return {name: value if name == "p" else value * factor for name, value in parameters.items()}


def _components(family: Family, values: Parameters, at: Values) -> list[tuple[float, Values, Values | float]]:
    """Return the share of each normal component, places in its standard deviations, and how fast those change."""
    if family == "normal":
        return [(1.0, (at - values["mean"]) / values["sigma"], 1 / values["sigma"])]
    if family == "lognormal":
        return [(1.0, (np.log(at) - values["mu"]) / values["sigma"], 1 / (values["sigma"] * at))]
    first, second = (
        ((at - values[f"mean{part}"]) / values[f"sigma{part}"], 1 / values[f"sigma{part}"]) for part in (1, 2)
    )
    return [(1 - values["p"], *first), (values["p"], *second)]


def _normal(diameters: Values, weights: Values) -> dict[str, float]:
    mean = float(np.average(diameters, weights=weights))
    sigma = float(np.sqrt(np.average((diameters - mean) ** 2, weights=weights)))
    return {"mean": mean, "sigma": max(sigma, RULES.least_sigma * mean)}


def _lognormal(diameters: Values, weights: Values) -> dict[str, float]:
    logs = np.log(diameters)
    mu = float(np.average(logs, weights=weights))
    sigma = float(np.sqrt(np.average((logs - mu) ** 2, weights=weights)))
    return {"mu": mu, "sigma": max(sigma, RULES.least_sigma)}


ESTIMATES: Mapping[Family, Callable[[Values, Values], dict[str, float]]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "bimodal": two_normals,
}
"""Maximum-likelihood estimates by family."""


def _judged(family: Family, parameters: Parameters, diameters: Values, weights: Values, redrawn: bool) -> Fit:
    number = effective_number(weights)
    drawn = density(family, parameters, diameters) / (_positive(family, parameters) if redrawn else 1.0)
    densities = np.maximum(drawn, np.finfo(float).tiny)
    likelihood = number * float(np.average(np.log(densities), weights=weights))
    free = len(parameters)
    fit = Fit(family, parameters, 2 * free - 2 * likelihood, free * float(np.log(number)) - 2 * likelihood, 0.0)
    return Fit(family, parameters, fit.aic, fit.bic, _largest_difference(fit, diameters, weights))


def _positive(family: Family, values: Parameters) -> float:
    """Return the probability of a positive diameter."""
    if family == "lognormal":
        return 1.0
    return float(sum(share * ndtr(-place) for share, place, _ in _components(family, values, np.zeros(1)))[0])


def _largest_difference(fit: Fit, diameters: Values, weights: Values) -> float:
    order = np.argsort(diameters, kind="stable")
    measured = np.cumsum(weights[order]) / weights.sum()
    before = np.append(0.0, measured[:-1])
    fitted = fit.cumulative(diameters[order])
    return float(max(np.abs(fitted - measured).max(), np.abs(fitted - before).max()))


def _preferred(fits: Mapping[Family, Fit]) -> Family:
    one: Family = "normal" if fits["normal"].bic < fits["lognormal"].bic else "lognormal"
    two = fits.get("bimodal")
    if two is not None and two.bic + RULES.least_gain < fits[one].bic and _lie_apart(two.parameters):
        return "bimodal"
    return one


def _lie_apart(values: Parameters) -> bool:
    spread = np.sqrt((values["sigma1"] ** 2 + values["sigma2"] ** 2) / 2)
    apart = abs(values["mean1"] - values["mean2"])
    return bool(apart >= RULES.clearly_two * spread and RULES.least_share <= values["p"] <= 1 - RULES.least_share)
