"""Undeformed shapes: rounded cubes and spheres on one grid of directions, and straight tapered wires."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

Surface = tuple[NDArray[np.float64], NDArray[np.int32]]
"""Vertices (V, 3) and faces (F, 3), closed and outward oriented."""

TIP = 0.6
"""Radius of a wire at its thin end, as a fraction of that at its thick end."""
SLENDER = 1.4
"""Wire faces are this much longer than wide: its silhouette needs sections, its straight sides do not need rings."""


def sphere_grid(faces: int) -> Surface:
    """Return unit directions on a cube's grid, spread evenly over the sphere.

    Each side of a cube is divided at equal angles, so that triangles are of similar size, and a
    cube made of the same directions has vertices exactly on its edges.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; the result has 12·k² for the nearest k, which is within 30 %.

    Returns
    -------
    vertices float64 (6·k² + 2, 3) of length one, faces int32 (12·k², 3)
    """
    exact = np.sqrt(faces / 12)
    k = min((max(1, int(exact)), int(exact) + 1), key=lambda n: abs(12 * n * n - faces))
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


def rounded_cube(faces: int, rounding: float) -> Surface:
    """Return a superellipsoid |x|^e + |y|^e + |z|^e = 1 with e = 2 / sqrt(rounding).

    With rounding .35 its sphericity is .97 and its largest radius 1.1 times the volume-equivalent one, as
    measured on the undeformed part of the TiO2 meshes of Possart et al. (2025).

    Parameters
    ----------
    faces
        Wanted number of triangles (see `sphere_grid`).
    rounding
        From 0, a sharp cube of half edge 1, to 1, the unit sphere.
    """
    directions, triangles = sphere_grid(faces)
    largest = np.abs(directions).max(axis=1, keepdims=True)
    if rounding < 1e-4:
        return directions / largest, triangles
    exponent = 2 / np.sqrt(rounding)
    # The ratio to the largest coordinate keeps high powers from vanishing.
    total = ((np.abs(directions) / largest) ** exponent).sum(axis=1, keepdims=True)
    return directions / (largest * total ** (1 / exponent)), triangles


def tapered_wire(faces: int, length: float, radius: float) -> Surface:
    """Return a straight cone along x with rounded ends.

    Parameters
    ----------
    faces
        Wanted number of triangles, at least 100; kept within 30 %.
    length
        From tip to tip [unit], more than twice `radius`.
    radius
        At the thick end, x = -length/2 [unit]; at the other end it is TIP times that.
    """
    half = length / 2
    mean_radius = radius * (1 + TIP) / 2
    wanted = SLENDER * np.sqrt(faces * np.pi * mean_radius / length)
    sections = int(np.clip(round(wanted / 2) * 2, 6, 32))
    # The profile's first and last point lie on the axis: a fan each; the others bound 2·sections triangles.
    points = max(6, round(faces / (2 * sections)) + 2)
    cap = max(1, min(sections // 4, (points - 4) // 2))

    angle = np.linspace(np.pi / 2, 0, cap + 2)[:-1]
    left = np.stack([radius * np.cos(angle), -half + radius * (1 - np.sin(angle))], axis=1)
    tip = radius * TIP
    right = np.stack([tip * np.cos(angle), half - tip * (1 - np.sin(angle))], axis=1)[::-1]
    left[0, 0] = right[-1, 0] = 0.0
    share = np.linspace(0, 1, points - 2 * (cap + 1))
    ends = np.array([[radius, radius - half], [tip, half - tip]])
    body = ends[0] + share[:, None] * (ends[1] - ends[0])

    solid = trimesh.creation.revolve(np.concatenate([left, body, right]), sections=sections)
    along_x = np.asarray(solid.vertices)[:, [2, 0, 1]]
    return along_x, np.asarray(solid.faces, dtype=np.int32)
