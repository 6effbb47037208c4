"""Particles that the border cuts, and the bias that leaving them out brings.

A large particle is cut by the border more often than a small one, so that the whole ones are too small on average.
Each whole particle is therefore counted as often as, placed at random, one of its size comes to lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_PX = 1
"""What ends this close to the border is taken as cut by it [px]: many masks, drawn by hand or made by programs, have an
empty frame of one pixel, behind which every cut particle would look whole."""


def touches_border(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which bounding boxes reach the border, or end within `FRAME_PX` of it.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Left, top, width, height [px].
    shape : (int, int)
        Rows and columns of the scan.
    """
    left, top, width, height = boxes.T
    rows, columns = (length - FRAME_PX for length in shape)
    return np.asarray((left <= FRAME_PX) | (top <= FRAME_PX) | (left + width >= columns) | (top + height >= rows))


def miles_lantuejoul_weights(boxes: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for: 1 / ((1 − Fx/W)(1 − Fy/H)).

    Fx and Fy are the extents of a particle along the rows and columns of a scan of W columns and H rows, its frame of
    `FRAME_PX` left out.

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
    # A whole particle lies within the frame.
    rows, columns = (length - 2 * FRAME_PX for length in shape)
    chance = (1 - boxes[whole, 2] / columns) * (1 - boxes[whole, 3] / rows)
    weights = np.zeros(len(boxes))
    weights[whole] = 1 / chance
    return weights
