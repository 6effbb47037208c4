"""Libraries made from a configuration: every family, every deformation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from diffrendergan.config.load import load_project
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.particles import shapes
from diffrendergan.particles.grid import Surface, sphere_grid
from diffrendergan.particles.library import find_orientation, library_info, load_library, make_library, save_library
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh, find_problem

UNIT = st.floats(0, 1)


def ranges(low: float, high: float) -> st.SearchStrategy[list[float]]:
    return st.tuples(st.floats(low, high), st.floats(low, high)).map(sorted)


FAMILIES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "sphere": {},
    "ellipsoid": {"elongation": ranges(1, 4), "flatness": ranges(1, 3)},
    "superquadric": {"exponent": ranges(0.7, 20), "vertical_exponent": ranges(0.7, 20), "elongation": ranges(1, 2)},
    "cuboid": {"rounding": ranges(0, 1), "elongation": ranges(1, 3)},
    "octahedron": {"truncation": ranges(0, 1), "rounding": ranges(0, 1)},
    "rod": {"aspect": ranges(1, 20), "ends": st.sampled_from(["round", "flat"])},
    "wire": {"length": st.floats(2, 30), "tip": st.floats(0.1, 1), "bend": st.floats(0, 2)},
    "platelet": {"aspect": ranges(1, 20), "corners": st.sampled_from([0, 3, 4, 6, 9]), "rounding": ranges(0, 1)},
    "crystal": {
        "symmetry": st.sampled_from(["cubic", "hexagonal", "tetragonal", "random"]),
        "irregularity": st.floats(0, 0.3),
        "rounding": ranges(0, 1),
    },
    "irregular": {
        "roughness": st.floats(0, 0.5),
        "wavelength": st.floats(0.2, 6),
        "elongation": ranges(1, 3),
    },
    "aggregate": {
        "primaries": st.tuples(st.integers(1, 12), st.integers(1, 12)).map(sorted),
        "fractal_dimension": st.floats(1.4, 2.5),
        "spread": st.floats(0, 0.4),
        "neck": st.floats(0.1, 1),
    },
}


def same(one: Mesh, other: Mesh) -> bool:
    return np.array_equal(one.vertices, other.vertices) and np.array_equal(one.faces, other.faces)


@pytest.mark.parametrize("family", FAMILIES)
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_any_shape_is_sound_centred_and_of_unit_size(family: str, data: st.DataObject) -> None:
    shape = {"family": family} | {name: data.draw(values, name) for name, values in FAMILIES[family].items()}
    least = 500 if family == "aggregate" else 100
    config = ParticleConfig(count=1, faces=data.draw(st.integers(least, 1500), "faces"), shape=shape)
    seed = data.draw(st.integers(0, 2**31), "seed")
    (mesh,) = make_library(config, seed)
    solid = mesh.to_trimesh()
    assert find_problem(mesh) is None
    assert solid.is_watertight and solid.is_winding_consistent and solid.volume > 0
    assert 0.7 <= len(mesh.faces) / config.faces <= 1.3
    assert len(np.unique(mesh.faces)) == len(mesh.vertices)
    np.testing.assert_allclose(solid.center_mass, 0, atol=1e-3)
    if family != "wire":
        assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-3)
    assert same(mesh, make_library(config, seed)[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_each_mesh_has_its_own_seed_whatever_the_count(family: str) -> None:
    few = make_library(ParticleConfig(shape={"family": family}, count=2, faces=400), 7)
    more = make_library(ParticleConfig(shape={"family": family}, count=3, faces=400), 7)
    other_seed = make_library(ParticleConfig(shape={"family": family}, count=1, faces=400), 8)
    assert all(same(one, other) for one, other in zip(few, more, strict=False))
    assert not same(few[0], other_seed[0]) and not same(few[0], few[1])


STEPS = [
    {"kind": "bend", "angle": 1.0},
    {"kind": "taper", "ratio": 0.5},
    {"kind": "twist", "angle": 1.0},
    {"kind": "displace", "amplitude": 0.1},
    {"kind": "rotate"},
    {"kind": "remesh"},
    {"kind": "smooth", "iterations": 5},
]


@settings(deadline=None, max_examples=20)
@given(
    family=st.sampled_from(["cuboid", "rod", "crystal", "platelet", "irregular"]),
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=4),
    seed=st.integers(0, 2**31),
)
@example(family="crystal", steps=[STEPS[0], STEPS[0]], seed=182188264)  # simplified to an edge of 5e-9
def test_any_chain_of_deformations_is_sound(family: str, steps: list[dict[str, Any]], seed: int) -> None:
    config = ParticleConfig(count=1, faces=600, shape={"family": family}, deform=steps)
    (mesh,) = make_library(config, seed)
    assert find_problem(mesh) is None
    assert mesh.to_trimesh().is_watertight
    assert 0.7 <= len(mesh.faces) / config.faces <= 1.3
    assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-3)


def test_the_order_of_deformations_matters() -> None:
    def made(*steps: dict[str, Any]) -> Mesh:
        return make_library(ParticleConfig(count=1, faces=600, shape={"family": "rod"}, deform=steps), 0)[0]

    assert not same(made(STEPS[0], STEPS[2]), made(STEPS[2], STEPS[0]))


def test_remesh_evens_out_triangles() -> None:
    shape = {"family": "ellipsoid", "elongation": [3, 3], "flatness": [2, 2]}
    spreads, areas = [], []  # of the edges' lengths
    for deform in ([], [{"kind": "remesh"}]):
        (mesh,) = make_library(ParticleConfig(count=1, faces=1500, shape=shape, deform=deform), 0)
        edges = mesh.to_trimesh().edges_unique_length
        spreads.append(edges.std() / edges.mean())
        areas.append(mesh.to_trimesh().area)
    assert spreads[1] < 0.8 * spreads[0]
    assert areas[0] == pytest.approx(areas[1], rel=0.02)


def test_smoothing_takes_roughness_but_not_volume() -> None:
    shape = {"family": "irregular", "wavelength": 0.5, "roughness": 0.05}
    areas = []
    for deform in ([], [{"kind": "smooth", "iterations": 40}]):
        (mesh,) = make_library(ParticleConfig(count=1, faces=2000, shape=shape, deform=deform), 0)
        areas.append(mesh.to_trimesh().area)
    assert areas[1] < 0.97 * areas[0]


@pytest.mark.parametrize("preset", ["tio2-sem", "authors-code"])
def test_presets_resemble_the_published_meshes(preset: str) -> None:
    """Their sphericity is .967, their largest radius 1.24 and their convexity .998 (METHOD §2, measured)."""
    particles = load_project(None, preset, ["particles.count=20", "particles.faces=2000"]).particles
    solids = [mesh.to_trimesh() for mesh in make_library(particles, 0)]
    sphericity = [np.pi ** (1 / 3) * (6 * solid.volume) ** (2 / 3) / solid.area for solid in solids]
    radius = [np.linalg.norm(solid.vertices, axis=1).max() for solid in solids]
    assert np.mean(sphericity) == pytest.approx(0.967, abs=0.02)
    assert np.mean(radius) == pytest.approx(1.24, abs=0.06)
    assert min(solid.volume / solid.convex_hull.volume for solid in solids) > 0.96


def test_wires_lie_flat_with_length_and_radius_from_the_configuration() -> None:
    shape = {"family": "wire", "length": 12.0, "radius": 0.15, "bend": 0.8}
    directions = []
    for mesh in make_library(ParticleConfig(count=6, shape=shape), 1):
        size = np.ptp(mesh.vertices, axis=0)
        assert size[1] == pytest.approx(0.3, rel=0.02)
        assert 10 < np.hypot(size[0], size[2]) < 12.3
        flat = mesh.vertices[:, [0, 2]].astype(float)
        axis = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)[2][0]
        directions.append(np.arctan2(axis[1], axis[0]) % np.pi)
    assert np.ptp(directions) > 0.3


def test_orientations() -> None:
    def extents(orientation: str) -> np.ndarray:
        shape = {"family": "rod", "aspect": [4, 4]}
        meshes = make_library(ParticleConfig(count=4, faces=300, shape=shape, orientation=orientation), 0)
        return np.array([np.ptp(mesh.vertices, axis=0) for mesh in meshes])

    along_x, flat, any_way = extents("none"), extents("vertical"), extents("any")
    assert (along_x[:, 0] > 3.5 * along_x[:, 1]).all()
    np.testing.assert_allclose(flat[:, 1], along_x[:, 1], rtol=1e-5)
    assert np.ptp(flat[:, 0]) > 0.3 and np.ptp(any_way[:, 1]) > 0.3
    assert find_orientation(ParticleConfig()) == "any"
    assert find_orientation(ParticleConfig(shape={"family": "wire"})) == "vertical"
    assert find_orientation(ParticleConfig(shape={"family": "library", "folder": "x"})) == "none"


def made_with(shape: dict[str, Any] | None = None, *deform: dict[str, Any]) -> ParticleConfig:
    return ParticleConfig(count=1, faces=300, shape=shape or {"family": "cuboid"}, deform=deform)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            made_with(None, {"kind": "rotate"}, {"kind": "displace", "amplitude": 5}),
            r"particles\.deform\.1\.amplitude = 5",
        ),
        (made_with(None, {"kind": "bend", "angle": 1e6}), r"particles\.deform\.0\.angle"),
        (made_with({"family": "wire", "bend": 4.0}), r"particles\.shape\.bend"),
        (made_with({"family": "wire", "length": 1.0, "radius": 0.5}), r"particles\.shape\.length"),
        (made_with({"family": "wire", "length": 1e-30, "radius": 1e-32}), r"particles\.shape\.radius"),
        (made_with({"family": "aggregate", "primaries": [60, 60]}), r"particles\.shape\.primaries"),
    ],
)
def test_impossible_parameters_are_named(config: ParticleConfig, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        make_library(config, 0)


@pytest.mark.parametrize(
    "shape",
    [
        {"family": "crystal", "planes": [3, 5]},
        {"family": "superquadric", "exponent": [0.1, 1]},
        {"family": "platelet", "corners": 2},
        {"family": "aggregate", "neck": 0.01},
    ],
)
def test_values_out_of_bounds_are_refused(shape: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made_with(shape)


def test_unsound_mesh_is_an_error_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_sphere(faces: int) -> Surface:
        vertices, triangles = sphere_grid(faces)
        return vertices, triangles[1:]

    monkeypatch.setattr(shapes, "sphere_grid", open_sphere)
    with pytest.raises(ConfigError, match=r"Mesh 0 made from the section particles .*not watertight"):
        make_library(made_with({"family": "sphere"}), 0)


def test_a_library_is_taken_in_order_again_and_again(tmp_path: Path) -> None:
    config = ParticleConfig(count=2, faces=300)
    meshes = make_library(config, 0)
    save_library(tmp_path, meshes, library_info(config, 0))
    again = make_library(ParticleConfig(count=5, shape={"family": "library", "folder": tmp_path}), 9)
    assert all(same(mesh, meshes[i % 2]) for i, mesh in enumerate(again))
    assert all(same(one, other) for one, other in zip(load_library(tmp_path), meshes, strict=True))
    bent = make_library(
        ParticleConfig(count=3, faces=300, shape={"family": "library", "folder": tmp_path}, deform=[STEPS[0]]), 9
    )
    assert not same(bent[0], bent[2]) and bent[0].volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-3)


def test_files_are_taken_sorted_again_and_again(tmp_path: Path) -> None:
    trimesh.creation.box(extents=(1, 2, 3)).export(tmp_path / "b.ply")
    trimesh.creation.icosphere(subdivisions=2, radius=7).export(tmp_path / "a.stl")
    (tmp_path / "notes.txt").write_text("no mesh")
    shape = {"family": "files", "folder": tmp_path}
    meshes = make_library(ParticleConfig(count=3, shape=shape), 0)
    assert [len(mesh.faces) for mesh in meshes] == [320, 12, 320]
    for mesh in meshes:
        assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-4)
    raw = make_library(ParticleConfig(count=1, shape=shape | {"normalise": False, "scale": 2.0}), 0)
    assert raw[0].max_radius == pytest.approx(14, rel=1e-4)
    with pytest.raises(DataError, match="holds no PLY"):
        make_library(ParticleConfig(count=1, shape={"family": "files", "folder": tmp_path / "none"}), 0)
