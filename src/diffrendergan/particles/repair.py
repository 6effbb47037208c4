"""Mend surfaces of other programs, or say why they cannot be mended."""

from __future__ import annotations

import fast_simplification
import numpy as np
import trimesh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from diffrendergan.errors import DataError
from diffrendergan.particles.budget import is_sound, simplified_to
from diffrendergan.particles.grid import Faces, Points, Surface
from diffrendergan.particles.mesh import enclosed_volume

WIDEST_HOLE = 0.25
"""Holes wider than this fraction of the surface's diagonal are not filled: nobody knows what was there."""
NEGLIGIBLE = 0.01
"""Bodies of less than this fraction of the largest one's volume are dropped."""
MOST_FACES = 20_000_000
QUICK = 200_000
"""Larger meshes are thinned to this many triangles before the slow repairs."""
SAME = 1e-7
"""Vertices nearer than this, in diagonals of the surface, are one: files round coordinates."""


def repaired(vertices: Points, faces: Faces, name: str) -> tuple[Surface, tuple[str, ...]]:
    """Return a closed, outward surface of one body, and what was mended.

    Parameters
    ----------
    vertices : float64 (V, 3)
    faces : int (F, 3)
    name
        What messages call it: its file.

    Raises
    ------
    DataError
        If it has no faces, too many, coordinates that are no numbers, no extent, wide holes, edges with more than two
        faces, several bodies, or no volume.
    """
    _check_numbers(vertices, faces, name)
    notes: list[str] = []
    solid = _merged(vertices, faces, notes, name)
    if not solid.is_watertight:
        _fill_holes(solid, notes, name)
    if not solid.is_winding_consistent:
        trimesh.repair.fix_winding(solid)
        notes.append("faces turned to one side")
        if not solid.is_winding_consistent:
            raise DataError(
                f"{name} has faces that cannot be turned to one side; use Mesh > Normals > "
                "Recalculate Outside in Blender."
            )
    solid = _one_body(solid, notes, name)
    if not abs(enclosed_volume(solid)) > 1e-9 * _diagonal(solid.vertices) ** 3:
        raise DataError(f"{name} encloses no volume; give the surface a thickness (Blender: modifier Solidify).")
    if enclosed_volume(solid) < 0:
        solid.invert()
        notes.append("turned inside out")
    return (np.asarray(solid.vertices, np.float64), np.asarray(solid.faces, np.int32)), tuple(notes)


def decimated(surface: Surface, faces: int) -> tuple[Surface, tuple[str, ...]]:
    """Return a surface with about `faces` triangles if it has more, and a note if so.

    Parameters
    ----------
    surface
        Closed and outward.
    faces
        Wanted number of triangles.
    """
    before = len(surface[1])
    if before <= faces:
        return surface, ()
    fewer = simplified_to(surface, faces)
    if len(fewer[1]) == before:
        return surface, ("not simplified, as that tears the surface",)
    return fewer, (f"simplified from {before} to {len(fewer[1])} faces",)


def _check_numbers(vertices: Points, faces: Faces, name: str) -> None:
    if len(faces) == 0:
        raise DataError(f"{name} has no faces, only {len(vertices)} points; export the mesh with its faces.")
    if len(faces) > MOST_FACES:
        raise DataError(
            f"{name} has {len(faces):,} faces, more than the {MOST_FACES:,} that can be handled; simplify it first "
            "(Blender: modifier Decimate)."
        )
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise DataError(f"{name} has faces that refer to vertices which do not exist; export it again.")
    bad = int((~np.isfinite(vertices)).any(axis=1).sum())
    if bad:
        raise DataError(f"{name} has {bad} vertices whose coordinates are no finite numbers; export it again.")
    if not _diagonal(vertices) > 0:
        raise DataError(f"{name} has no area: all vertices lie at one point; export it again.")


def _diagonal(vertices: Points) -> float:
    return float(np.linalg.norm(np.ptp(vertices, axis=0)))


def _merged(vertices: Points, faces: Faces, notes: list[str], name: str) -> trimesh.Trimesh:
    """Join equal vertices, drop faces that are nothing, twice there, or torn off, and thin huge meshes."""
    size = _diagonal(vertices)
    rounded = np.round((vertices - vertices.min(axis=0)) / (SAME * size)).astype(np.int64)
    key = (rounded[:, 0] << 42) + (rounded[:, 1] << 21) + rounded[:, 2] if rounded.max() < 1 << 21 else None
    _, first, number = (
        np.unique(rounded, axis=0, return_index=True, return_inverse=True)
        if key is None
        else np.unique(key, return_index=True, return_inverse=True)
    )
    faces = number.ravel()[faces].astype(np.int32)
    used = len(np.unique(faces))
    if len(first) < len(vertices):
        notes.append(f"{len(vertices) - len(first)} duplicate vertices merged")
    if used < len(first):
        notes.append(f"{len(first) - used} loose vertices dropped")
    flat = (faces[:, 0] == faces[:, 1]) | (faces[:, 1] == faces[:, 2]) | (faces[:, 2] == faces[:, 0])
    faces = faces[~flat]
    unique = _first_of_each(np.sort(faces, axis=1))
    if flat.any() or len(unique) < len(faces):
        notes.append(f"{int(flat.sum()) + len(faces) - len(unique)} degenerate or duplicate faces dropped")
    faces = faces[unique]
    if len(faces) < 4:
        raise DataError(f"{name} has no area: its faces shrink to lines or points; export it again.")
    points = np.asarray(vertices, np.float64)[first]
    if len(faces) > QUICK:
        points, faces = _thinned(points, faces)
        notes.append(f"thinned to {len(faces)} faces before repair")
    solid = trimesh.Trimesh(points, faces, process=False)
    solid.remove_unreferenced_vertices()
    return solid


def _thinned(points: Points, faces: Faces) -> Surface:
    """Simplify quickly; torn results are tried again more slowly, then left to the repairs."""
    middle, size = points.mean(axis=0), _diagonal(points)
    scaled = ((points - middle) / size).astype(np.float32)
    for aggression in (7, 4):
        vertices, fewer = fast_simplification.simplify(scaled, faces, target_count=QUICK, agg=aggression)
        if is_sound(vertices, fewer):
            break
    return vertices.astype(np.float64) * size + middle, fewer.astype(np.int32)


def _first_of_each(rows: np.ndarray) -> np.ndarray:
    """Return the places of different rows of three numbers below 2^21 (quickly) or above, in rising order."""
    if rows.max(initial=0) < 1 << 21:
        wide = rows.astype(np.int64)
        rows = (wide[:, 0] << 42) + (wide[:, 1] << 21) + wide[:, 2]
    return np.sort(np.unique(rows, axis=0, return_index=True)[1])


def _fill_holes(solid: trimesh.Trimesh, notes: list[str], name: str) -> None:
    edges, counts = np.unique(solid.edges_sorted, axis=0, return_counts=True)
    crowded, open_edges = int((counts > 2).sum()), edges[counts == 1]
    if crowded:
        raise DataError(
            f"{name} has {crowded} edges with more than two faces, so that no inside can be told; find them in "
            "Blender with Select > All by Trait > Non Manifold and take the inner faces away."
        )
    used, number = np.unique(open_edges, return_inverse=True)
    number = number.reshape(-1, 2)
    links = coo_array((np.ones(len(number)), (number[:, 0], number[:, 1])), shape=(len(used), len(used)))
    holes, rim = connected_components(links, directed=False)
    widest = max(_diagonal(solid.vertices[used[rim == hole]]) for hole in range(holes))
    if widest > WIDEST_HOLE * _diagonal(solid.vertices):
        raise DataError(
            f"{name} is open: {len(open_edges)} edges belong to one face only, and the widest hole spans "
            f"{widest / _diagonal(solid.vertices):.0%} of the surface; in Blender, close it with "
            "Mesh > Clean Up > Fill Holes."
        )
    trimesh.repair.fill_holes(solid, use_fan=True)
    if not solid.is_watertight:
        raise DataError(
            f"{name} has holes that cannot be filled ({len(open_edges)} edges belong to one face only); use "
            "Mesh > Clean Up > Fill Holes in Blender."
        )
    notes.append(f"{holes} hole{'s' if holes > 1 else ''} filled ({len(open_edges)} open edges)")


def _one_body(solid: trimesh.Trimesh, notes: list[str], name: str) -> trimesh.Trimesh:
    links = solid.face_adjacency
    count = len(solid.faces)
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    number, body = connected_components(graph, directed=False)
    if number == 1:
        return solid
    corners = solid.vertices[solid.faces]
    parts = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    volumes = np.abs(np.bincount(body, parts))
    large = np.flatnonzero(volumes > NEGLIGIBLE * volumes.max())
    if len(large) != 1:
        raise DataError(
            f"{name} holds {len(large)} separate bodies; a particle is one: in Blender, join them with the modifier "
            "Boolean > Union, or separate them with Mesh > Separate > By Loose Parts and export each alone."
        )
    notes.append(f"{number - 1} small separate bodies dropped")
    solid = trimesh.Trimesh(solid.vertices, solid.faces[body == large[0]], process=False)
    solid.remove_unreferenced_vertices()
    return solid
