"""Whether a closed surface meets itself."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diffrendergan.particles.grid import Faces, Points

LINES = 48
"""Lines across the longest extent, along each axis."""
SHARPEST = -0.98
"""Cosine between the normals of neighbouring faces below which the surface is folded there."""


def is_simple(vertices: Points, faces: Faces) -> bool:
    """Tell whether a closed, outward surface does not meet itself, as far as can be seen.

    Surfaces that can be seen whole from the centroid never do. Others are looked through along a grid of lines in
    three directions: each line must enter and leave the body by turns. Folds smaller than the grid show in
    neighbouring faces that point in opposite directions.

    Parameters
    ----------
    vertices : float64 (V, 3)
    faces : int32 (F, 3)
    """
    if sees_all(vertices, faces):
        return True
    if _is_folded(vertices, faces):
        return False
    return all(_alternates(vertices[:, [axis, (axis + 1) % 3, (axis + 2) % 3]], faces) for axis in range(3))


def sees_all(vertices: Points, faces: Faces) -> bool:
    """Tell whether all faces are seen from the centroid of the volume, none behind another (star-shapedness).

    Parameters
    ----------
    vertices : float64 (V, 3)
    faces : int32 (F, 3)
    """
    corners = vertices[faces]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = corners.mean(axis=1)
    volumes = (outward * middle).sum(axis=1)
    # Tetrahedra with the origin: their centroids are at 3/4 of their faces'.
    centroid = 0.75 * (volumes[:, None] * middle).sum(axis=0) / volumes.sum()
    if not ((outward * (middle - centroid)).sum(axis=1) > 0).all():
        return False
    return _solid_angle(corners - centroid) < 6 * np.pi


def _solid_angle(corners: Points) -> float:
    """Return the sum of the solid angles of triangles (F, 3, 3) seen from the origin: 4π if they cover it once.

    Source: Van Oosterom & Strackee, IEEE Trans. Biomed. Eng. 30 (1983) 125.
    """
    a, b, c = (
        corners[:, i] / np.maximum(np.linalg.norm(corners[:, i], axis=1, keepdims=True), 1e-300) for i in range(3)
    )
    triple = (a * np.cross(b, c)).sum(axis=1)
    angle = 2 * np.arctan2(triple, 1 + (a * b).sum(axis=1) + (b * c).sum(axis=1) + (c * a).sum(axis=1))
    return float(angle.sum())


def bodies(faces: Faces) -> int:
    """Return the number of pieces that do not hang together; vertices must not be split."""
    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    _, number = np.unique(edges, return_inverse=True)
    number = number.reshape(-1, 2)
    links = coo_array((np.ones(len(number)), (number[:, 0], number[:, 1])), shape=(number.max() + 1,) * 2)
    return int(connected_components(links, directed=False)[0])


def _is_folded(vertices: Points, faces: Faces) -> bool:
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    edges = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    pairs = (order // 3).reshape(-1, 2)
    return bool(((normals[pairs[:, 0]] * normals[pairs[:, 1]]).sum(axis=1) < SHARPEST).any())


def _alternates(points: Points, faces: Faces) -> bool:
    """Tell whether all lines along the first axis enter and leave the body by turns."""
    low, high = points.min(axis=0), points.max(axis=0)
    step = (high - low)[1:].max() / LINES
    # Lines off any regular place of vertices, which they should not hit.
    grid = (points[:, 1:] - low[1:]) / step - (0.317, 0.291)
    depth = points[:, 0]
    corners = grid[faces]
    lowest, highest = np.ceil(corners.min(axis=1)).astype(int), np.floor(corners.max(axis=1)).astype(int)
    size = np.maximum(highest - lowest + 1, 0)
    count = size[:, 0] * size[:, 1]
    face = np.repeat(np.arange(len(faces)), count)
    if len(face) == 0:
        return True
    within = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count)
    line = lowest[face] + np.stack([within // size[face, 1], within % size[face, 1]], axis=1)
    a, b, c = (corners[face, i] - line for i in range(3))
    weights = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1)
    total = weights.sum(axis=1)
    hit = (np.sign(weights) == np.sign(total)[:, None]).all(axis=1) & (total != 0)
    face, line, weights, total = face[hit], line[hit], weights[hit], total[hit]
    crossing = (weights / total[:, None] * depth[faces[face]]).sum(axis=1)
    key = line[:, 0] * 100_003 + line[:, 1]
    order = np.lexsort((crossing, key))
    key, sign = key[order], np.sign(total[order])
    same = key[1:] == key[:-1]
    return bool((sign[1:][same] != sign[:-1][same]).all())


def _cross(a: Points, b: Points) -> Points:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
