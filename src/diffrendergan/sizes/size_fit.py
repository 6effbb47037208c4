"""The distribution of the particles' diameters: normal, lognormal or of two sizes, chosen by BIC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.mixture import GaussianMixture

Distribution = Literal["normal", "lognormal", "bimodal"]
LEAST_FOR_SPREAD = 8
"""Fewer diameters do not tell a spread."""
LEAST_FOR_TWO = 40
"""Fewer diameters do not tell two sizes from one."""
CLEARLY_TWO = 2.0
"""Two sizes differ by at least this many of their root mean square deviations (Ashman's D)."""
LEAST_SHARE = 0.1
"""Each of two sizes has at least this share of the particles."""
LEAST_GAIN = 10.0
"""Two sizes lower the BIC by at least this much (very strong evidence after Kass and Raftery)."""
DEFAULT_SIGMA = 0.1
"""Spread of the logarithm where too few diameters tell it."""
DRAWN = 400


@dataclass(frozen=True)
class SizeFit:
    """A distribution fitted to diameters."""

    distribution: Distribution
    parameters: Mapping[str, float]
    """As `arrangement.size` names them; lengths [px], logarithms of px."""
    median: float
    """Median diameter [px]."""
    number: int
    """Diameters it was fitted to."""
    bic: Mapping[str, float]
    """Bayesian information criterion of each distribution tried: the lowest fits best."""

    def scaled(self, factor: float) -> SizeFit:
        """Return the fit in another unit of length, of which a pixel takes `factor`."""
        changed = {
            key: value + float(np.log(factor)) if key == "mu"
            else value if key == "p" or (key == "sigma" and self.distribution == "lognormal")
            else value * factor
            for key, value in self.parameters.items()
        }  # fmt: skip
        return SizeFit(self.distribution, changed, self.median * factor, self.number, self.bic)

    def density(self, diameters: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability density at positive diameters, in their own unit."""
        values = self.parameters
        if self.distribution == "normal":
            return np.asarray(stats.norm.pdf(diameters, values["mean"], max(values["sigma"], 1e-9)))
        if self.distribution == "lognormal":
            return np.asarray(stats.lognorm.pdf(diameters, max(values["sigma"], 1e-9), scale=np.exp(values["mu"])))
        first = stats.norm.pdf(diameters, values["mean1"], max(values["sigma1"], 1e-9))
        second = stats.norm.pdf(diameters, values["mean2"], max(values["sigma2"], 1e-9))
        return np.asarray((1 - values["p"]) * first + values["p"] * second)


def border_weights(extents: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for: large ones are cut by the border more often.

    Parameters
    ----------
    extents : ndarray, shape (k,)
        Diameters of particles that lie wholly in the scan [px].
    height, width : int
        Size of the scan [px].

    Returns
    -------
    ndarray, shape (k,)
        Miles's and Lantuéjoul's weights, at most 4, so that one very large particle does not outweigh all others.
    """
    chance = np.clip(1 - extents / height, 0, 1) * np.clip(1 - extents / width, 0, 1)
    return np.asarray(1 / np.maximum(chance, 0.25))


def fit_sizes(diameters: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> SizeFit | None:
    """Fit a distribution to diameters.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters [px].
    weights : ndarray, shape (k,), optional
        How many particles each stands for.

    Returns
    -------
    SizeFit or None
        None if there is no diameter. Of fewer than `LEAST_FOR_SPREAD` only the median is used.
    """
    if len(diameters) == 0:
        return None
    number = len(diameters)
    sample = diameters if weights is None else _unweighted(diameters, weights)
    median = float(np.median(sample))
    if number < LEAST_FOR_SPREAD:
        return SizeFit("lognormal", {"mu": float(np.log(median)), "sigma": DEFAULT_SIGMA}, median, number, {})
    fits = {"normal": _normal(sample), "lognormal": _lognormal(sample)}
    bic = {name: 2 * np.log(number) - 2 * likelihood * number for name, (_, likelihood) in fits.items()}
    chosen: Distribution = "normal" if bic["normal"] < bic["lognormal"] else "lognormal"
    parameters = fits[chosen][0]
    different = len(np.unique(np.round(diameters, 3)))
    two = _bimodal(sample, number) if different >= LEAST_FOR_TWO / 2 and number >= LEAST_FOR_TWO else None
    if two is not None:
        bic["bimodal"] = two[1]
        if two[1] + LEAST_GAIN < bic[chosen] and _is_two(two[0]):
            chosen, parameters = "bimodal", two[0]
    return SizeFit(chosen, parameters, median, number, {name: float(value) for name, value in bic.items()})


def _normal(sample: NDArray[np.float64]) -> tuple[dict[str, float], float]:
    """Return parameters and mean log-likelihood; draws that are not positive are redrawn, so both allow for that."""
    mean, sigma = float(sample.mean()), max(float(sample.std()), 1e-3 * float(sample.mean()))
    kept = float(stats.norm.sf(0, mean, sigma))
    return {"mean": mean, "sigma": sigma}, float(stats.norm.logpdf(sample, mean, sigma).mean() - np.log(kept))


def _lognormal(sample: NDArray[np.float64]) -> tuple[dict[str, float], float]:
    """Return parameters and mean log-likelihood."""
    logs = np.log(sample)
    mu, sigma = float(np.median(logs)), max(float(logs.std()), 1e-3)
    likelihood = stats.norm.logpdf(logs, logs.mean(), sigma) - logs
    return {"mu": mu, "sigma": sigma}, float(likelihood.mean())


def _bimodal(sample: NDArray[np.float64], number: int) -> tuple[dict[str, float], float]:
    """Return parameters and BIC; the more frequent size comes first."""
    mixture = GaussianMixture(2, n_init=3, random_state=0, reg_covar=(0.005 * float(sample.mean())) ** 2)
    mixture.fit(sample[:, None])
    order = np.argsort(-mixture.weights_)
    mean, sigma = mixture.means_[order, 0], np.sqrt(mixture.covariances_[order, 0, 0])
    parameters = {
        "mean1": float(mean[0]), "sigma1": float(sigma[0]),
        "mean2": float(mean[1]), "sigma2": float(sigma[1]), "p": float(mixture.weights_[order[1]]),
    }  # fmt: skip
    return parameters, float(5 * np.log(number) - 2 * number * mixture.score(sample[:, None]))


def _is_two(values: Mapping[str, float]) -> bool:
    spread = np.sqrt((values["sigma1"] ** 2 + values["sigma2"] ** 2) / 2)
    apart = abs(values["mean1"] - values["mean2"])
    return bool(apart >= CLEARLY_TWO * spread and values["p"] >= LEAST_SHARE and values["mean2"] > values["sigma2"])


def _unweighted(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a sample without weights that is distributed alike: quantiles at even steps."""
    order = np.argsort(values)
    middle = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    number = max(len(values), DRAWN)
    return np.asarray(np.interp((np.arange(number) + 0.5) / number, middle, values[order]))
