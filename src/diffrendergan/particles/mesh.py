"""A closed triangle mesh, and the checks that make it usable as a particle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

from diffrendergan.errors import DataError

UNIT_SPHERE_VOLUME = 4.0 / 3.0 * np.pi


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed, outward oriented triangle mesh, centred at the centroid of its volume.

    Scene axes: y points to the detector, x and z span the image. Lengths are in units of
    `arrangement.unit`: a particle of Φ-scale s is drawn s·unit times as large.

    Attributes
    ----------
    vertices : float32 (V, 3)
    faces : int32 (F, 3)
        Vertex numbers, counter-clockwise seen from outside.
    repairs : tuple of str
        What was mended when it was read from a file of another program.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    repairs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take copies of the right type that nobody can change."""
        for name, kind in (("vertices", np.float32), ("faces", np.int32)):
            array = np.array(getattr(self, name), dtype=kind, order="C")
            if array.ndim != 2 or array.shape[1] != 3:
                raise ValueError(f"{name} must have the shape (n, 3), got {array.shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def volume(self) -> float:
        """Enclosed volume [unit³]; negative if the faces look inward."""
        return enclosed_volume(self.to_trimesh())

    @property
    def max_radius(self) -> float:
        """Distance of the farthest vertex from the origin [unit]."""
        return float(np.sqrt((self.vertices.astype(np.float64) ** 2).sum(axis=1).max()))

    def normals(self) -> NDArray[np.float32]:
        """Return unit normals of the vertices, weighted by the angles of the faces around, float32 (V, 3)."""
        return np.asarray(self.to_trimesh().vertex_normals, dtype=np.float32)

    def to_trimesh(self) -> trimesh.Trimesh:
        """Return the same mesh for use with trimesh; vertices are neither merged nor reordered."""
        return trimesh.Trimesh(self.vertices.astype(np.float64), self.faces, process=False)


def enclosed_volume(solid: trimesh.Trimesh) -> float:
    """Return the volume of a closed surface; negative if its faces look inward.

    trimesh gives the same number, but works out the moments of inertia with it, which take ten times as long.
    """
    corners = solid.triangles
    heights = corners[:, 0, 0] + corners[:, 1, 0] + corners[:, 2, 0]
    return float((solid.triangles_cross[:, 0] * heights).sum() / 6)


def from_trimesh(solid: trimesh.Trimesh) -> Mesh:
    """Return `solid` as a Mesh, as it is: neither centred nor checked."""
    return Mesh(solid.vertices, solid.faces)


def centred(vertices: NDArray[np.float64], faces: NDArray[np.int32], unit_volume: bool = True) -> Mesh:
    """Move a closed surface to its centroid and, if asked, scale it to the volume of the unit sphere.

    Parameters
    ----------
    vertices : float64 (V, 3)
    faces : int32 (F, 3)
    unit_volume
        True for compact shapes, so that a particle of scale s is about a sphere of radius s.
        False keeps lengths as they are (wires).
    """
    solid = trimesh.Trimesh(vertices, faces, process=False)
    moved = vertices - solid.center_mass
    if unit_volume:
        moved = moved * np.cbrt(UNIT_SPHERE_VOLUME / solid.volume)
    return Mesh(moved.astype(np.float32), faces)


def check_mesh(mesh: Mesh, name: str) -> None:
    """Refuse a mesh that cannot be a particle.

    Parameters
    ----------
    mesh
    name
        What the message calls it, for example its file.

    Raises
    ------
    DataError
        If the mesh is empty, refers to missing vertices, is not finite, is open, has faces without
        area or looks inward.
    """
    problem = find_problem(mesh)
    if problem is not None:
        raise DataError(f"The particle mesh {name} {problem}; repair it in a mesh editor, or make the library anew.")


def find_problem(mesh: Mesh) -> str | None:
    """Say why a mesh cannot be a particle (see `check_mesh`); None if it can."""
    if len(mesh.faces) < 4:
        return f"has {len(mesh.faces)} faces, too few for a closed surface"
    if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        return "has faces that refer to vertices which do not exist"
    if not np.isfinite(mesh.vertices).all():
        return "has vertices that are not finite numbers"
    solid = mesh.to_trimesh()
    if not solid.is_watertight:
        # Files split vertices along seams of texture or sharp edges: what counts is whether the surface is closed.
        solid.merge_vertices(merge_tex=True, merge_norm=True)
    closed = solid.is_watertight or _edges_cancel(solid)
    if not closed:
        return "is not watertight (an edge does not belong to exactly two faces)"
    if not solid.area_faces.min() > 0:
        return f"has {int((solid.area_faces <= 0).sum())} faces without area"
    if not (solid.is_winding_consistent or _edges_cancel(solid)):
        return "has faces of inconsistent orientation"
    if not enclosed_volume(solid) > 0:
        return "is turned inside out (its faces look inward)"
    return None


def _edges_cancel(solid: trimesh.Trimesh) -> bool:
    """Tell whether each edge is walked as often one way as the other.

    That makes a closed, oriented surface, also where it touches itself along an edge, which then has four faces.
    """
    _, edge = np.unique(np.sort(solid.edges, axis=1), axis=0, return_inverse=True)
    walked = np.where(solid.edges[:, 0] < solid.edges[:, 1], 1, -1)
    return not np.bincount(edge.ravel(), weights=walked).any()
