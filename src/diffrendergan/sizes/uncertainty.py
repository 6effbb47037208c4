"""Confidence intervals and bands: the same particles drawn again with replacement, many times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs.seeds import generator
from diffrendergan.sizes.bootstrap import Interval, drawn_by_group, percentile_band, percentile_interval
from diffrendergan.sizes.distribution import POWERS, SizeStatistics, Weighting, statistics_of_draws, variance_of_mean
from diffrendergan.sizes.fits import ESTIMATES, Fit, Fits, density
from diffrendergan.sizes.mixture import two_normals

Values = NDArray[np.float64]

GRID_POINTS = 200
"""A band has so many diameters over its whole length, as many where most sizes are, and as many of these."""
LEAST_DRAWS = 2
BLOCK_VALUES = 2**16
"""Draws are evaluated together as long as they hold no more particles than this: what a core's cache holds."""


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

    statistics: Mapping[Weighting, Mapping[str, Interval]]
    """By weighting and name of the statistic; empty without draws."""
    parameters: Mapping[str, Interval]
    """Of the preferred distribution, by name."""
    band: Band | None
    alike: float = 1.0
    """Variance of the mean diameter as a multiple of that of independent particles: above 1 where scans differ."""

    def interval(self, name: str, by: Weighting = "number") -> Interval | None:
        """Return the interval of a statistic; None without draws."""
        return self.statistics.get(by, {}).get(name)


def resample(
    diameters: Values,
    weights: Values,
    fits: Fits,
    draws: int,
    seed: int,
    *purpose: str,
    scans: NDArray[np.int64] | None = None,
) -> Uncertainty:
    """Estimate how uncertain statistics, parameters and the preferred distribution are.

    Particles of several scans are drawn by scan: scans first, then particles in each, so that what differs between
    scans widens the intervals. Those of a single scan are drawn as if independent of each other, which they seldom are
    quite.

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
    scans : ndarray of int, shape (k,), optional
        The scan of each particle; None for particles of one scan.

    Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993 (percentile intervals).
    """
    used = weights > 0
    groups = np.zeros(int(used.sum()), np.int64) if scans is None else np.unique(scans[used], return_inverse=True)[1]
    diameters, weights = diameters[used], weights[used]
    number = len(diameters)
    if draws < LEAST_DRAWS or number < 2:
        return Uncertainty({}, {}, None)
    order = np.argsort(diameters)
    diameters, weights, groups = diameters[order], weights[order], groups[order]
    rng = generator(seed, "quantification", "bootstrap", *purpose)
    best = fits.best
    grid = _grid(diameters)
    parameters, densities = [], []
    statistics: dict[Weighting, list[Values]] = {by: [] for by in POWERS}
    for block in _blocks(drawn_by_group(groups, draws, rng), max(1, BLOCK_VALUES // number)):
        drawn = weights * np.array([np.bincount(chosen, minlength=number) for chosen in block])
        for by, made in statistics.items():
            made.append(statistics_of_draws(diameters, drawn, by))
        if best is not None:
            for sample in drawn:
                values = _again(best, diameters, sample)
                parameters.append(list(values.values()))
                densities.append(density(best.family, values, grid))
    of_draws = {by: np.concatenate(made) for by, made in statistics.items()}
    return Uncertainty(
        {by: _intervals(made) for by, made in of_draws.items()},
        {}
        if best is None
        else dict(zip(best.parameters, map(percentile_interval, np.array(parameters).T), strict=True)),
        None if best is None else _band(grid, best, np.array(densities)),
        _alike(of_draws["number"][:, SizeStatistics._fields.index("mean")], diameters, weights),
    )


def _blocks(samples: Iterator[NDArray[np.int64]], most: int) -> Iterator[list[NDArray[np.int64]]]:
    while block := list(islice(samples, most)):
        yield block


def _intervals(made: Values) -> dict[str, Interval]:
    return dict(zip(SizeStatistics._fields, map(percentile_interval, made.T), strict=True))


def _alike(means: Values, diameters: Values, weights: Values) -> float:
    """Compare the variance of drawn means with that of independent particles; 1 where all are of one size."""
    independent = variance_of_mean(diameters - np.average(diameters, weights=weights), weights)
    return float(np.var(means) / independent) if independent > 0 else 1.0


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
