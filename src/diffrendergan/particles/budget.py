"""Keeping to a number of faces."""

from __future__ import annotations

from collections.abc import Callable

import fast_simplification
import numpy as np
import trimesh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diffrendergan.particles.grid import Faces, Points, Surface
from diffrendergan.particles.mesh import enclosed_volume

ROUNDS = 4
CLOSE = 0.08
"""Relative error of the number of faces at which the search for a spacing ends."""
LEAST = 0.8
MOST = 1.2
"""Surfaces with more than this times the wanted faces are simplified."""
AGGRESSION = (7, 5, 3)
"""How fast quadric edge collapse raises its threshold; slower ones keep more surfaces closed."""

NEAREST = 1e-6
"""Vertices of an edge shorter than this, in the surface's half extent, are made one: meshes are kept in single
precision, which would round them to one place and leave faces without area."""

MOST_PINCHES = 50
APART = 0.02
"""How far the middles of an opened edge are moved, in distances of the opposite corners."""


def with_faces(build: Callable[[float], Surface], area: float, faces: int) -> Surface:
    """Find the spacing of vertices at which a shape has about `faces` triangles.

    Parameters
    ----------
    build
        Makes the shape with vertices at about the given distance, in the unit of the shape.
    area
        Of the shape [its unit²].
    faces
        Wanted number of triangles; where no spacing gives so few, the finer shape is simplified.
    """
    spacing = np.sqrt(4 / np.sqrt(3) * area / faces)
    best: Surface | None = None
    for _ in range(ROUNDS):
        surface = build(float(spacing))
        if best is None or abs(len(surface[1]) - faces) < abs(len(best[1]) - faces):
            best = surface
        if abs(len(surface[1]) / faces - 1) < CLOSE:
            break
        spacing *= np.clip(np.sqrt(len(surface[1]) / faces), 0.5, 1.6)
    assert best is not None
    while len(best[1]) < LEAST * faces:  # few faces come in steps, of which none may be near
        spacing *= 0.8
        best = build(float(spacing))
    return simplified_to(best, faces) if len(best[1]) > MOST * faces else best


def simplified_to(surface: Surface, faces: int) -> Surface:
    """Return a surface with about `faces` triangles by quadric edge collapse, as good as it was before.

    Closed surfaces stay closed: if the collapse tears one, a slower one is tried, then with more faces; if all tear
    it, it stays as it was.

    Notes
    -----
    Source: Garland & Heckbert, SIGGRAPH 1997, as implemented by `fast_simplification`.
    """
    vertices, triangles = surface
    middle, size = vertices.mean(axis=0), float(np.abs(vertices - vertices.mean(axis=0)).max())
    scaled = np.ascontiguousarray((vertices - middle) / size, dtype=np.float32)
    for target in (faces, int(1.1 * faces), int(0.9 * faces), int(1.2 * faces), 2 * faces, 4 * faces):
        for aggression in AGGRESSION:
            if target >= len(triangles):
                return surface
            points, collapsed = fast_simplification.simplify(
                scaled, np.ascontiguousarray(triangles, dtype=np.int32), target_count=target, agg=aggression
            )
            points, collapsed = without_short_edges(points.astype(np.float64), collapsed.astype(np.int32))
            points, collapsed = unpinched(points, collapsed)
            if is_sound(points, collapsed) and 0.72 * faces <= len(collapsed) <= 1.05 * target + 10:
                return _compact(points * size + middle, collapsed)
    return surface


def unpinched(vertices: Points, faces: Faces) -> Surface:
    """Open edges at which two parts of a surface were collapsed onto each other.

    Such an edge has four faces. Each two of them that follow each other around it get a middle of their own, a
    little apart; other surfaces are returned as they are.

    Parameters
    ----------
    vertices : float64 (V, 3)
    faces : int32 (F, 3)
    """
    faces = _without_flaps(faces)
    edges, counts = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0, return_counts=True)
    pinched = edges[counts == 4]
    if len(pinched) == 0 or len(pinched) > MOST_PINCHES or (counts == 1).any():
        return vertices, faces
    for start, stop in pinched:
        beside = np.flatnonzero((faces == start).any(axis=1) & (faces == stop).any(axis=1))
        if len(beside) != 4:  # an edge that was opened before has a face in common
            return vertices, faces
        opposite = faces[beside].sum(axis=1) - start - stop
        along = vertices[stop] - vertices[start]
        middle = (vertices[start] + vertices[stop]) / 2
        arms = vertices[opposite] - middle
        first = np.cross(along, arms[0])
        order = np.argsort(np.arctan2(arms @ first, arms @ np.cross(first, along)))
        # Of both ways to pair neighbours, the one with the narrower wedges keeps the parts apart.
        unit = arms[order] / np.linalg.norm(arms[order], axis=1, keepdims=True)
        near = (unit * np.roll(unit, -1, axis=0)).sum(axis=1)
        order = order if near[0] + near[2] >= near[1] + near[3] else np.roll(order, -1)
        for pair in (order[:2], order[2:]):
            new = len(vertices)
            vertices = np.concatenate([vertices, [middle + APART * arms[pair].mean(axis=0)]])
            halves = faces[beside[pair]]
            faces = np.concatenate([faces, np.where(halves == start, new, halves)]).astype(np.int32)
            faces[beside[pair]] = np.where(halves == stop, new, halves)
    return vertices, faces


def without_short_edges(vertices: Points, faces: Faces) -> Surface:
    """Make the ends of edges shorter than `NEAREST` one, and drop the faces along them.

    Parameters
    ----------
    vertices : float64 (V, 3)
        Of a surface that fills [-1, 1].
    faces : int32 (F, 3)
    """
    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    short = edges[np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1) < NEAREST]
    if len(short) == 0:
        return vertices, faces
    links = coo_array((np.ones(len(short)), (short[:, 0], short[:, 1])), shape=(len(vertices), len(vertices)))
    _, group = connected_components(links, directed=False)
    _, first = np.unique(group, return_index=True)
    joined = group[faces].astype(np.int32)
    a, b, c = joined.T
    return vertices[first], joined[(a != b) & (b != c) & (c != a)]


def _without_flaps(faces: Faces) -> Faces:
    """Drop each two faces that lie back to back."""
    _, number, counts = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return faces[counts[number.ravel()] != 2]


def _compact(vertices: Points, faces: Faces) -> Surface:
    """Leave out vertices without faces."""
    used, number = np.unique(faces, return_inverse=True)
    return vertices[used], number.reshape(-1, 3).astype(np.int32)


def is_sound(vertices: np.ndarray, faces: np.ndarray) -> bool:
    """Tell whether a surface is closed, oriented outward, and has no faces without area."""
    solid = trimesh.Trimesh(np.asarray(vertices, np.float64), faces, process=False)
    if len(faces) < 4 or not (solid.is_watertight and solid.is_winding_consistent):
        return False
    return bool(solid.area_faces.min() > 1e-9 * solid.area_faces.mean() and enclosed_volume(solid) > 0)
