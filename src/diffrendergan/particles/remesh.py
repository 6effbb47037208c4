"""Triangles of even size on a given surface, and its smoothing."""

from __future__ import annotations

import numpy as np
import trimesh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, cKDTree

from diffrendergan.particles.budget import is_sound
from diffrendergan.particles.grid import Faces, Points, Surface
from diffrendergan.particles.overlap import bodies, sees_all

FINE = 8
"""Vertices of the subdivided surface for each wanted one, at least."""
ROUNDS = 8
"""Rounds of Lloyd's algorithm."""
PASS_BAND = (0.5, 0.53)
"""Taubin's factors λ and μ: the second pass grows what the first shrank."""


def remeshed(surface: Surface, faces: int, rng: np.random.Generator) -> Surface | None:
    """Return triangles of even size on the same surface.

    Parameters
    ----------
    surface
        Closed and outward.
    faces
        Wanted number of triangles.
    rng
        Source of all randomness.

    Returns
    -------
    Surface or None
        None if no closed surface came out; other random numbers may mend that.

    Notes
    -----
    The surface is divided finely, its vertices are gathered around evenly spread centres (Lloyd's algorithm, which
    also compares normals, so that both sides of a thin plate stay apart), and centres whose parts meet are joined, as
    in Valette & Chassery, Computer Graphics Forum 23 (2004) 381. Where that leaves a gap in a surface that is seen
    whole from its centroid, the Delaunay triangulation of the directions is taken, which is always closed.
    """
    wanted = faces // 2 + 2
    fine, triangles, normals = _divided(surface, FINE * wanted)
    area = trimesh.Trimesh(fine, triangles, process=False).area
    spacing = np.sqrt(area / wanted)
    corners = fine[triangles]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    weights = np.bincount(triangles.ravel(), np.repeat(areas, 3), minlength=len(fine)).astype(np.float64)
    described = np.concatenate([fine, normals * spacing], axis=1)
    owner, chosen = _spread(described, weights, wanted, rng)
    built = _joined(fine, triangles, owner, chosen)
    if built is None or not _is_like(built, surface):
        built = _seen_from_within(fine[chosen], surface) if sees_all(*surface) else None
    return built if built is not None and _is_like(built, surface) else None


def smoothed(surface: Surface, iterations: int) -> Surface:
    """Smooth without shrinking.

    Parameters
    ----------
    surface
        Closed and outward.
    iterations
        Passes of shrinking and growing.

    Notes
    -----
    Source: Taubin, SIGGRAPH 1995, as implemented by trimesh.
    """
    solid = trimesh.Trimesh(surface[0], surface[1], process=False)
    weights = trimesh.smoothing.laplacian_calculation(solid, equal_weight=True)
    trimesh.smoothing.filter_taubin(
        solid, lamb=PASS_BAND[0], nu=PASS_BAND[1], iterations=2 * iterations, laplacian_operator=weights
    )
    return np.asarray(solid.vertices), surface[1]


def _is_like(built: Surface, surface: Surface) -> bool:
    return is_sound(*built) and bodies(built[1]) == bodies(surface[1])


def _divided(surface: Surface, vertices: int) -> tuple[Points, Faces, Points]:
    """Return the surface with each triangle cut in four until there are enough vertices, and their normals."""
    solid = trimesh.Trimesh(surface[0], surface[1], process=False)
    while len(solid.vertices) < vertices:
        solid = trimesh.Trimesh(*trimesh.remesh.subdivide(solid.vertices, solid.faces), process=False)
    return np.asarray(solid.vertices), np.asarray(solid.faces), np.asarray(solid.vertex_normals)


def _spread(described: Points, weights: Points, wanted: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return which centre each point belongs to, and the point nearest to each centre."""
    first = rng.choice(len(described), wanted, replace=False, p=weights / weights.sum())
    centres = described[first]
    for _ in range(ROUNDS):
        owner = cKDTree(centres).query(described, workers=1)[1]
        total = np.bincount(owner, weights, minlength=len(centres))
        sums = [np.bincount(owner, weights * column, minlength=len(centres)) for column in described.T]
        centres = (np.stack(sums, axis=1) / np.maximum(total, 1e-300)[:, None])[total > 0]
    chosen = np.unique(cKDTree(described).query(centres)[1])
    owner = cKDTree(described[chosen]).query(described)[1]
    return owner, chosen


def _seen_from_within(points: Points, surface: Surface) -> Surface | None:
    solid = trimesh.Trimesh(surface[0], surface[1], process=False)
    directions = points - solid.center_mass
    directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    hull = ConvexHull(directions)
    if len(hull.vertices) < len(points):
        return None
    triangles = hull.simplices
    corners = directions[triangles]
    inward = (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) * corners[:, 0]).sum(axis=1) < 0
    triangles = np.where(inward[:, None], triangles[:, ::-1], triangles)
    return points, triangles.astype(np.int32)


def _joined(fine: Points, triangles: Faces, owner: np.ndarray, chosen: np.ndarray) -> Surface | None:
    owner = _connected(triangles, owner, chosen)
    corner = owner[triangles]
    three = (corner[:, 0] != corner[:, 1]) & (corner[:, 1] != corner[:, 2]) & (corner[:, 2] != corner[:, 0])
    found = corner[three]
    # The same triangle, from whichever corner it starts.
    start = found.argmin(axis=1)
    turned = np.stack([np.take_along_axis(found, ((start + i) % 3)[:, None], axis=1)[:, 0] for i in range(3)], axis=1)
    faces = np.unique(turned, axis=0)
    if len(faces) == 0:
        return None
    used, renumbered = np.unique(faces, return_inverse=True)
    return fine[chosen][used], renumbered.reshape(-1, 3).astype(np.int32)


def _connected(triangles: Faces, owner: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Give parts that do not hang together with their centre to a neighbour."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    owner = owner.copy()
    for _ in range(20):
        same = owner[edges[:, 0]] == owner[edges[:, 1]]
        kept = edges[same]
        links = coo_array((np.ones(len(kept)), (kept[:, 0], kept[:, 1])), shape=(len(owner), len(owner)))
        part = connected_components(links, directed=False)[1]
        stray = part != part[chosen][owner]
        if not stray.any():
            break
        border = edges[~same]
        border = np.concatenate([border, border[:, ::-1]])
        border = border[stray[border[:, 0]] & ~stray[border[:, 1]]]
        if len(border) == 0:
            break
        owner[border[:, 0]] = owner[border[:, 1]]
    return owner
