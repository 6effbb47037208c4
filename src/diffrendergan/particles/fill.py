"""Even triangles within a flat convex outline."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay

from diffrendergan.particles.grid import Faces, Points

MARGIN = 0.6
"""Distance of inner points from the outline, in spacings: nearer ones would stand in the way of its edges."""
BULGE = 1e-4
"""How much the sides of an outline are bowed while it is triangulated: points on a straight line are no hull."""


def fill_convex(outline: Points, spacing: float) -> tuple[Points, Faces]:
    """Triangulate a convex outline with points on a hexagonal lattice inside.

    Parameters
    ----------
    outline : float64 (n, 2)
        Counter-clockwise; its points are kept, and may lie on straight lines.
    spacing
        Distance of the points inside, in the outline's unit.

    Returns
    -------
    inside : float64 (m, 2)
        Points added.
    triangles : int32 (n - 2 + 2·m, 3)
        Counter-clockwise; numbers from n on mean points of `inside`.
    """
    inside = _lattice(outline, spacing)
    points = np.concatenate([outline, inside])
    centred = points - outline.mean(axis=0)
    squared = (centred**2).sum(axis=1, keepdims=True)
    bowed = centred * (1 - BULGE * squared / squared.max())
    triangles = Delaunay(bowed).simplices
    a, b, c = (points[triangles[:, i]] for i in range(3))
    turned = _cross(b - a, c - a) < 0
    triangles[turned] = triangles[turned][:, ::-1]
    return inside, triangles.astype(np.int32)


def _lattice(outline: Points, spacing: float) -> Points:
    low, high = outline.min(axis=0), outline.max(axis=0)
    columns = np.arange(low[0] + spacing / 4, high[0], spacing)
    rows = np.arange(low[1] + spacing / 2, high[1], spacing * np.sqrt(3) / 2)
    x, y = np.meshgrid(columns, rows)
    x = x + spacing / 2 * (np.arange(len(rows)) % 2)[:, None]
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    side = np.roll(outline, -1, axis=0) - outline
    length = np.linalg.norm(side, axis=1)
    distance = _cross(side / length[:, None], points[:, None] - outline)
    return points[(distance > MARGIN * spacing).all(axis=1)]


def _cross(a: Points, b: Points) -> Points:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
