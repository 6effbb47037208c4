"""Directions spread evenly over the sphere, and the type of all surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Faces = NDArray[np.int32]
Surface = tuple[Points, Faces]
"""Vertices (V, 3) and faces (F, 3), closed and outward oriented."""


def sphere_grid(faces: int, even: bool = False) -> Surface:
    """Return unit directions on a cube's grid, spread evenly over the sphere.

    Each side of a cube is divided at equal angles, so that triangles are of similar size, and a
    cube made of the same directions has vertices exactly on its edges.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; the result has 12·k² for the nearest k, which is within 30 %.
    even
        Take an even k, so that there are vertices on the planes x, y, z = 0, unless that leaves the 30 %.

    Returns
    -------
    vertices float64 (6·k² + 2, 3) of length one, faces int32 (12·k², 3)
    """
    k = _divisions(faces, even)
    number = np.arange(k + 1)
    i, j = (axis.ravel() for axis in np.meshgrid(number, number, indexing="ij"))
    corner = (np.arange(k)[:, None] * (k + 1) + np.arange(k)).ravel()
    a, b, c, d = corner, corner + k + 1, corner + k + 2, corner + 1
    side_faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])

    steps: list[NDArray[np.int64]] = []
    triangles: list[NDArray[np.int64]] = []
    for axis in range(3):
        for low in (True, False):
            side = np.empty(((k + 1) ** 2, 3), dtype=np.int64)
            side[:, axis] = 0 if low else k
            side[:, (axis + 1) % 3], side[:, (axis + 2) % 3] = i, j
            triangles.append((side_faces[:, ::-1] if low else side_faces) + len(steps) * len(side))
            steps.append(side)
    # Sides share the vertices of their edges: integer coordinates make equal ones exactly equal.
    unique, inverse = np.unique(np.concatenate(steps), axis=0, return_inverse=True)
    directions = np.tan(np.pi / 4 * (2 * unique / k - 1))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return directions, inverse.ravel()[np.concatenate(triangles)].astype(np.int32)


def _divisions(faces: int, even: bool) -> int:
    exact = np.sqrt(faces / 12)
    nearest = min((max(1, int(exact)), int(exact) + 1), key=lambda n: abs(12 * n * n - faces))
    halved = min((2 * max(1, int(exact / 2)), 2 * int(exact / 2) + 2), key=lambda n: abs(12 * n * n - faces))
    return halved if even and abs(12 * halved * halved / faces - 1) < 0.29 else nearest
