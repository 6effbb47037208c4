"""Particles that the border cuts, and the bias that leaving them out brings.

A large particle is cut by the border more often than a small one, so that the whole ones are too small on average.
Each whole particle is therefore counted as often as, placed at random, one of its size comes to lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.sizes.rules import RULES


def touches_border(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which bounding boxes reach the border, or end within `RULES.frame_px` of it.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Left, top, width, height [px].
    shape : (int, int)
        Rows and columns of the scan.
    """
    left, top, width, height = boxes.T
    frame = RULES.frame_px
    rows, columns = (length - frame for length in shape)
    return np.asarray((left <= frame) | (top <= frame) | (left + width >= columns) | (top + height >= rows))


def miles_lantuejoul_weights(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for: 1 / ((1 − Fx/W)(1 − Fy/H)).

    Fx and Fy are the extents of a particle along the rows and columns of a scan of W columns and H rows, its frame of
    `RULES.frame_px` left out.

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
    weights = np.zeros(len(boxes))
    weights[whole] = whole_weights(boxes[whole, 2], boxes[whole, 3], shape)
    return weights


def whole_weights(
    widths: NDArray[np.number], heights: NDArray[np.number], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for, by its extents alone: see `miles_lantuejoul_weights`.

    Parameters
    ----------
    widths, heights : ndarray, shape (k,)
        Extents along the rows and columns [px], of particles that lie within the frame.
    shape : (int, int)
        Rows and columns of the scan.

    Returns
    -------
    ndarray, shape (k,)
        At least 1; infinite for what is as large as the scan less its frame.
    """
    rows, columns = (length - 2 * RULES.frame_px for length in shape)
    chance = np.clip(1 - widths / columns, 0, 1) * np.clip(1 - heights / rows, 0, 1)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / chance, np.float64)
