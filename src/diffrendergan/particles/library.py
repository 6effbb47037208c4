"""The mesh library of a project: made from a configuration and a seed, or read from files."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffrendergan.config.shapes import FilesShape, LibraryShape, ParticleConfig, WireShape
from diffrendergan.errors import ConfigError, DataError, PlacementError
from diffrendergan.particles import deform, shapes
from diffrendergan.particles.files import read_meshes, read_repaired
from diffrendergan.particles.mesh import Mesh, centred, find_problem
from diffrendergan.particles.names import mesh_names
from diffrendergan.particles.overlap import sees_all
from diffrendergan.particles.steps import deformed
from diffrendergan.particles.store import MANIFEST, load_library, save_library
from diffrendergan.runs import seeds
from diffrendergan.version import __version__

__all__ = [
    "MANIFEST",
    "find_orientation",
    "is_star_shaped",
    "library_info",
    "library_seed",
    "load_library",
    "make_library",
    "save_library",
]


def make_library(config: ParticleConfig, seed: int) -> list[Mesh]:
    """Make the meshes of a configuration; mesh i depends on the configuration, the seed and i alone.

    Compact shapes have the volume of the unit sphere, wires the configured length and radius; each mesh
    carries its own rotation.

    Parameters
    ----------
    config
    seed
        Root seed of the project.

    Raises
    ------
    ConfigError
        If the parameters make no sound mesh.
    DataError
        If a mesh file or a library cannot be used.

    Notes
    -----
    Source: METHOD §2; Possart et al. 2025, "Nanoparticle mesh modeling".
    """
    shape = config.shape
    if isinstance(shape, FilesShape):
        sources = _from_files(config, shape)
    elif isinstance(shape, LibraryShape):
        sources = load_library(shape.folder)
    else:
        return [_make(config, shape, seed, i) for i in range(config.count)]
    return [_adapted(config, sources[i % len(sources)], seed, i) for i in range(config.count)]


def find_orientation(config: ParticleConfig) -> str:
    """Return `any`, `vertical` or `none`: how finished meshes are rotated."""
    if config.orientation != "auto":
        return config.orientation
    if isinstance(config.shape, WireShape):
        return "vertical"
    return "none" if isinstance(config.shape, FilesShape | LibraryShape) else "any"


def is_star_shaped(mesh: Mesh) -> bool:
    """Tell whether all faces can be seen from the centroid, so that the surface cannot meet itself."""
    return sees_all(mesh.vertices.astype(np.float64), mesh.faces)


def library_seed(seed: int) -> int:
    """Return the seed of a project's library, from the root seed of the project."""
    return seeds.integer(seed, "particles") % 2**31


def library_info(config: ParticleConfig, seed: int) -> dict[str, Any]:
    """Return what `save_library` records about the origin of a made library."""
    return {"seed": seed, "config": config.model_dump(mode="json"), "diffrendergan": __version__}


def _make(config: ParticleConfig, shape: shapes.MadeShape, seed: int, index: int) -> Mesh:
    rng = seeds.generator(seed, "particles", index)
    try:
        surface = shapes.draw_shape(shape, config.faces, rng)
    except PlacementError as error:
        raise ConfigError(f"particles.shape.fractal_dimension cannot be had: {error}") from error
    vertices, faces = deformed(surface, config.deform, config.faces, rng)
    mesh = centred(_turned(config, vertices, rng), faces, unit_volume=not isinstance(shape, WireShape))
    problem = find_problem(mesh)
    if problem is not None:
        raise ConfigError(
            f"Mesh {index} made from the section particles (shape {shape.family}) {problem}; "
            "move the values of that section towards their defaults."
        )
    return mesh


def _from_files(config: ParticleConfig, shape: FilesShape) -> list[Mesh]:
    names = shape.files or mesh_names(shape.folder)
    if not names:
        raise DataError(
            f"The folder {shape.folder} of particles.shape.folder holds no PLY, OBJ or STL file; "
            "export the meshes there, or correct the path."
        )
    paths = [shape.folder / name for name in names][: config.count]
    if not shape.normalise:
        return read_meshes(paths, shape.scale, shape.most_faces)
    read = {path: read_repaired(path, shape.most_faces or config.faces) for path in dict.fromkeys(paths)}
    return [read[path] for path in paths]


def _adapted(config: ParticleConfig, mesh: Mesh, seed: int, index: int) -> Mesh:
    """Deform and rotate a mesh that was read, if the configuration asks for it; else leave it as it is."""
    if not config.deform and find_orientation(config) == "none":
        return mesh
    rng = seeds.generator(seed, "particles", index)
    solid = mesh.to_trimesh()
    if config.deform:  # vertices that a file splits for its shading would be torn apart
        solid.merge_vertices(merge_tex=True, merge_norm=True)
    surface = np.asarray(solid.vertices, np.float64), np.asarray(solid.faces, np.int32)
    vertices, faces = deformed(surface, config.deform, config.faces, rng)
    rescaled = bool(config.deform) and not (isinstance(config.shape, FilesShape) and not config.shape.normalise)
    vertices = _turned(config, vertices, rng)
    if not rescaled:
        return Mesh(vertices.astype(np.float32), faces, mesh.repairs)
    # A library may hold wires, whose volume is not one: what it was is kept.
    factor = np.cbrt(mesh.volume / centred(vertices, faces, unit_volume=False).volume)
    again = centred(vertices * factor, faces, unit_volume=False)
    return Mesh(again.vertices, again.faces, mesh.repairs)


def _turned(config: ParticleConfig, points: deform.Points, rng: np.random.Generator) -> deform.Points:
    orientation = find_orientation(config)
    if orientation == "any":
        return deform.turn_randomly(points, rng)
    return deform.turn_flat(points, rng.uniform(0, 2 * np.pi)) if orientation == "vertical" else points
