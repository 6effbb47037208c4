"""A smooth model of how the statistics of arrangements depend on what calibration may change.

One arrangement says little, since arrangements differ much among themselves. So each is drawn with parameters of its
own, and a quadratic is fitted to what they show: then every arrangement informs the whole surface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from diffrendergan.calibration.measure import PatchStatistics, Values
from diffrendergan.calibration.rules import RULES

PER_PATCH = ("covered", "counts")
"""Statistics with one value per patch; the spectrum has one per patch and bin, all others some per particle."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """Where the distributions of the real patches are cut, and what they hold then.

    Attributes
    ----------
    edges : dict
        Inner edges (RULES.bins − 1,) of each statistic.
    real : dict
        Mean features of the real patches; see `features`.
    scales : dict
        Spread between real patches, by which means are divided.
    """

    edges: dict[str, Values]
    real: dict[str, Values]
    scales: dict[str, Values]


def make_yardstick(patches: Sequence[PatchStatistics]) -> Yardstick:
    """Return the yardstick of the real patches, each with its statistics."""
    edges, scales = {}, {}
    for name in RULES.weights:
        pooled = np.concatenate([getattr(patch, name) for patch in patches])
        if name == "spectrum":
            scales[name] = np.maximum(pooled.std(axis=0), 1e-3)
        elif name in PER_PATCH:
            scales[name] = np.maximum(pooled.std(keepdims=True), 0.1 * abs(pooled.mean()) + 1e-9)
        if name != "spectrum" and len(pooled):
            edges[name] = np.unique(np.quantile(pooled, np.arange(1, RULES.bins) / RULES.bins))
    draft = Yardstick(edges, {}, scales)
    rows = [features(patch, draft) for patch in patches]
    return Yardstick(edges, {name: np.mean([row[name] for row in rows], axis=0) for name in rows[0]}, scales)


def features(patch: PatchStatistics, yardstick: Yardstick) -> dict[str, Values]:
    """Return what a patch adds to each statistic: scaled values of the patch, and how many values lie in each bin."""
    result = {}
    for name in RULES.weights:
        values = getattr(patch, name)
        scale = yardstick.scales.get(name)
        parts = []
        if scale is not None:
            parts.append(np.atleast_1d(values.mean(axis=0) / scale).ravel())
        edges = yardstick.edges.get(name)
        if edges is not None:
            parts.append(np.bincount(np.digitize(values, edges), minlength=len(edges) + 1).astype(float))
        if parts:
            result[name] = np.concatenate(parts)
    return result


@dataclass(frozen=True, eq=False)
class Surface:
    """Quadratic models of all features around a centre.

    Attributes
    ----------
    centre, widths : float64 (d,)
        Coordinates are divided by the widths around the centre.
    coefficients : dict
        Float64 (terms, features) of each statistic.
    yardstick : Yardstick
    """

    centre: Values
    widths: Values
    coefficients: dict[str, Values]
    yardstick: Yardstick

    def value(self, vector: Values) -> float:
        """Return the squared distance from the real patches at coordinates (d,), weighted over all statistics."""
        return self.value_and_slope(vector)[0]

    def value_and_slope(self, vector: Values) -> tuple[float, Values]:
        """Return the value at coordinates (d,), and its derivatives by them (d,)."""
        scaled = (vector - self.centre) / self.widths
        design, slopes = terms(scaled[None])[0], _slopes(scaled)
        total, slope = 0.0, np.zeros(len(scaled))
        for name, coefficients in self.coefficients.items():
            distance, pull = self._distance(name, design @ coefficients)
            total += RULES.weights[name] * distance
            slope += RULES.weights[name] * (slopes @ (coefficients @ pull))
        weight = sum(RULES.weights[name] for name in self.coefficients)
        return total / weight, slope / self.widths / weight

    def lowest(self, low: Values, high: Values, starts: NDArray[np.float64]) -> Values:
        """Return the coordinates of the lowest point within a box, found from several starts (k, d)."""
        bounds = list(zip(low, high, strict=True))
        found = [
            minimize(self.value_and_slope, np.clip(start, low, high), method="L-BFGS-B", bounds=bounds, jac=True)
            for start in starts[: RULES.descents]
        ]
        return np.asarray(min(found, key=lambda one: float(one.fun)).x)

    def _distance(self, name: str, predicted: Values) -> tuple[float, Values]:
        """Return the squared distance of predicted features, and its derivatives by them."""
        real = self.yardstick.real[name]
        scaled = len(self.yardstick.scales.get(name, ()))
        distance, pull = 0.0, np.zeros(len(predicted))
        if scaled:
            off = predicted[:scaled] - real[:scaled]
            distance, pull[:scaled] = float((off**2).mean()), 2 / scaled * off
        if name in self.yardstick.edges:
            mine, theirs = (np.maximum(part[scaled:], 1e-3) for part in (predicted, real))
            share = mine / mine.sum()
            # Differences of the cumulative distributions; RULES.bins makes a shift by one bin count as one.
            gap = (np.cumsum(share) - np.cumsum(theirs / theirs.sum()))[:-1]
            distance += RULES.bins * float((gap**2).mean())
            # A bin's share is in its own sum and in all that follow; what one bin gains, all lose in proportion.
            by_share = np.append(np.cumsum(gap[::-1])[::-1], 0.0) * (2 * RULES.bins / len(gap))
            by_value = (by_share - by_share @ share) / mine.sum()
            pull[scaled:] = np.where(predicted[scaled:] > 1e-3, by_value, 0.0)
        return distance, pull


def fit_surface(
    vectors: NDArray[np.float64],
    rows: Sequence[Mapping[str, Values]],
    centre: Values,
    widths: Values,
    yardstick: Yardstick,
) -> Surface:
    """Fit quadratics to features, the more weight the nearer to the centre.

    Parameters
    ----------
    vectors : float64 (k, d)
        Coordinates of the samples.
    rows : sequence of dict
        Their features.
    centre, widths : float64 (d,)
    yardstick : Yardstick
    """
    scaled = (vectors - centre) / widths
    weight = np.sqrt(np.exp(-0.5 * (scaled**2).mean(axis=1)))
    design = terms(scaled) * weight[:, None]
    strength = np.full(design.shape[1], RULES.ridge)
    # Products are held back: they are what few samples cannot tell. The rest only as far as coordinates that never vary
    # need it.
    strength[: scaled.shape[1] + 1] = 1e-6
    penalty = np.diag(strength * float((weight**2).sum()))
    inverse = np.linalg.solve(design.T @ design + penalty, design.T)
    coefficients = {
        name: inverse @ (np.stack([row[name] for row in rows]) * weight[:, None]) for name in yardstick.real
    }
    return Surface(centre, widths, coefficients, yardstick)


def terms(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1, all coordinates, and all their products, (k, terms)."""
    rows, columns = np.triu_indices(scaled.shape[1])
    return np.concatenate([np.ones((len(scaled), 1)), scaled, scaled[:, rows] * scaled[:, columns]], axis=1)


def _slopes(scaled: Values) -> NDArray[np.float64]:
    """Return the derivatives of all terms by each coordinate, (d, terms)."""
    count = len(scaled)
    rows, columns = np.triu_indices(count)
    products, term = np.zeros((count, len(rows))), np.arange(len(rows))
    np.add.at(products, (rows, term), scaled[columns])
    np.add.at(products, (columns, term), scaled[rows])
    return np.concatenate([np.zeros((count, 1)), np.eye(count), products], axis=1)
