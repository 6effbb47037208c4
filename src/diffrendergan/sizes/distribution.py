"""Statistics of weighted diameters, by the definitions of ISO 9276-2 (names in `quantification.standards`)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Weighting = Literal["number", "area", "volume"]

POWERS: Mapping[Weighting, int] = MappingProxyType({"number": 0, "area": 2, "volume": 3})
"""A particle of diameter d counts d to this power: by the area that it covers, by the volume of the sphere as wide."""
PLAIN = ("span", "geometric_std")
"""Statistics that are no lengths."""


class SizeStatistics(NamedTuple):
    """Statistics of diameters, in their own unit; NaN where there is none."""

    mean: float
    std: float
    d10: float
    """A tenth of the particles (of their area, if weighted by area) is smaller."""
    d50: float
    """The median."""
    d90: float
    d32: float
    """Sauter mean diameter D[3,2] = Σd³/Σd²; the mean of all diameters if each is weighted by its area."""
    d43: float
    """De Brouckere mean diameter D[4,3] = Σd⁴/Σd³; the mean of all diameters if each is weighted by its volume."""
    span: float
    """(d90 − d10) / d50."""
    geometric_mean: float
    """Exponential of the mean logarithm; of a lognormal distribution, the median."""
    geometric_std: float
    """Exponential of the standard deviation of the logarithm; 1 where all are equal."""


NOTHING = SizeStatistics(*(float("nan"),) * len(SizeStatistics._fields))


def named(statistic: str, unit: str) -> str:
    """Return the name of a statistic with the unit of lengths, e.g. `d50_nm`, but `span`."""
    return statistic if statistic in PLAIN else f"{statistic}_{unit}"


def size_statistics(diameters: Values, weights: Values | None = None, by: Weighting = "number") -> SizeStatistics:
    """Return statistics of diameters.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters.
    weights : ndarray, shape (k,), optional
        How many particles each stands for; particles of weight 0 do not count.
    by : {"number", "area", "volume"}
        Weight each by its area or its volume as well: what is typical of the covered area, or of the material, rather
        than of the particles.

    Source: ISO 9276-2:2014, moment-ratio notation; geometric mean and standard deviation as in its annex on lognormals.
    """
    weights = np.ones(len(diameters)) if weights is None else weights
    if weights.sum() <= 0:
        return NOTHING
    order = np.argsort(diameters, kind="stable")
    return SizeStatistics(*map(float, statistics_of_draws(diameters[order], weights[order][None], by)[0]))


def statistics_of_draws(diameters: Values, weights: Values, by: Weighting = "number") -> Values:
    """Return `size_statistics` of many samples of the same particles, shape (n, 10), in the order of `SizeStatistics`.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters, ascending.
    weights : ndarray, shape (n, k)
        How many particles each stands for in each sample, of which some do.
    by : {"number", "area", "volume"}
        As there.
    """
    used = weights * diameters ** POWERS[by]
    totals = used.sum(axis=1)
    second, third, fourth = (weights @ diameters**power for power in (2, 3, 4))
    mean, std = _mean_and_std(diameters, used, totals)
    middle, width = _mean_and_std(np.log(diameters), used, totals)
    d10, d50, d90 = quantiles_of_draws(diameters, used, (0.1, 0.5, 0.9))
    ratios = third / second, fourth / third, (d90 - d10) / d50
    return np.stack([mean, std, d10, d50, d90, *ratios, np.exp(middle), np.exp(width)], axis=1)


def _mean_and_std(values: Values, weights: Values, totals: Values) -> tuple[Values, Values]:
    mean = weights @ values / totals
    # About the mean of each sample, not from the mean square: nearly equal values would leave nothing but rounding.
    return mean, np.sqrt(np.einsum("nk,nk->n", weights, (values - mean[:, None]) ** 2) / totals)


def quantiles_of_draws(values: Values, weights: Values, levels: tuple[float, ...]) -> Values:
    """Return quantiles of ascending values in each sample, shape (levels, n): linear between the weights' middles."""
    ends = np.cumsum(weights, axis=1)
    middles = (ends - weights / 2) / ends[:, -1:]
    found = np.empty((len(levels), len(weights)))
    for sample, (row, present) in enumerate(zip(middles, weights > 0, strict=True)):
        found[:, sample] = np.interp(levels, row[present], values[present])
    return found


def weighted_quantiles(values: Values, weights: Values, levels: tuple[float, ...]) -> list[float]:
    """Return quantiles of weighted values, linear between the middles of the weights (Hazen's definition)."""
    order = np.argsort(values, kind="stable")
    return [float(value) for value in quantiles_of_draws(values[order], weights[order][None], levels)[:, 0]]


def effective_number(weights: Values) -> float:
    """Return how many particles of equal weight tell as much, after Kish: (Σw)²/Σw²."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def variance_of_mean(deviations: Values, weights: Values) -> float:
    """Return the variance of a weighted mean of independent values, from their deviations from it: Σ(w x)² / (Σw)²."""
    return float(((weights * deviations) ** 2).sum() / weights.sum() ** 2)


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """Return the least value that, with all smaller ones, holds half the weight: one that was measured."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2)])
