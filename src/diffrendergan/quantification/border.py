"""Particles that the border cuts, and the bias that leaving them out brings.

A large particle is cut by the border more often than a small one, so that the whole ones are too small on average.
Each whole particle is therefore counted as often as, placed at random, one of its size comes to lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def touches_border(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which bounding boxes reach the first or last row or column.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Left, top, width, height [px].
    shape : (int, int)
        Rows and columns of the scan.
    """
    left, top, width, height = boxes.T
    return np.asarray((left <= 0) | (top <= 0) | (left + width >= shape[1]) | (top + height >= shape[0]))


def miles_lantuejoul_weights(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for: 1 / ((1 − Fx/W)(1 − Fy/H)).

    Fx and Fy are the extents of a particle along the rows and columns of a scan of W columns and H rows.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Left, top, width, height [px].
    shape : (int, int)
        Rows and columns of the scan.

    Returns
    -------
    ndarray, shape (k,)
        At least 1; 0 for particles that touch the border, which are left out.

    Source: R. E. Miles 1974; C. Lantuéjoul 1980; J. Serra, Image Analysis and Mathematical Morphology, 1982, ch. VIII.
    """
    whole = ~touches_border(boxes, shape)
    chance = (1 - boxes[:, 2] / shape[1]) * (1 - boxes[:, 3] / shape[0])
    weights = np.zeros(len(boxes))
    weights[whole] = 1 / chance[whole]
    return weights
