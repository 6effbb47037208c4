"""How many particles each whole one stands for in a montage: the border rule of one scan, for many tiles.

A particle is measured if it lies wholly inside some tile. Placed at random, one of extents Fx and Fy does so with a
chance that is a product over both directions, as in one scan; along a row of tiles it is the length of the union of
[left, right − Fx] over that of [left, right]. Where tiles overlap by more than a particle, that is the chance in the
whole montage; where they do not, larger particles are cut by seams, and stand for more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.quantification.montage.layout import Layout
from diffrendergan.sizes.rules import RULES

Ints = NDArray[np.int64]
Values = NDArray[np.float64]


def montage_weights(widths: Values, heights: Values, layout: Layout) -> Values:
    """Return how many particles each whole one stands for, shape (k,).

    Exact for a grid of rows and columns, whose tiles may be a few pixels off and may lack some; an approximation for
    tiles that lie anyhow.

    Parameters
    ----------
    widths, heights : ndarray, shape (k,)
        Extents of particles that lie wholly inside some tile [px].
    layout : Layout

    Source: R. E. Miles 1974; C. Lantuéjoul 1980, as in `sizes.border`, with tiles in place of the scan.
    """
    along = _chance(widths, layout, 0)
    across = _chance(heights, layout, 1)
    return np.asarray(1 / (along * across))


def _chance(extents: Values, layout: Layout, axis: int) -> Values:
    """Return the chance not to be cut along an axis, of each extent."""
    values, place = np.unique(np.r_[0.0, extents], return_inverse=True)
    total = np.zeros(len(values))
    frame = RULES.frame_px
    for members in lines_of(layout, 1 - axis):
        starts = layout.corners[members, axis] + frame
        ends = layout.ends[members, axis] - frame
        total += _covered(starts, ends, values)
    return np.asarray((total / total[0])[place[1:]])


def _covered(starts: Ints, ends: Ints, extents: Values) -> Values:
    """Return the length of the union of [start, end − extent] for each extent, shape (k,)."""
    order = np.argsort(starts, kind="stable")
    reached = np.full(len(extents), -np.inf)
    covered = np.zeros(len(extents))
    for start, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
        last = end - extents
        covered += np.clip(last - np.maximum(start, reached), 0, None)
        reached = np.maximum(reached, last)
    return covered


def lines_of(layout: Layout, axis: int) -> list[Ints]:
    """Return the rows of tiles (axis 1), or their columns (axis 0), as the numbers of their tiles.

    Tiles whose places along the axis are less than half a tile apart are in one line.
    """
    order = np.argsort(layout.corners[:, axis], kind="stable")
    steps = np.diff(layout.corners[order, axis])
    breaks = np.flatnonzero(steps > np.median(layout.sizes[:, axis]) / 2) + 1
    return np.split(order, breaks)
