"""Polygons as pixels: a pixel belongs to what its centre lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

ROUND_CORNERS = 128
"""Corners of the polygon that stands for an ellipse."""


def filled(outlines: Iterable[NDArray[np.floating]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels whose centres lie within an odd number of outlines: an outline within another is a hole.

    Parameters
    ----------
    outlines : iterable of ndarray, shape (n, 2)
        Corners as x, y: pixel (x, y) reaches from (x, y) to (x + 1, y + 1). The last is joined with the first.
    shape : (int, int)
        Rows and columns; what reaches beyond is cut.

    Returns
    -------
    bool (H, W)
    """
    height, width = shape
    turns = np.zeros((height, width + 1), np.int32)
    for outline in outlines:
        corners = np.asarray(outline, float).reshape(-1, 2)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            low, high = min(y0, y1), max(y0, y1)
            # Rows whose centres the edge passes; each end counts for one of the two edges that meet there.
            rows = np.arange(max(0, int(np.ceil(low - 0.5))), min(height, int(np.ceil(high - 0.5))))
            if not rows.size:
                continue
            crossed = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            np.add.at(turns, (rows, np.clip(np.ceil(crossed - 0.5), 0, width).astype(int)), 1)
    return np.asarray(np.cumsum(turns[:, :width], axis=1) % 2 == 1)


def ellipse(left: float, top: float, right: float, bottom: float) -> NDArray[np.float64]:
    """Return the outline of an ellipse within a box, shape (n, 2) as x, y."""
    angles = np.linspace(0, 2 * np.pi, ROUND_CORNERS, endpoint=False)
    x = (left + right) / 2 + (right - left) / 2 * np.cos(angles)
    y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(angles)
    return np.stack([x, y], axis=1)


def reach(outlines: Iterable[NDArray[np.floating]]) -> tuple[int, int]:
    """Return the rows and columns of the smallest image that holds all outlines, at least one of each."""
    furthest = [1.0, 1.0]
    for outline in outlines:
        corners = np.asarray(outline, float).reshape(-1, 2)
        if len(corners):
            furthest = [max(furthest[0], corners[:, 1].max()), max(furthest[1], corners[:, 0].max())]
    return int(np.ceil(furthest[0])), int(np.ceil(furthest[1]))


def painted(
    masks: Iterable[tuple[int, NDArray[np.bool_]]], shape: tuple[int, int]
) -> tuple[NDArray[np.int32], Sequence[str]]:
    """Paint regions one over the other into a label image, later ones on top.

    Parameters
    ----------
    masks : iterable of (int, bool (H, W))
        Number and pixels of each region.
    shape : (int, int)
        Rows and columns.

    Returns
    -------
    int32 (H, W), sequence of str
        And what is to be said of it, a sentence each.
    """
    labels = np.zeros(shape, np.int32)
    overlapping, numbers = 0, []
    for number, mask in masks:
        overlapping += bool((labels[mask] > 0).any())
        labels[mask] = number
        numbers.append(number)
    remarks = []
    if overlapping:
        remarks.append(f"{overlapping} regions overlap others; what comes later in the file lies on top")
    lost = len(set(numbers)) - len(np.unique(labels[labels > 0]))
    if lost:
        remarks.append(f"{lost} regions hold no pixel of their own, and are left out")
    return labels, remarks
