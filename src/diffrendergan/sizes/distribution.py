"""Statistics of weighted diameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


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
    """Sauter mean diameter Σd³/Σd²; the mean of all diameters if each is weighted by its area."""


NOTHING = SizeStatistics(*(float("nan"),) * 6)


def size_statistics(diameters: Values, weights: Values | None = None, by_area: bool = False) -> SizeStatistics:
    """Return statistics of diameters.

    Parameters
    ----------
    diameters : ndarray, shape (k,)
        Positive diameters.
    weights : ndarray, shape (k,), optional
        How many particles each stands for; particles of weight 0 do not count.
    by_area : bool
        Weight each by its area as well: what is typical of the covered area rather than of the particles.
    """
    weights = np.ones(len(diameters)) if weights is None else weights
    if weights.sum() <= 0:
        return NOTHING
    used = weights * diameters**2 if by_area else weights
    mean = float(np.average(diameters, weights=used))
    spread = float(np.sqrt(np.average((diameters - mean) ** 2, weights=used)))
    d10, d50, d90 = weighted_quantiles(diameters, used, (0.1, 0.5, 0.9))
    sauter = float((weights * diameters**3).sum() / (weights * diameters**2).sum())
    return SizeStatistics(mean, spread, d10, d50, d90, sauter)


def weighted_quantiles(values: Values, weights: Values, levels: tuple[float, ...]) -> list[float]:
    """Return quantiles of weighted values, linear between the middles of the weights (Hazen's definition)."""
    order = np.argsort(values, kind="stable")
    order = order[weights[order] > 0]
    sorted_weights = weights[order]
    middles = (np.cumsum(sorted_weights) - sorted_weights / 2) / sorted_weights.sum()
    return [float(value) for value in np.interp(levels, middles, values[order])]


def effective_number(weights: Values) -> float:
    """Return how many particles of equal weight tell as much, after Kish: (Σw)²/Σw²."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> float:
    """Return the least value that, with all smaller ones, holds half the weight: one that was measured."""
    order = np.argsort(values, kind="stable")
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2)])
