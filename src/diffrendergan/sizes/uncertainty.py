"""Confidence intervals and bands: the same particles drawn again with replacement, many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs.seeds import generator
from diffrendergan.sizes.bootstrap import Interval, drawn_again, percentile_band, percentile_interval
from diffrendergan.sizes.distribution import SizeStatistics, size_statistics
from diffrendergan.sizes.fits import ESTIMATES, Fit, Fits, density
from diffrendergan.sizes.mixture import two_normals

Values = NDArray[np.float64]

GRID_POINTS = 200
"""A band has so many diameters over its whole length, as many where most sizes are, and as many of these."""
LEAST_DRAWS = 2


@dataclass(frozen=True, eq=False)
class Band:
    """Where the density of the preferred distribution lies, with 95 % confidence at each diameter."""

    diameters: Values
    """Shape (n,)."""
    density: Values
    low: Values
    high: Values


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What another sample of as many particles might have given."""

    statistics: Mapping[str, Interval]
    """By the name of the statistic; empty without draws."""
    parameters: Mapping[str, Interval]
    """Of the preferred distribution, by name."""
    band: Band | None


def resample(diameters: Values, weights: Values, fits: Fits, draws: int, seed: int, *purpose: str) -> Uncertainty:
    """Estimate how uncertain statistics, parameters and the preferred distribution are.

    Particles are drawn as if independent of each other. Those of one scan seldom are quite, so that intervals of few
    scans are somewhat too narrow.

    Parameters
    ----------
    diameters, weights : ndarray, shape (k,)
        Positive diameters, and how many particles each stands for; those of weight 0 do not count.
    fits : Fits
        What was fitted to them.
    draws : int
        How many times they are drawn; fewer than two give no uncertainty.
    seed : int
        Of the project or command.
    *purpose : str
        What for, e.g. the name of the scan.

    Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993 (percentile intervals).
    """
    diameters, weights = diameters[weights > 0], weights[weights > 0]
    number = len(diameters)
    if draws < LEAST_DRAWS or number < 2:
        return Uncertainty({}, {}, None)
    order = np.argsort(diameters)
    diameters, weights = diameters[order], weights[order]
    rng = generator(seed, "quantification", "bootstrap", *purpose)
    best = fits.best
    grid = _grid(diameters)
    statistics, parameters, densities = [], [], []
    for chosen in drawn_again(number, draws, rng):
        drawn = weights * np.bincount(chosen, minlength=number)
        statistics.append(size_statistics(diameters, drawn))
        if best is not None:
            values = _again(best, diameters, drawn)
            parameters.append(list(values.values()))
            densities.append(density(best.family, values, grid))
    return Uncertainty(
        dict(zip(SizeStatistics._fields, map(percentile_interval, np.array(statistics).T), strict=True)),
        {}
        if best is None
        else dict(zip(best.parameters, map(percentile_interval, np.array(parameters).T), strict=True)),
        None if best is None else _band(grid, best, np.array(densities)),
    )


def _grid(diameters: Values) -> Values:
    """Return diameters that are dense where sizes are, so that a narrow mode has its shape."""
    levels = np.quantile(diameters, np.linspace(0, 1, GRID_POINTS))
    whole, most = (
        np.linspace(0, end, GRID_POINTS + 1)[1:] for end in (1.15 * diameters.max(), 2 * np.quantile(diameters, 0.9))
    )
    return np.unique(np.concatenate([whole, most, levels]))


def _again(best: Fit, diameters: Values, drawn: Values) -> dict[str, float]:
    """Fit the same family to a drawn sample; two sizes start from the fit, so that they keep their order."""
    present = drawn > 0
    if best.family == "bimodal":
        return two_normals(diameters[present], drawn[present], dict(best.parameters))
    return ESTIMATES[best.family](diameters[present], drawn[present])


def _band(grid: Values, best: Fit, densities: Values) -> Band:
    return Band(grid, best.density(grid), *percentile_band(densities))
