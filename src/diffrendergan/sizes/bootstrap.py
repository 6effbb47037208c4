"""The bootstrap: what other samples of as many values might have given. Of particles see `sizes.uncertainty`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from diffrendergan.runs import seeds

RESAMPLES = 2000
"""Draws for means of scores: their intervals then repeat to about 1 % of their width (rule of thumb)."""
CONFIDENCE = 0.95
"""Intervals and bands hold the true value with this probability (convention)."""


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def percentile_interval(draws: NDArray[np.float64], level: float = CONFIDENCE) -> Interval:
    """Return the interval that holds the central part of what the draws gave; NaN without any.

    Parameters
    ----------
    draws : ndarray, shape (n,)
        One value a draw; those that are not finite are left out.
    level : float
        Probability in (0, 1) that the interval is meant to cover.

    Source: B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    finite = draws[np.isfinite(draws)]
    if not len(finite):
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def percentile_band(
    draws: NDArray[np.float64], level: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of `percentile_interval` for many quantities at once, shape (k,) each.

    Parameters
    ----------
    draws : ndarray, shape (n, k)
        One row a draw.
    level : float
        As there.
    """
    if len(draws) and np.isfinite(draws).all():
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high
    ends = np.array([percentile_interval(column, level) for column in draws.T]).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def wilson_band(
    shares: NDArray[np.float64], number: float, level: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of the intervals of shares that were counted among so many, shape (k,) each.

    Where a share is 0 or 1, or nearly so, drawing again gives no interval; this does.

    Parameters
    ----------
    shares : ndarray, shape (k,)
        In [0, 1].
    number : float
        How many were counted, above 0.
    level : float
        Probability in (0, 1) that an interval is meant to cover.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
    """
    squared = float(ndtri((1 + level) / 2)) ** 2 / number
    middle = (shares + squared / 2) / (1 + squared)
    half = np.sqrt(squared * shares * (1 - shares) + squared**2 / 4) / (1 + squared)
    return middle - half, middle + half


def drawn_again(number: int, draws: int, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield `draws` samples of `number` indices below `number`, drawn with replacement; shape (number,) each."""
    for _ in range(draws):
        yield generator.integers(0, number, number)


def drawn_by_group(
    groups: NDArray[np.int64], draws: int, generator: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield `draws` samples of indices, groups drawn with replacement first, then as many members of each as it has.

    Members of one group may resemble each other; what differs between groups then widens what the draws give.

    Parameters
    ----------
    groups : ndarray of int, shape (n,)
        The group of each member, numbered from 0 without gaps. A single group gives `drawn_again`.
    draws : int
    generator : numpy.random.Generator

    Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.
    """
    number = int(groups.max(initial=-1)) + 1
    if number < 2:
        yield from drawn_again(len(groups), draws, generator)
        return
    members = [np.flatnonzero(groups == group) for group in range(number)]
    for _ in range(draws):
        chosen = [members[group] for group in generator.integers(0, number, number)]
        yield np.concatenate([part[generator.integers(0, len(part), len(part))] for part in chosen])


def bootstrap_mean(
    values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0, level: float = CONFIDENCE
) -> Interval | None:
    """Return the percentile bootstrap interval of a mean.

    Values of equal number are drawn alike for equal seeds, whatever they measure.

    Parameters
    ----------
    values
        One value per scan: scans are what chance has picked, so seeds of one scan must be averaged before.
    resamples
        Number of draws, at least 1.
    seed
        Of the draws.
    level
        Probability in (0, 1) that the interval is meant to cover.

    Returns
    -------
    Interval or None
        None for fewer than two values, which say nothing of their spread.

    Raises
    ------
    ValueError
        If `resamples` or `level` is out of range, or a value is NaN or infinite.
    """
    if resamples < 1 or not 0 < level < 1:
        raise ValueError(f"resamples must be at least 1 and level in (0, 1), got {resamples} and {level}")
    sample = np.asarray(values, dtype=np.float64)
    if not np.isfinite(sample).all():
        raise ValueError("values must be finite")
    if len(sample) < 2:
        return None
    return percentile_interval(sample[_chosen(len(sample), resamples, seed)].mean(axis=1), level)


@lru_cache(maxsize=8)
def _chosen(number: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """Return which values each draw takes, (resamples, number): the same for each score of as many scans."""
    return seeds.generator(seed, "scores", "bootstrap").integers(0, number, (resamples, number))
