"""Meshes from files of other programs (PLY, OBJ, STL)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh

from diffrendergan.errors import DataError
from diffrendergan.particles.grid import Surface
from diffrendergan.particles.mesh import Mesh, centred, check_mesh, find_problem
from diffrendergan.particles.names import ENDINGS
from diffrendergan.particles.repair import decimated, repaired

LARGEST_FILE = 4 * 2**30
"""Larger files are not read: the memory would not hold them [bytes]."""


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
    vertices, faces = _read(path)
    mesh = Mesh((vertices * scale).astype(np.float32), faces)
    check_mesh(mesh, str(path))
    return mesh


def read_repaired(path: Path, most_faces: int) -> Mesh:
    """Read one mesh file, mend it, simplify it, and give it the centre and volume of the unit sphere.

    Parameters
    ----------
    path
        A PLY, OBJ or STL file.
    most_faces
        Meshes with more triangles are simplified to about this many.

    Returns
    -------
    Mesh
        Its `repairs` say what was mended.

    Raises
    ------
    DataError
        If the file is missing or cannot be mended (see `repaired`).
    """
    surface, notes = repaired(*_read(path), str(path))
    (vertices, faces), thinned = decimated(surface, most_faces)
    moved = centred(vertices, faces)
    mesh = Mesh(moved.vertices, moved.faces, (*notes, *thinned))
    problem = find_problem(mesh)
    if problem is not None:
        raise DataError(
            f"{path}, though repaired, {problem}; clean it up in Blender (Mesh > Clean Up) and export again."
        )
    return mesh


def _read(path: Path) -> Surface:
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path} is no mesh file that can be read; give {', '.join(ENDINGS)}.")
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        raise DataError(f"{path} is larger than 4 GiB; simplify the mesh first (Blender: modifier Decimate).")
    try:
        solid = trimesh.load_mesh(path, process=False)
        return np.asarray(solid.vertices, np.float64), np.asarray(solid.faces, np.int32).reshape(-1, 3)
    # trimesh raises whatever its parsers meet in a broken file.
    except Exception as error:
        raise DataError(f"{path} cannot be read as a triangle mesh ({error}); export it again.") from error


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
