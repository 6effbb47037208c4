"""The mesh library on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.errors import DataError
from diffrendergan.particles.library import library_info, make_library
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh
from diffrendergan.particles.store import MANIFEST, load_library, save_library

SMALL = ParticleConfig(count=3, faces=400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_library(tmp_path / "meshes", make_library(SMALL, 0), library_info(SMALL, 0))
    return tmp_path / "meshes"


def same(one: Mesh, other: Mesh) -> bool:
    return np.array_equal(one.vertices, other.vertices) and np.array_equal(one.faces, other.faces)


def test_round_trip(folder: Path) -> None:
    meshes = make_library(SMALL, 0)
    loaded = load_library(folder)
    assert len(loaded) == len(meshes)
    assert all(same(one, other) for one, other in zip(loaded, meshes, strict=True))


def test_manifest_says_where_the_meshes_come_from(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["info"]["seed"] == 0
    assert ParticleConfig(**manifest["info"]["config"]) == SMALL
    assert manifest["info"]["diffrendergan"]
    for index, entry in enumerate(manifest["meshes"]):
        assert entry["index"] == index and entry["repairs"] == []
        assert entry["volume"] == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-4)
        assert entry["area"] > 4 * np.pi and entry["aspect"] >= 1 and len(entry["extents"]) == 3
    assert [entry["file"] for entry in manifest["meshes"]] == [f"particle_{i:03d}.ply" for i in range(3)]
    for entry in manifest["meshes"]:
        assert entry["sha256"] == hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()


def test_files_are_binary_ply_with_normals(folder: Path) -> None:
    header = (folder / "particle_000.ply").read_bytes().split(b"end_header")[0]
    assert b"format binary_little_endian" in header and b"property float nx" in header
    assert trimesh.load_mesh(folder / "particle_000.ply").is_watertight


def test_a_smaller_library_replaces_a_larger(folder: Path) -> None:
    config = ParticleConfig(count=1, faces=200)
    save_library(folder, make_library(config, 1), library_info(config, 1))
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, "particle_000.ply"]
    assert len(load_library(folder)) == 1


def test_changed_mesh_is_refused(folder: Path) -> None:
    path = folder / "particle_001.ply"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"particle_001\.ply.*SHA-256"):
        load_library(folder)


def test_missing_mesh_is_refused(folder: Path) -> None:
    (folder / "particle_002.ply").unlink()
    with pytest.raises(DataError, match=r"particle_002\.ply is missing"):
        load_library(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"meshes": [{"file": "a.ply"}]}', '{"meshes": []}', '{"meshes": [3]}']
)
def test_broken_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(DataError, match=r"library\.json"):
        load_library(folder)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing or broken"):
        load_library(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "data", [b"", b"no mesh", b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nend_header\n"]
)
def test_listed_file_that_is_no_mesh_is_refused(folder: Path, data: bytes) -> None:
    replace(folder, data)
    with pytest.raises(DataError, match=r"particle_000\.ply is not a triangle mesh"):
        load_library(folder)


def test_listed_open_mesh_is_refused(folder: Path) -> None:
    box = trimesh.creation.box()
    box.update_faces(np.arange(12) > 0)
    replace(folder, box.export(file_type="ply"))
    with pytest.raises(DataError, match=r"particle_000\.ply is not watertight"):
        load_library(folder)


def replace(folder: Path, data: bytes) -> None:
    """Put other bytes in the place of the first mesh, and list them as right."""
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["meshes"][0]["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))
    (folder / "particle_000.ply").write_bytes(data)
