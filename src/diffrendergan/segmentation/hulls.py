"""Convex hulls of the parts of a label image, and how much of the particles is not convex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull

from diffrendergan.labels.extents import row_extents

Points = NDArray[np.float64]

CUT_IN = 0.88
"""Particles that fill less of their hull are cut in: digital discs and bars of 12 px² and more fill more, two discs
that touch less."""


def ragged_share(labels: NDArray[np.int32]) -> float:
    """Return the share of the particles' area that lies in outlines that are cut in; 0 where there is none.

    Parameters
    ----------
    labels : int32 (H, W)
        0 background, 1..k particles.
    """
    areas = np.bincount(labels.ravel()).astype(float)
    ragged = [
        areas[number]
        for number, box in enumerate(ndimage.find_objects(labels), start=1)
        if box is not None and areas[number] < CUT_IN * hull_of(edge_points(labels, number, box))[0]
    ]
    return float(sum(ragged) / max(areas[1:].sum(), 1))


def edge_points(labels: NDArray[np.int32], number: int, box: tuple[slice, slice]) -> Points:
    """Return the middles of the edges of the first and last pixel of a part in each row, (6 m, 2).

    Their hull is that of skimage's solidity; corners of pixels would make slanting rods fill less of theirs.
    """
    rows, columns = np.nonzero(labels[box] == number)
    _, rows, left, right, _ = row_extents(np.ones(len(rows), np.int64), rows, columns)
    edges = ((0, left - 0.5), (0, right + 0.5), *((side, end) for side in (-0.5, 0.5) for end in (left, right)))
    points = np.concatenate([np.column_stack([rows + side, end]) for side, end in edges])
    return points + np.array([box[0].start, box[1].start])


def hull_of(points: Points) -> tuple[float, Points]:
    """Return the area of the convex hull of points (m, 2), and its corners."""
    hull = ConvexHull(points)
    return float(hull.volume), points[hull.vertices]
