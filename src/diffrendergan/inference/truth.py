"""What a set of labelled scans truly shows: the quantities that posteriors are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.inference.rules import RULES
from diffrendergan.sizes.border import whole_weights
from diffrendergan.sizes.distribution import weighted_quantiles
from diffrendergan.sizes.rules import RULES as SIZE_RULES
from diffrendergan.sizes.units import equivalent_diameters

Values = NDArray[np.float64]
QUANTITIES = ("median", "p10", "p90", "coverage", "density")
"""Names of the quantities, in the order of vectors."""


@dataclass(frozen=True, eq=False)
class TrueScan:
    """The particles of one labelled scan.

    Attributes
    ----------
    diameters, weights : (k,)
        Of whole particles [px], and how many each stands for.
    number : int
        All particles, whole or cut by the border, however small.
    coverage : float
        Fraction of the scan that is particle.
    pixels : int
    """

    diameters: Values
    weights: Values
    number: int
    coverage: float
    pixels: int


@dataclass(frozen=True)
class Truth:
    """What a set of scans shows.

    Attributes
    ----------
    median, p10, p90 : float
        Percentiles of the diameters of whole particles of `RULES.least_px` and more [px]; each counts as often as the
        border cuts one of its size.
    coverage : float
        Fraction of the area that is particle: the mean over scans.
    density : float
        Of these particles, per megapixel.
    whole : int
        Number of whole particles.
    """

    median: float
    p10: float
    p90: float
    coverage: float
    density: float
    whole: int


def true_scan(labels: NDArray[np.integer], silhouettes: NDArray[np.integer] | None = None) -> TrueScan:
    """Return the particles of a label image.

    Parameters
    ----------
    labels : int (H, W)
        0 background, 1..k particles.
    silhouettes : int (k + 1,), optional
        Area of each whole particle, with what others hide. Those of which little is seen (`RULES.least_seen`) cover
        area, but what is left of them is no size.
    """
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    counted = areas > 0
    if silhouettes is not None:
        counted &= areas >= RULES.least_seen * silhouettes[: len(areas)]
    whole = counted.copy()
    whole[np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))] = False
    diameters = equivalent_diameters(areas[whole].astype(float))
    return TrueScan(
        diameters,
        border_weights(diameters, labels.shape),
        int(counted.sum()),
        float((labels > 0).mean()),
        labels.size,
    )


def border_weights(diameters: Values, shape: tuple[int, ...], field: NDArray[np.bool_] | None = None) -> Values:
    """Return how many particles each whole one stands for, as `init` reckons."""
    rows, columns = shape
    return np.minimum(whole_weights(diameters, diameters, (rows, columns), field), SIZE_RULES.most_weight_guessed)


def truth_of(scans: Sequence[TrueScan]) -> Truth | None:
    """Return what scans show together; None if no particle is whole."""
    diameters, weights = (np.concatenate([getattr(scan, name) for scan in scans]) for name in ("diameters", "weights"))
    pixels, coverage = sum(scan.pixels for scan in scans), float(np.mean([scan.coverage for scan in scans]))
    return described(diameters, weights, coverage, pixels)


def described(diameters: Values, weights: Values, coverage: float, pixels: float) -> Truth | None:
    """Return what whole particles of given diameters [px] and weights are; None if none is large enough."""
    large = diameters >= RULES.least_px
    if not large.any():
        return None
    p10, median, p90 = weighted_quantiles(diameters[large], weights[large], (0.1, 0.5, 0.9))
    return Truth(median, p10, p90, coverage, 1e6 * float(weights[large].sum()) / pixels, int(large.sum()))
