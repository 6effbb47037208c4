"""Convex hulls of particles: Feret diameters and solidity.

A pixel is taken as the diamond between the midpoints of its edges. Against the square this halves what a digital
outline overstates where it runs obliquely, and it is exact where the outline runs along rows or columns.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.extents import RowExtents
from diffrendergan.quantification.perimeter import hull_perimeter

Point = tuple[float, float]
Points = NDArray[np.float64]

DIAMOND = np.array([(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)])


class HullShapes(NamedTuple):
    """Measures of the convex hulls of k particles, shape (k,)."""

    feret_max: NDArray[np.float64]
    """Largest distance of two parallel lines that touch the particle from outside [px]."""
    feret_min: NDArray[np.float64]
    """Smallest such distance [px]."""
    solidity: NDArray[np.float64]
    """Pixels of the particle over those of its convex hull; 1 for a digital disc or rectangle."""
    perimeter: NDArray[np.float64]
    """Length of its outline, as `perimeters` measures outlines [px]."""


def hull_shapes(extents: RowExtents, areas: NDArray[np.float64], thin: NDArray[np.bool_]) -> HullShapes:
    """Measure the convex hull of each particle.

    Parameters
    ----------
    extents : RowExtents
        Of k particles.
    areas : ndarray, shape (k,)
        Pixels of each [px].
    thin : ndarray of bool, shape (k,)
        Which of them are thin, as `perimeters` says.
    """
    shapes = np.zeros((4, len(areas)))
    for index, (start, end) in enumerate(zip(extents.start, extents.end, strict=True)):
        hull = convex_hull(_end_points(extents, start, end))
        shapes[:2, index] = feret_diameters(hull)
        shapes[2, index] = areas[index] / pixels_within(hull)
        shapes[3, index] = hull_perimeter(hull, bool(thin[index]))
    return HullShapes(*shapes)


def _end_points(extents: RowExtents, start: int, end: int) -> list[Point]:
    """Return the first and last pixel of each row as (row, column), sorted."""
    rows = extents.row[start:end].tolist()
    lefts, rights = extents.left[start:end].tolist(), extents.right[start:end].tolist()
    return [
        point for row, left, right in zip(rows, lefts, rights, strict=True) for point in ((row, left), (row, right))
    ]


def convex_hull(points: list[Point]) -> Points:
    """Return the corners of the convex hull of sorted points, shape (m, 2), by Andrew's monotone chain."""
    if len(points) < 3:
        return np.array(points, np.float64)
    chains = [_half_hull(points), _half_hull(points[::-1])]
    corners = chains[0][:-1] + chains[1][:-1]
    return np.array(corners if corners else points[:1], np.float64)


def _half_hull(points: list[Point]) -> list[Point]:
    chain: list[Point] = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        if not chain or chain[-1] != point:
            chain.append(point)
    return chain


def _turn(first: Point, second: Point, third: Point) -> float:
    return (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])


def feret_diameters(hull: Points) -> tuple[float, float]:
    """Return the largest and the smallest Feret diameter [px].

    Parameters
    ----------
    hull : ndarray, shape (m, 2)
        Corners of the convex hull of pixel centres [px].
    """
    grown = (hull[:, None] + DIAMOND).reshape(-1, 2)
    outline = convex_hull(sorted(map(tuple, grown.tolist())))
    largest = float(np.sqrt(((outline[:, None] - outline[None]) ** 2).sum(axis=2).max()))
    # The narrowest pair of parallel lines lies along an edge (rotating calipers).
    edges = np.roll(outline, -1, axis=0) - outline
    normals = np.column_stack([-edges[:, 1], edges[:, 0]]) / np.hypot(*edges.T)[:, None]
    projections = normals @ outline.T
    return largest, float((projections.max(axis=1) - projections.min(axis=1)).min())


def pixels_within(hull: Points) -> float:
    """Return how many pixel centres a convex polygon with corners on pixel centres holds, by Pick's theorem."""
    following = np.roll(hull, -1, axis=0)
    doubled = abs(float((hull[:, 0] * following[:, 1] - hull[:, 1] * following[:, 0]).sum()))
    steps = np.abs(following - hull).astype(np.int64)
    on_edges = float(np.gcd(steps[:, 0], steps[:, 1]).sum())
    # A hull of two corners runs there and back: the formula holds for it too, and for a single pixel.
    return doubled / 2 + on_edges / 2 + 1
