"""A mixture of two normal distributions, fitted to weighted diameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SPLITS = (0.15, 0.35, 0.5, 0.65, 0.85)
"""Shares of the particles below which the first of two sizes is looked for at the start."""
MOST_ITERATIONS = 300
TOLERANCE = 1e-7
"""Iterations end when the mean log-likelihood gains less."""
LEAST_SIGMA = 0.005
"""Least standard deviation of either, as a fraction of the mean diameter: a single diameter is no size."""
BINS = 4096
"""More diameters than this are counted in so many bins."""


class _Pair(NamedTuple):
    """Shares, means and variances of both, shape (2, 1)."""

    share: Values
    mean: Values
    variance: Values


def two_normals(diameters: Values, weights: Values, start: dict[str, float] | None = None) -> dict[str, float]:
    """Fit by expectation and maximisation from several starts, and keep the likeliest.

    Parameters
    ----------
    diameters, weights : ndarray, shape (k,)
        Positive diameters, and how many particles each stands for.
    start : dict, optional
        An earlier result to start from, instead of the usual starts.

    Returns
    -------
    dict
        mean1, sigma1, mean2, sigma2 and p, the share of the second: the rarer one, or the second of `start`.

    Source: A. P. Dempster, N. M. Laird, D. B. Rubin, J. R. Stat. Soc. B 39, 1 (1977).
    """
    sample, counts = _binned(diameters, weights / weights.sum())
    starts = [_split(sample, counts, share) for share in SPLITS] if start is None else [_pair(start)]
    floor = (LEAST_SIGMA * float(counts @ sample)) ** 2
    fits = [_climb(first, sample, counts, floor) for first in starts]
    likeliest = max(fits, key=lambda fit: fit[1])[0]
    return _parameters(likeliest if start is not None else _rarer_last(likeliest))


def _binned(diameters: Values, counts: Values) -> tuple[Values, Values]:
    if len(diameters) <= BINS:
        return diameters, counts
    numbers, edges = np.histogram(diameters, BINS, weights=counts)
    filled = numbers > 0
    return ((edges[1:] + edges[:-1]) / 2)[filled], numbers[filled]


def _split(sample: Values, counts: Values, share: float) -> _Pair:
    """Start with the smaller and the larger ones apart."""
    order = np.argsort(sample, kind="stable")
    below = np.zeros(len(sample))
    below[order] = np.clip((share - np.cumsum(counts[order])) / counts[order] + 1, 0, 1)
    return _maximised(np.stack([below, 1 - below]) * counts, sample, 0.0)


def _climb(pair: _Pair, sample: Values, counts: Values, floor: float) -> tuple[_Pair, float]:
    likelihood = -np.inf
    for _ in range(MOST_ITERATIONS):
        variance = np.maximum(pair.variance, floor)
        logs = np.log(pair.share) - (sample - pair.mean) ** 2 / (2 * variance) - np.log(2 * np.pi * variance) / 2
        total = np.logaddexp(logs[0], logs[1])
        previous, likelihood = likelihood, float(counts @ total)
        if likelihood - previous < TOLERANCE:
            break
        pair = _maximised(np.exp(logs - total) * counts, sample, floor)
    return pair, likelihood


def _maximised(belonging: Values, sample: Values, floor: float) -> _Pair:
    share = np.maximum(belonging.sum(axis=1, keepdims=True), 1e-12)
    mean = (belonging @ sample)[:, None] / share
    variance = (belonging * (sample - mean) ** 2).sum(axis=1, keepdims=True) / share
    return _Pair(share, mean, np.maximum(variance, floor))


def _rarer_last(pair: _Pair) -> _Pair:
    order = np.argsort(-pair.share[:, 0], kind="stable")
    return _Pair(*(values[order] for values in pair))


def _parameters(pair: _Pair) -> dict[str, float]:
    mean, sigma = pair.mean[:, 0], np.sqrt(pair.variance[:, 0])
    return {
        "mean1": float(mean[0]), "sigma1": float(sigma[0]),
        "mean2": float(mean[1]), "sigma2": float(sigma[1]),
        "p": float(pair.share[1, 0] / pair.share.sum()),
    }  # fmt: skip


def _pair(values: dict[str, float]) -> _Pair:
    share = np.array([[1 - values["p"]], [values["p"]]])
    mean = np.array([[values["mean1"]], [values["mean2"]]])
    return _Pair(np.maximum(share, 1e-12), mean, np.array([[values["sigma1"]], [values["sigma2"]]]) ** 2)
