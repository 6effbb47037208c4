"""Convex polyhedra from planes, and their meshes with rounded edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, HalfspaceIntersection, cKDTree

from diffrendergan.particles.budget import with_faces
from diffrendergan.particles.fill import fill_convex
from diffrendergan.particles.grid import Points, Surface, sphere_grid

SHORTEST = 0.03
"""Corners nearer than this, in radii of a ball of the same volume, are made one: no picture shows them apart."""
MOST = 1.28
"""Rounded bodies of more than this times the wanted faces get simpler edges."""
SHARP = 1e-4
"""Rounding below which edges are sharp: in single precision their faces would have no area."""
ROUND = 0.99
"""Rounding from which a polyhedron is a sphere."""


@dataclass(frozen=True)
class Polyhedron:
    """A convex polyhedron with the origin inside.

    Attributes
    ----------
    corners : float64 (C, 3)
    facets : tuple of tuples of int
        Corner numbers of each facet, counter-clockwise seen from outside.
    """

    corners: Points
    facets: tuple[tuple[int, ...], ...]

    def is_closed(self) -> bool:
        """Tell whether each edge joins exactly two facets that run along it in opposite directions."""
        edges = [edge for facet in self.facets for edge in _sides(facet)]
        return len(self.facets) >= 4 and len(set(edges)) == len(edges) and {(q, p) for p, q in edges} == set(edges)

    def has_true_corners(self) -> bool:
        """Tell whether at least three facets meet at each corner.

        Where a tiny facet was closed to a point in the middle of an edge, only two do; such a corner has no patch of
        a sphere.
        """
        meeting = np.bincount([corner for facet in self.facets for corner in facet], minlength=len(self.corners))
        return bool(meeting.min() >= 3)

    def normals(self) -> Points:
        """Return the unit normals of the facets, float64 (f, 3)."""
        normals = [_area_vector(self.corners[list(facet)]) for facet in self.facets]
        return np.array([normal / np.linalg.norm(normal) for normal in normals])


def polyhedron(normals: Points, distances: Points) -> Polyhedron | None:
    """Intersect half spaces n·x ≤ d.

    Parameters
    ----------
    normals : float64 (n, 3)
        Unit vectors that point outward.
    distances : float64 (n,)
        Above zero.

    Returns
    -------
    Polyhedron or None
        None if the space within the planes is not bounded, or not a sound polyhedron once tiny edges are closed.
    """
    spanned = ConvexHull(normals)
    if spanned.equations[:, 3].max() > -0.05:  # the origin is not well inside: some direction has no plane
        return None
    found = HalfspaceIntersection(np.column_stack([normals, -distances]), np.zeros(3)).intersections
    size = np.cbrt(ConvexHull(found, qhull_options="QJ").volume * 3 / (4 * np.pi))
    group = _groups(found, SHORTEST * size)
    sums = np.stack([np.bincount(group, found[:, axis]) for axis in range(3)], axis=1)
    corners = np.asarray(sums / np.bincount(group)[:, None], dtype=np.float64)
    facets = []
    for normal, distance in zip(normals, distances, strict=True):
        on_plane = np.unique(group[np.abs(found @ normal - distance) < 1e-6 * size])
        if len(on_plane) >= 3:
            facets.append(_around(on_plane, corners, normal))
    body = Polyhedron(corners, tuple(facets))
    return body if body.is_closed() and body.has_true_corners() else None


def rounded_polyhedron(body: Polyhedron, rounding: float, faces: int) -> Surface:
    """Return the mesh of a polyhedron whose edges are rounded by a rolling ball.

    Parameters
    ----------
    body
    rounding
        Radius of the ball over that of a ball with the polyhedron's volume: 0 is sharp, 1 a sphere.
    faces
        Wanted number of triangles, at least 100; kept within 30 %.

    Notes
    -----
    The body is the Minkowski sum of the polyhedron shrunk by 1 - rounding and the ball: facets stay flat, edges
    become parts of cylinders, corners parts of spheres.
    """
    rounding = rounding if rounding >= SHARP else 0.0
    hull = ConvexHull(body.corners, qhull_options="QJ")
    size = np.cbrt(hull.volume * 3 / (4 * np.pi))
    if rounding >= ROUND:
        directions, triangles = sphere_grid(faces)
        return directions * size, triangles
    area = (1 - rounding) * hull.area + rounding * 4 * np.pi * size**2
    shrunk = Polyhedron(body.corners * (1 - rounding), body.facets)
    surface = with_faces(partial(_build, shrunk, rounding * size, 2), area, faces)
    if len(surface[1]) > MOST * faces:  # too few faces for such edges: bevels do
        surface = with_faces(partial(_build, shrunk, rounding * size, 1), area, faces)
    if len(surface[1]) > MOST * faces:  # nor for bevels
        surface = with_faces(partial(_build, body, 0.0, 1), hull.area, faces)
    return surface


def _build(body: Polyhedron, radius: float, least: int, spacing: float) -> Surface:
    """Mesh facets, edges and corners apart, then join them."""
    normals = body.normals()
    beside = {edge: i for i, facet in enumerate(body.facets) for edge in _sides(facet)}
    pieces = [_facet(body.corners[list(f)], normals[i], radius, spacing, f) for i, f in enumerate(body.facets)]
    if radius > 1e-9:
        arcs = {
            edge: _arc(normals[i], normals[beside[edge[::-1]]], radius, least, spacing) for edge, i in beside.items()
        }
        pieces += [_strip(body.corners, edge, arcs[edge], radius, spacing) for edge in beside if edge[0] < edge[1]]
        loops = _corner_loops(body, beside)
        pieces += [_patch(body.corners[p], [arcs[e] for e in loop], radius, spacing) for p, loop in loops.items()]
    starts = np.cumsum([0] + [len(points) for points, _ in pieces])
    points = np.concatenate([points for points, _ in pieces])
    triangles = np.concatenate([faces + start for (_, faces), start in zip(pieces, starts[:-1], strict=True)])
    group = _groups(points, 1e-7 * spacing)
    _, first = np.unique(group, return_index=True)
    return points[first], group[triangles].astype(np.int32)


def _facet(corners: Points, normal: Points, radius: float, spacing: float, names: tuple[int, ...]) -> Surface:
    outline = np.concatenate([_divided(corners, i, names, spacing)[:-1] for i in range(len(corners))])
    first = corners[1] - corners[0]
    first = first - normal * (first @ normal)
    first /= np.linalg.norm(first)
    axes = np.stack([first, np.cross(normal, first)], axis=1)
    inside, triangles = fill_convex(outline @ axes, spacing)
    height = (outline @ normal).mean()
    return np.concatenate([outline, inside @ axes.T + normal * height]) + normal * radius, triangles


def _divided(corners: Points, i: int, names: tuple[int, ...], spacing: float) -> Points:
    """Return the points from corner i of a facet to the next, which are the same seen from both facets."""
    j = (i + 1) % len(corners)
    turned = names[i] > names[j]
    points = _along(corners[j if turned else i], corners[i if turned else j], spacing)
    return points[::-1] if turned else points


def _along(start: Points, stop: Points, spacing: float) -> Points:
    steps = max(1, round(float(np.linalg.norm(stop - start)) / spacing))
    share = np.linspace(0, 1, steps + 1)[:, None]
    return (1 - share) * start + share * stop


def _arc(first: Points, second: Points, radius: float, least: int, spacing: float) -> Points:
    """Return unit vectors from one normal to another in at least that many steps, (k + 1, 3)."""
    angle = float(np.arccos(np.clip(first @ second, -1, 1)))
    steps = max(least, round(radius * angle / spacing))
    share = np.linspace(0, 1, steps + 1)[:, None] * angle
    return (np.sin(angle - share) * first + np.sin(share) * second) / max(np.sin(angle), 1e-12)


def _strip(corners: Points, edge: tuple[int, int], arc: Points, radius: float, spacing: float) -> Surface:
    line = _along(corners[edge[0]], corners[edge[1]], spacing)
    points = (arc[:, None] * radius + line).reshape(-1, 3)
    return points, _quads(len(arc), len(line))


def _quads(columns: int, rows: int) -> np.ndarray:
    number = np.arange(columns * rows).reshape(columns, rows)
    a, b, c, d = (part.ravel() for part in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def _patch(corner: Points, arcs: list[Points], radius: float, spacing: float) -> Surface:
    """Cover the part of a sphere at a corner, from its middle to the arcs around, in rings."""
    rim = np.concatenate([arc[:-1] for arc in arcs])[::-1]
    middle = rim.mean(axis=0)
    middle /= np.linalg.norm(middle)
    widest = float(np.arccos(np.clip((rim @ middle).min(), -1, 1)))
    rings = max(1, round(radius * widest / spacing))
    share = (np.arange(1, rings + 1) / rings)[:, None, None]
    directions = (1 - share) * middle + share * rim
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    points = np.concatenate([middle[None], directions.reshape(-1, 3)]) * radius + corner
    count = len(rim)
    here, following = np.arange(count), (np.arange(count) + 1) % count
    triangles = [np.stack([np.zeros(count, int), 1 + here, 1 + following], axis=1)]
    for ring in range(rings - 1):
        inner, outer = 1 + ring * count, 1 + (ring + 1) * count
        triangles.append(np.stack([inner + here, outer + here, outer + following], axis=1))
        triangles.append(np.stack([inner + here, outer + following, inner + following], axis=1))
    return points, np.concatenate(triangles)


def _corner_loops(body: Polyhedron, beside: dict[tuple[int, int], int]) -> dict[int, list[tuple[int, int]]]:
    """Return for each corner the edges that leave it, clockwise seen from outside."""
    loops: dict[int, list[tuple[int, int]]] = {}
    for start in beside:
        if start[0] in loops:
            continue
        loop, edge = [start], start
        while True:
            facet = body.facets[beside[edge[::-1]]]
            edge = (start[0], facet[(facet.index(start[0]) + 1) % len(facet)])
            if edge == start:
                break
            loop.append(edge)
        loops[start[0]] = loop
    return loops


def _sides(facet: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip(facet, facet[1:] + facet[:1], strict=True))


def _around(numbers: np.ndarray, corners: Points, normal: Points) -> tuple[int, ...]:
    arms = corners[numbers] - corners[numbers].mean(axis=0)
    first = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    angle = np.arctan2(arms @ np.cross(normal, first), arms @ first)
    return tuple(int(number) for number in numbers[np.argsort(angle)])


def _area_vector(points: Points) -> Points:
    return np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)


def _groups(points: Points, distance: float) -> np.ndarray:
    """Return a number for each cluster of points that are linked by gaps below `distance`, (n,)."""
    pairs = cKDTree(points).query_pairs(distance, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    return np.asarray(connected_components(links, directed=False)[1])
