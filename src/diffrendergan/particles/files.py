"""Meshes from files of other programs (PLY, OBJ, STL)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh

from diffrendergan.errors import DataError
from diffrendergan.particles.mesh import Mesh, check_mesh
from diffrendergan.particles.names import ENDINGS


def read_meshes(paths: Sequence[Path], scale: float = 1.0, most_faces: int = 0) -> list[Mesh]:
    """Read mesh files, neither centred nor smoothed; vertices that a file splits stay split, as its shading needs.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        One per particle; a file that occurs several times is read once.
    scale : float
        Factor on the coordinates.
    most_faces : int
        Meshes with more triangles are simplified to about this many; 0 leaves all as they are.

    Raises
    ------
    DataError
        If a file is missing, is no triangle mesh, or its surface is not closed.
    """
    meshes = {path: simplified(read_mesh(path, scale), most_faces) for path in dict.fromkeys(paths)}
    return [meshes[path] for path in paths]


def read_mesh(path: Path, scale: float = 1.0) -> Mesh:
    """Read one mesh file; see `read_meshes`."""
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path} is no mesh file that can be read; give {', '.join(ENDINGS)}.")
    try:
        solid = trimesh.load_mesh(path, process=False)
        mesh = Mesh((np.asarray(solid.vertices) * scale).astype(np.float32), np.asarray(solid.faces, np.int32))
    # trimesh raises whatever its parsers meet in a broken file.
    except Exception as error:
        raise DataError(f"{path} cannot be read as a triangle mesh ({error}); export it again.") from error
    check_mesh(mesh, str(path))
    return mesh


def simplified(mesh: Mesh, most_faces: int) -> Mesh:
    """Return a mesh with about `most_faces` triangles if it has more (quadric edge collapse)."""
    if most_faces == 0 or len(mesh.faces) <= most_faces:
        return mesh
    import fast_simplification

    solid = mesh.to_trimesh()
    solid.merge_vertices(merge_tex=True, merge_norm=True)
    vertices, faces = fast_simplification.simplify(
        solid.vertices.astype(np.float32), solid.faces.astype(np.int32), target_count=most_faces
    )
    return Mesh(vertices, faces)
