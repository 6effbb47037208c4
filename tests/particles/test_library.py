"""The mesh library, made and kept."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.particles import library, shapes
from diffrendergan.particles.library import (
    MANIFEST,
    is_star_shaped,
    library_info,
    load_library,
    make_library,
    save_library,
)
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh, find_problem

FAMILIES = ("cube", "sphere", "bent_cone")
SMALL = ParticleConfig(count=3, faces=400)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_library(tmp_path / "meshes", make_library(SMALL, 0), library_info(SMALL, 0))
    return tmp_path / "meshes"


def same(one: Mesh, other: Mesh) -> bool:
    return np.array_equal(one.vertices, other.vertices) and np.array_equal(one.faces, other.faces)


@pytest.mark.parametrize("family", FAMILIES)
def test_meshes_are_sound_and_centred(family: str) -> None:
    config = ParticleConfig(family=family, count=4)
    meshes = make_library(config, 3)
    assert len(meshes) == 4
    for mesh in meshes:
        assert find_problem(mesh) is None
        assert 0.7 <= len(mesh.faces) / config.faces <= 1.3
        np.testing.assert_allclose(mesh.to_trimesh().center_mass, 0, atol=1e-4)
        if family != "bent_cone":
            assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-4)
            assert is_star_shaped(mesh)


@settings(deadline=None, max_examples=15)
@given(
    rounding=st.floats(0, 1),
    displacement=st.floats(0, 0.25),
    bend=st.floats(0, 1),
    elongation=st.floats(1, 2),
    seed=st.integers(0, 2**32),
)
def test_any_reasonable_cube_is_sound(
    rounding: float, displacement: float, bend: float, elongation: float, seed: int
) -> None:
    config = ParticleConfig(
        count=1, faces=300, rounding=rounding, displacement=displacement, bend=bend, elongation=elongation
    )
    (mesh,) = make_library(config, seed)
    assert find_problem(mesh) is None and is_star_shaped(mesh)


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_same_vertices_whatever_the_count(family: str) -> None:
    few = make_library(ParticleConfig(family=family, count=2, faces=400), 7)
    more = make_library(ParticleConfig(family=family, count=5, faces=400), 7)
    assert all(same(one, other) for one, other in zip(few, more, strict=False))
    if family != "sphere":
        other_seed = make_library(ParticleConfig(family=family, count=2, faces=400), 8)
        assert not same(few[0], other_seed[0]) and not same(few[0], few[1])


def test_defaults_resemble_the_published_meshes() -> None:
    """Their sphericity is .967, their largest radius 1.24 and their convexity .998 (METHOD §2, measured)."""
    solids = [mesh.to_trimesh() for mesh in make_library(ParticleConfig(count=20), 0)]
    sphericity = [np.pi ** (1 / 3) * (6 * solid.volume) ** (2 / 3) / solid.area for solid in solids]
    radius = [np.linalg.norm(solid.vertices, axis=1).max() for solid in solids]
    assert np.mean(sphericity) == pytest.approx(0.967, abs=0.02)
    assert np.mean(radius) == pytest.approx(1.24, abs=0.06)
    assert min(solid.volume / solid.convex_hull.volume for solid in solids) > 0.97


def test_wires_lie_flat_with_length_and_radius_from_the_configuration() -> None:
    config = ParticleConfig(family="bent_cone", count=6, length=12.0, radius=0.15, bend=0.8)
    directions = []
    for mesh in make_library(config, 1):
        size = np.ptp(mesh.vertices, axis=0)
        assert size[1] == pytest.approx(0.3, rel=0.02)
        assert 10 < np.hypot(size[0], size[2]) < 12.3
        flat = mesh.vertices[:, [0, 2]].astype(float)
        axis = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)[2][0]
        directions.append(np.arctan2(axis[1], axis[0]) % np.pi)
    assert np.ptp(directions) > 0.3


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (ParticleConfig(count=1, faces=300, displacement=5.0), "particles.displacement"),
        (ParticleConfig(family="bent_cone", bend=4.0), "particles.bend"),
        (ParticleConfig(family="bent_cone", length=1.0, radius=0.5), "particles.length"),
        (ParticleConfig(family="bent_cone", length=1e-30, radius=1e-32), "particles.radius"),
    ],
)
def test_impossible_parameters_are_named(config: ParticleConfig, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make_library(config, 0)


def test_unsound_mesh_is_an_error_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_cube(faces: int, rounding: float) -> shapes.Surface:
        vertices, triangles = shapes.sphere_grid(faces)
        return vertices, triangles[1:]

    monkeypatch.setattr(library.shapes, "rounded_cube", open_cube)
    with pytest.raises(ConfigError, match=r"Mesh 0 made from the section particles .*not watertight"):
        make_library(SMALL, 0)


def test_forty_meshes_are_quick() -> None:
    start = time.process_time()
    make_library(ParticleConfig(count=40, faces=5000), 0)
    assert time.process_time() - start < 10


def test_round_trip(folder: Path) -> None:
    meshes = make_library(SMALL, 0)
    loaded = load_library(folder)
    assert len(loaded) == len(meshes)
    assert all(same(one, other) for one, other in zip(loaded, meshes, strict=True))


def test_manifest_says_where_the_meshes_come_from(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["info"]["seed"] == 0
    assert ParticleConfig(**manifest["info"]["config"]) == SMALL
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
