"""Particles that the border cuts, and the bias that leaving them out brings.

A large particle is cut by the border more often than a small one, so that the whole ones are too small on average.
Each whole particle is therefore counted as often as, placed at random, one of its size comes to lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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


def cut_by_field(
    labels: NDArray[np.integer], numbers: NDArray[np.integer], field: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which particles the edge of the field cuts: `touches_border` for a field of any shape.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above.
    numbers : ndarray of int, shape (k,)
        Labels of the particles.
    field : ndarray of bool, shape (H, W)
        True where the scan was recorded.
    """
    near = ndimage.binary_dilation(np.pad(~field, 1, constant_values=True), np.ones((3, 3), bool), FRAME_PX + 1)
    return np.isin(numbers, np.unique(labels[near[1:-1, 1:-1]]))


def field_weights(boxes: NDArray[np.int64], cut: NDArray[np.bool_], field: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for, in a field of any shape.

    In a rectangle it is `miles_lantuejoul_weights`. Otherwise, a particle is taken as a disc whose diameter is the mean
    of its extents along rows and columns, and its chance to lie wholly inside is the share of the field that is at
    least half of that away from its edge.

    Parameters
    ----------
    boxes : ndarray, shape (k, 4)
        Left, top, width, height [px].
    cut : ndarray of bool, shape (k,)
        Particles that the edge of the field cuts.
    field : ndarray of bool, shape (H, W)
        True where the scan was recorded.

    Returns
    -------
    ndarray, shape (k,)
        At least 1; 0 for particles that are cut.
    """
    weights = np.zeros(len(boxes))
    place = ndimage.find_objects(field.astype(np.int8))[0]
    if field[place].all():
        rows, columns = field[place].shape
        shift = np.array([place[1].start, place[0].start, 0, 0])
        weights[~cut] = miles_lantuejoul_weights(boxes - shift, (rows, columns))[~cut]
        return weights
    # Half a pixel lies between the middle of a pixel and the edge beside it.
    depth = ndimage.distance_transform_edt(np.pad(field, 1))[1:-1, 1:-1][field] - 0.5 - FRAME_PX
    depth = np.sort(depth[depth > 0])
    radius = (boxes[:, 2] + boxes[:, 3]) / 4
    places = np.maximum(len(depth) - np.searchsorted(depth, radius, side="left"), 1)
    weights[~cut] = (len(depth) / places)[~cut]
    return weights
