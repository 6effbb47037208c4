"""A mesh library on disk: binary PLY files and a list that makes them valid."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from diffrendergan.errors import DataError
from diffrendergan.particles.mesh import Mesh, check_mesh, enclosed_volume, from_trimesh
from diffrendergan.particles.names import LIBRARY_MANIFEST
from diffrendergan.runs.atomic import explain_os_error, write_bytes, write_json
from diffrendergan.runs.json_text import parse_json

MANIFEST = LIBRARY_MANIFEST
VERSION = 2
"""2: volume, area, extents and repairs of each mesh."""


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
                **_measures(mesh),
                "repairs": list(mesh.repairs),
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


def _measures(mesh: Mesh) -> dict[str, Any]:
    """Return sizes in `arrangement.unit`: extents along x, y, z; `aspect` is the longest over the shortest of them."""
    solid = mesh.to_trimesh()
    extents = np.ptp(mesh.vertices.astype(np.float64), axis=0)
    return {
        "max_radius": mesh.max_radius,
        "volume": enclosed_volume(solid),
        "area": float(solid.area),
        "extents": [float(extent) for extent in extents],
        "aspect": float(extents.max() / extents.min()),
    }


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
        entries = parse_json(manifest.read_text(encoding="utf-8"))["meshes"]
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
