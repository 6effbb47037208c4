"""The mesh library: made from a configuration and a seed, kept as binary PLY files."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from diffrendergan.config.shapes import (
    Bend,
    CuboidShape,
    Displace,
    FilesShape,
    ParticleConfig,
    SphereShape,
    WireShape,
)
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.particles import deform, shapes
from diffrendergan.particles.files import read_meshes
from diffrendergan.particles.mesh import Mesh, centred, check_mesh, find_problem, from_trimesh
from diffrendergan.particles.names import LIBRARY_MANIFEST, mesh_names
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import explain_os_error, write_bytes, write_json

MANIFEST = LIBRARY_MANIFEST
VERSION = 1
MAX_TRIES = 20
MIN_WIRE_RADIUS = 1e-3
"""Thinner wires are lost in the rounding of coordinates, and in any image [unit]."""
MAX_WIRE_BEND = 3.0
"""Below pi a wire cannot meet itself [rad]."""


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
        If a mesh file cannot be used.

    Notes
    -----
    Source: METHOD §2; Possart et al. 2025, "Nanoparticle mesh modeling".
    """
    shape = config.shape
    if isinstance(shape, WireShape):
        _check_wire(shape)
    if isinstance(shape, FilesShape):
        names = shape.files or mesh_names(shape.folder)
        return read_meshes([shape.folder / name for name in names], shape.scale, shape.most_faces)
    return [_make(config, seed, i) for i in range(config.count)]


def _make(config: ParticleConfig, seed: int, index: int) -> Mesh:
    rng = seeds.generator(seed, "particles", index)
    if isinstance(config.shape, SphereShape):
        mesh = centred(*shapes.sphere_grid(config.faces))
    elif isinstance(config.shape, WireShape):
        mesh = _bent_cone(config.shape, config.faces, rng)
    elif isinstance(config.shape, CuboidShape):
        mesh = _deformed_cube(config, config.shape, rng)
    else:
        raise ConfigError(f"particles.shape.family = {config.shape.family} cannot be made yet.")
    problem = find_problem(mesh)
    if problem is not None:
        raise ConfigError(
            f"Mesh {index} made from the section particles (shape {config.shape.family}) {problem}; "
            "move the values of that section towards their defaults."
        )
    return mesh


def _deformed_cube(config: ParticleConfig, shape: CuboidShape, rng: np.random.Generator) -> Mesh:
    vertices, faces = shapes.rounded_cube(config.faces, shape.rounding[0])
    amplitude = next((item.amplitude for item in config.deform if isinstance(item, Displace)), 0.0)
    angle = next((item.angle for item in config.deform if isinstance(item, Bend)), 0.0)
    for _ in range(MAX_TRIES):
        points = deform.elongate(vertices, shape.elongation[1], rng)
        points = deform.translate_smoothly(points, amplitude, rng) if amplitude else points
        # Bending acts along x towards y: a turn before it makes these random directions of the cube.
        points = deform.turn_randomly(points, rng)
        points = deform.bend(points, rng.uniform(-angle, angle))
        mesh = centred(deform.turn_randomly(points, rng), faces)
        if is_star_shaped(mesh):
            return mesh
    raise ConfigError("particles.deform folds the cubes over themselves; lower its values.")


def is_star_shaped(mesh: Mesh) -> bool:
    """Tell whether all faces can be seen from the centroid, so that the surface cannot meet itself."""
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return bool(((outward * corners.mean(axis=1)).sum(axis=1) > 0).all())


def _bent_cone(config: WireShape, faces: int, rng: np.random.Generator) -> Mesh:
    vertices, triangles = shapes.tapered_wire(faces, config.length, config.radius)
    share, sway = rng.uniform(-1, 1, 2)
    points = deform.bend_flat(vertices, config.bend * share, config.bend * (1 - abs(share)) * sway)
    return centred(deform.turn_flat(points, rng.uniform(0, 2 * np.pi)), triangles, unit_volume=False)


def _check_wire(config: WireShape) -> None:
    if config.radius < MIN_WIRE_RADIUS:
        raise ConfigError(
            f"particles.shape.radius = {config.radius:g} is too thin for a bent cone; "
            f"it must be at least {MIN_WIRE_RADIUS:g} of arrangement.unit."
        )
    if config.length < 4 * config.radius:
        raise ConfigError(
            f"particles.shape.length = {config.length:g} is less than four times particles.shape.radius = "
            f"{config.radius:g}; make bent cones longer or thinner, or choose another particles.shape.family."
        )
    limit = min(MAX_WIRE_BEND, 0.3 * config.length / config.radius)
    if config.bend > limit:
        raise ConfigError(
            f"particles.shape.bend = {config.bend:g} rad makes a bent cone of length {config.length:g} and radius "
            f"{config.radius:g} meet itself; it may be at most {limit:.3g}."
        )


def save_library(folder: Path, meshes: Sequence[Mesh], info: dict[str, Any]) -> None:
    """Write meshes as `particle_000.ply`, … with normals, then `library.json`, which makes them valid.

    A library that was there before is replaced; if this is interrupted, there is none.

    Parameters
    ----------
    folder
        Made if missing.
    meshes
        In the order in which Φ refers to them.
    info
        Plain values that say where the meshes come from: the configuration and the seed.

    Raises
    ------
    RunFolderError
        If the folder cannot be written.
    """
    folder = Path(folder)
    _remove([folder / MANIFEST])
    entries: list[dict[str, Any]] = []
    written: dict[str, str] = {}
    for index, mesh in enumerate(meshes):
        data = _ply(mesh)
        digest = hashlib.sha256(data).hexdigest()
        if digest not in written:  # meshes that occur several times are stored once
            written[digest] = f"particle_{index:03d}.ply"
            write_bytes(folder / written[digest], data)
        entries.append(
            {
                "file": written[digest],
                "index": index,
                "vertices": len(mesh.vertices),
                "faces": len(mesh.faces),
                "max_radius": mesh.max_radius,
                "sha256": digest,
            }
        )
    write_json(folder / MANIFEST, {"version": VERSION, "info": info, "meshes": entries})
    _remove([path for path in folder.glob("particle_*.ply") if path.name not in written.values()])


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, path) from error


def library_info(config: ParticleConfig, seed: int) -> dict[str, Any]:
    """Return what `save_library` records about the origin of a made library."""
    return {"seed": seed, "config": config.model_dump(mode="json")}


def load_library(folder: Path) -> list[Mesh]:
    """Read and verify a library, in its recorded order.

    Raises
    ------
    DataError
        If `library.json` or a mesh is missing, was changed since it was written, or is broken.
    """
    folder = Path(folder)
    manifest = folder / MANIFEST
    try:
        entries = json.loads(manifest.read_text())["meshes"]
        expected = [(str(entry["file"]), str(entry["sha256"])) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"The mesh library {manifest} is missing or broken ({error}); remove the folder to have it made anew."
        ) from error
    if not expected:
        raise DataError(f"The mesh library {manifest} lists no meshes; remove the folder to have it made anew.")
    meshes = {name: _read(folder / name, digest) for name, digest in dict(expected).items()}
    return [meshes[name] for name, _ in expected]


def _read(path: Path, digest: str) -> Mesh:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"The particle mesh {path} is missing or cannot be read ({error.strerror}); "
            f"remove the folder {path.parent} to have it made anew."
        ) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise DataError(
            f"The particle mesh {path} is not the one that {MANIFEST} lists (its SHA-256 differs); "
            f"remove the folder {path.parent} to have it made anew."
        )
    try:
        solid = trimesh.load_mesh(io.BytesIO(data), file_type="ply", process=False)
        mesh = from_trimesh(solid)
    # trimesh raises whatever its parsers meet in a broken file.
    except Exception as error:
        raise DataError(f"The particle mesh {path} is not a triangle mesh in PLY format ({error}).") from error
    check_mesh(mesh, str(path))
    return mesh


def _ply(mesh: Mesh) -> bytes:
    data = trimesh.exchange.ply.export_ply(mesh.to_trimesh(), encoding="binary", vertex_normal=True)
    return bytes(data)
