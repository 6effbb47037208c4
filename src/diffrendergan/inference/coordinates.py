"""Coordinates of what a set shows, in which any numbers are a possible truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.inference.rules import RULES
from diffrendergan.inference.truth import QUANTITIES, Truth

Values = NDArray[np.float64]

DIMENSIONS = 5
"""Logarithm of the median; of how far p10 and p90 are from it; log odds of the coverage; logarithm of the density."""


def to_coordinates(shown: Truth) -> Values:
    """Return what a set shows as float64 (5,)."""
    floor = RULES.least_tail
    return np.array(
        [
            np.log(shown.median),
            np.log(np.log(shown.median / shown.p10) + floor),
            np.log(np.log(shown.p90 / shown.median) + floor),
            logit(shown.coverage),
            np.log(max(shown.density, RULES.least_density)),
        ]
    )


def to_quantities(coordinates: Values) -> Values:
    """Return median, p10, p90 [px], coverage and density [1/Mpx] of coordinates (m, 5): float64 (m, 5).

    p10 is below the median, and p90 above, whatever the coordinates are.
    """
    log_median, below, above, odds, log_density = np.asarray(coordinates, float).T
    tails = [np.maximum(np.exp(np.minimum(side, 3.0)) - RULES.least_tail, 0.0) for side in (below, above)]
    columns = (log_median, log_median - tails[0], log_median + tails[1])
    sizes = [np.exp(column) for column in columns]
    return np.column_stack([*sizes, 1 / (1 + np.exp(-odds)), np.exp(log_density)])


def scaled(quantities: Values) -> Values:
    """Return quantities (m, 5) on the scales on which errors are counted: logarithms, and log odds of the coverage."""
    values = np.asarray(quantities, float).copy()
    coverage = QUANTITIES.index("coverage")
    share = np.clip(values[:, coverage], RULES.least_share, 1 - RULES.least_share)
    values[:, coverage] = share / (1 - share)
    return np.log(values)


def unscaled(values: Values) -> Values:
    """Return the quantities (m, 5) whose `scaled` values these are."""
    quantities = np.exp(np.asarray(values, float))
    coverage = QUANTITIES.index("coverage")
    quantities[:, coverage] = quantities[:, coverage] / (1 + quantities[:, coverage])
    return quantities


def logit(share: float) -> float:
    """Return the log odds of a share, kept away from 0 and 1."""
    kept = min(max(share, RULES.least_share), 1 - RULES.least_share)
    return float(np.log(kept / (1 - kept)))
