"""From what was found to what was there: sizes unfolded by the response, and the figures that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.twins.linking import Sized
from diffrendergan.twins.response import Response
from diffrendergan.twins.rules import RULES

Values = NDArray[np.float64]
QUANTILES = {"d10": 0.1, "d50": 0.5, "d90": 0.9}
FIGURES = ("density", "mean", "d10", "d50", "d90", "coverage")
"""Names of the figures beside the bins: particles per pixel, diameters [px], and the covered fraction."""


def grid(*log_sizes: Values) -> Values:
    """Return edges of bins of the logarithm of sizes that hold all given ones, and what they may have been."""
    sizes = np.concatenate(log_sizes)
    low, high = float(sizes.min()) - RULES.beyond, float(sizes.max()) + RULES.beyond
    return np.linspace(low, high, int(np.ceil((high - low) / RULES.step)) + 1)


def binned(log_size: Values, weight: Values, edges: Values) -> Values:
    """Return the particles of each bin; each is shared between the two whose middles are nearest, shape (k,)."""
    step = edges[1] - edges[0]
    place = np.clip((log_size - edges[0]) / step - 0.5, 0, len(edges) - 2)
    left = np.minimum(place.astype(np.int64), len(edges) - 3)
    right = place - left
    count = len(edges) - 1
    return np.asarray(
        np.bincount(left, weight * (1 - right), count) + np.bincount(left + 1, weight * right, count), np.float64
    )


def smoothing(found: Values, edges: Values, number: float) -> float:
    """Return the width by which sizes are smoothed that so many particles tell, a standard deviation of log size.

    Less would take what chance left of a size for its true share, and would find too few of them false.

    Source: after B. W. Silverman, Density Estimation, 1986, section 3.4.2, of which it is a share.
    """
    middles, total = (edges[:-1] + edges[1:]) / 2, max(float(found.sum()), 1e-300)
    mean = float(found @ middles) / total
    spread = float(np.sqrt(found @ (middles - mean) ** 2 / total))
    return float(max(RULES.step, RULES.smooth_share * spread * max(number, 1.0) ** -0.2))


def unfolded(found: Values, response: Response, edges: Values, usual: Values, width: float) -> Values:
    """Return the true particles per pixel of each bin, shape (k,), from found ones.

    The likeliest truth is approached by expectation and maximisation from that of the twins, each step smoothed, and
    ended early: what is finer than the spread of the response cannot be told, and of sizes that are seldom found at all
    the twins know as much as the scan. Of sizes that are hardly ever found, no more is believed to be missed than of
    those of which a share of `RULES.least_given` is found.

    Parameters
    ----------
    found : ndarray, shape (k,)
        Particles per pixel of each bin.
    response : Response
    edges : ndarray, shape (k + 1,)
    usual : ndarray, shape (k,)
        True particles of each bin in the twins, in any unit.
    width : float
        Of the smoothing, as `smoothing` says.

    Source: W. H. Richardson, J. Opt. Soc. Am. 62, 55 (1972); L. B. Lucy, Astron. J. 79, 745 (1974); G. D'Agostini,
    Nucl. Instrum. Meth. A 362, 487 (1995); smoothing after B. W. Silverman et al., J. R. Stat. Soc. B 52, 271 (1990).
    """
    matrix, false = response.matrix(edges), response.false(edges)
    given = np.maximum(matrix.sum(axis=0), 1e-6)
    step = edges[1] - edges[0]
    now = ndimage.gaussian_filter1d(usual, RULES.start_width / step, mode="constant")
    now *= max(float(found.sum()), 1e-300) / max(float(given @ now), 1e-300)
    # Where twins have none, what is found shows by itself; where a start is 0, nothing could grow.
    now += RULES.floor * ndimage.gaussian_filter1d(found, RULES.start_width / step, mode="constant")
    for _ in range(RULES.iterations):
        expected = matrix @ now + false
        now = now / given * (matrix.T @ (found / np.maximum(expected, 1e-300)))
        now = ndimage.gaussian_filter1d(now, width / step, mode="constant")
    # Of sizes that are hardly ever found, nobody can say how many there are.
    return np.asarray(now * np.minimum(given / RULES.least_given, 1), np.float64)


@dataclass(frozen=True, eq=False)
class Described:
    """Figures of one distribution.

    Attributes
    ----------
    figures : float64 (6,)
        In the order of `FIGURES`.
    shares : float64 (b,)
        Share of the particles in each of the bins that are reported.
    """

    figures: Values
    shares: Values


def described(density: Values, edges: Values, coverage: float, bins: Values) -> Described:
    """Return the figures of particles per pixel in bins of log size.

    Parameters
    ----------
    density : ndarray, shape (k,)
    edges : ndarray, shape (k + 1,)
    coverage : float
    bins : ndarray, shape (b + 1,)
        Edges of the bins to report [log px].
    """
    total = float(density.sum())
    if total <= 0:
        return Described(np.array([0, *[np.nan] * 4, coverage]), np.full(len(bins) - 1, np.nan))
    share = np.concatenate([[0], np.cumsum(density)]) / total
    # Strictly rising, so that quantiles are single.
    rising = share + 1e-12 * np.arange(len(share))
    quantiles = np.exp(np.interp(list(QUANTILES.values()), rising, edges))
    mean = float(density @ np.exp((edges[:-1] + edges[1:]) / 2)) / total
    below = np.interp(bins, edges, share)
    below[0], below[-1] = 0, 1
    return Described(np.array([total, mean, *quantiles, coverage]), np.diff(below))


def found_density(found: Sized, pixels: float, edges: Values) -> Values:
    """Return found particles per pixel in bins of log size, each counted by its border weight."""
    return binned(found.log_size, found.weight, edges) / pixels
