"""How far each particle reaches in each row: all that bounding boxes and convex hulls need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class RowExtents(NamedTuple):
    """First and last pixel of each particle in each of its rows, shape (n,), sorted by label, then by row."""

    label: Ints
    row: Ints
    left: Ints
    right: Ints
    start: Ints
    """Where each particle's rows begin, shape (k,)."""

    @property
    def end(self) -> Ints:
        """Where each particle's rows end, shape (k,)."""
        return np.append(self.start, len(self.row))[1:]


def row_extents(labels: NDArray[np.integer], rows: Ints, columns: Ints) -> RowExtents:
    """Find the row extents of all particles.

    Parameters
    ----------
    labels, rows, columns : ndarray, shape (m,)
        Label and place of each pixel that is not background, in raster order.
    """
    if len(labels) == 0:
        return RowExtents(*(np.zeros(0, np.int64) for _ in RowExtents._fields))
    # Sorting is stable, so that within a label and a row the columns still ascend.
    order = np.argsort(labels, kind="stable")
    label, row, column = labels[order].astype(np.int64), rows[order], columns[order]
    first = np.ones(len(label), bool)
    first[1:] = (label[1:] != label[:-1]) | (row[1:] != row[:-1])
    at = np.flatnonzero(first)
    last = np.append(at[1:], len(label)) - 1
    label = label[at]
    starts = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
    return RowExtents(label, row[at], column[at], column[last], starts)


def bounding_boxes(extents: RowExtents) -> Ints:
    """Return left, top, width and height [px] of each particle, shape (k, 4)."""
    if len(extents.start) == 0:
        return np.zeros((0, 4), np.int64)
    left = np.minimum.reduceat(extents.left, extents.start)
    right = np.maximum.reduceat(extents.right, extents.start)
    top = extents.row[extents.start]
    bottom = extents.row[extents.end - 1]
    return np.column_stack([left, top, right - left + 1, bottom - top + 1])
