"""Particles that the border cuts, and the bias that leaving them out brings.

A large particle is cut by the border more often than a small one, so that the whole ones are too small on average.
Each whole particle is therefore counted as often as, placed at random, one of its size comes to lie wholly inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
    widths: NDArray[np.number],
    heights: NDArray[np.number],
    shape: tuple[int, int],
    field: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for, by its extents alone: see `miles_lantuejoul_weights`.

    In a field that is no rectangle, a particle is taken as a disc whose diameter is the mean of its extents, and its
    chance to lie wholly inside is the share of the field that is at least half of that away from its edge.

    Parameters
    ----------
    widths, heights : ndarray, shape (k,)
        Extents along the rows and columns [px], of particles that lie within the frame.
    shape : (int, int)
        Rows and columns of the scan.
    field : ndarray of bool, shape (H, W), optional
        True where the scan was recorded; None for all of it.

    Returns
    -------
    ndarray, shape (k,)
        At least 1; infinite for what is as large as the scan, or its rectangular field, less its frame.
    """
    if field is not None:
        part = field[ndimage.find_objects(field.astype(np.int8))[0]]
        if not part.all():
            return _weights_within((np.asarray(widths) + heights) / 4, field)
        shape = part.shape[0], part.shape[1]
    rows, columns = (length - 2 * RULES.frame_px for length in shape)
    chance = np.clip(1 - widths / columns, 0, 1) * np.clip(1 - heights / rows, 0, 1)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / chance, np.float64)


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
    near = ndimage.binary_dilation(np.pad(~field, 1, constant_values=True), np.ones((3, 3), bool), RULES.frame_px + 1)
    return np.isin(numbers, np.unique(labels[near[1:-1, 1:-1]]))


def field_weights(boxes: NDArray[np.int64], cut: NDArray[np.bool_], field: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how many particles each whole one stands for, in a field of any shape: see `whole_weights`.

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
    rows, columns = field.shape
    weights[~cut] = whole_weights(boxes[~cut, 2], boxes[~cut, 3], (rows, columns), field)
    return weights


def _weights_within(radius: NDArray[np.float64], field: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return of how many discs of a radius [px], thrown onto a field at random, one lies wholly inside."""
    # Half a pixel lies between the middle of a pixel and the edge beside it.
    depth = ndimage.distance_transform_edt(np.pad(field, 1))[1:-1, 1:-1][field] - 0.5 - RULES.frame_px
    depth = np.sort(depth[depth > 0])
    places = np.maximum(len(depth) - np.searchsorted(depth, radius, side="left"), 1)
    return np.asarray(len(depth) / places, np.float64)
