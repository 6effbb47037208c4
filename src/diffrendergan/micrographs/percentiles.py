"""Percentiles of the numbers of a file, which may be half a gigapixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def percentiles(values: NDArray[np.generic], percent: Sequence[float]) -> NDArray[np.float64]:
    """Return percentiles, as `numpy.percentile` of the values in double precision does.

    That takes sixteen bytes a pixel for a copy in double precision and the copy that it orders; this orders one of the
    kind of the values. By itself, `numpy.percentile` counts pixels in the precision of the values, and single
    precision cannot count further than 2²⁴.

    Parameters
    ----------
    values : ndarray
        At least one number.
    percent : sequence of float
        Between 0 and 100.

    Returns
    -------
    ndarray, shape (len(percent),)
    """
    places = np.asarray(percent, np.float64) / 100 * (values.size - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, values.size - 1)
    ordered = np.partition(values, np.unique(np.concatenate([below, above])), axis=None)
    low, high = ordered[below].astype(np.float64), ordered[above].astype(np.float64)
    share = places - below
    return np.asarray(np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share)), np.float64)
