"""Meshes of other programs: mended, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from diffrendergan.errors import DataError
from diffrendergan.particles.files import read_repaired
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh, find_problem
from diffrendergan.particles.repair import repaired


def ball(subdivisions: int = 3) -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=subdivisions)


def read(tmp_path: Path, solid: trimesh.Trimesh, name: str = "part.ply", faces: int = 5000) -> Mesh:
    solid.export(tmp_path / name)
    return read_repaired(tmp_path / name, faces)


def without(solid: trimesh.Trimesh, *faces: int) -> trimesh.Trimesh:
    keep = np.ones(len(solid.faces), bool)
    keep[list(faces)] = False
    return trimesh.Trimesh(solid.vertices, solid.faces[keep], process=False)


def check_ball(mesh: Mesh) -> None:
    assert find_problem(mesh) is None and mesh.to_trimesh().is_watertight
    assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-3)
    np.testing.assert_allclose(mesh.to_trimesh().center_mass, 0, atol=1e-3)
    assert mesh.max_radius == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("ending", ["ply", "obj", "stl"])
def test_sound_files_only_become_centred_and_of_unit_size(tmp_path: Path, ending: str) -> None:
    solid = ball()
    solid.apply_scale(40)
    solid.apply_translation([100, -50, 7])
    mesh = read(tmp_path, solid, f"part.{ending}")
    check_ball(mesh)
    assert len(mesh.faces) == 1280
    assert all("duplicate vertices" in note for note in mesh.repairs)  # STL has no shared vertices


def test_split_vertices_loose_ones_and_needless_faces(tmp_path: Path) -> None:
    solid = ball()
    vertices = np.concatenate([solid.vertices[solid.faces].reshape(-1, 3), [[9, 9, 9]]])
    faces = np.arange(len(solid.faces) * 3).reshape(-1, 3)
    faces = np.concatenate([faces, faces[:3], [[0, 0, 1], [3, 4, 3]]])
    mesh = read(tmp_path, trimesh.Trimesh(vertices, faces, process=False))
    check_ball(mesh)
    assert len(mesh.vertices) == len(solid.vertices)
    notes = " ".join(mesh.repairs)
    assert "duplicate vertices merged" in notes and "1 loose vertices dropped" in notes and "5 degenerate" in notes


def test_small_holes_are_filled(tmp_path: Path) -> None:
    mesh = read(tmp_path, without(ball(), 0, 1, 2, 3, 600))
    check_ball(mesh)
    assert any("holes filled" in note or "hole filled" in note for note in mesh.repairs)


def test_inside_out_and_mixed_faces_are_turned(tmp_path: Path) -> None:
    inverted = ball()
    inverted.invert()
    mesh = read(tmp_path, inverted)
    check_ball(mesh)
    assert "turned inside out" in mesh.repairs
    mixed = ball()
    mixed.faces[::3] = mixed.faces[::3, ::-1]
    mesh = read(tmp_path, trimesh.Trimesh(mixed.vertices, mixed.faces, process=False))
    check_ball(mesh)
    assert "faces turned to one side" in mesh.repairs


def test_crumbs_are_dropped(tmp_path: Path) -> None:
    crumb = ball(1).apply_scale(0.05).apply_translation([3, 0, 0])
    mesh = read(tmp_path, trimesh.util.concatenate([ball(), crumb]))
    check_ball(mesh)
    assert "1 small separate bodies dropped" in mesh.repairs


def test_large_meshes_are_simplified(tmp_path: Path) -> None:
    mesh = read(tmp_path, ball(5), faces=1000)
    check_ball(mesh)
    assert 700 <= len(mesh.faces) <= 1300
    assert any("simplified from 20480 to" in note for note in mesh.repairs)


def test_hundreds_of_thousands_of_faces_are_simplified(tmp_path: Path) -> None:
    solid = ball(7)
    assert len(solid.faces) > 300_000
    solid.export(tmp_path / "part.ply")
    mesh = read_repaired(tmp_path / "part.ply", 5000)
    check_ball(mesh)
    assert 3500 <= len(mesh.faces) <= 6500


def refused(vertices: np.ndarray, faces: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        repaired(np.asarray(vertices, float), np.asarray(faces), "chip.ply")
    assert str(caught.value).startswith("chip.ply ") and str(caught.value).endswith(".")


def test_each_defect_that_cannot_be_mended_is_named() -> None:
    solid = ball()
    upper = solid.faces[solid.triangles_center[:, 2] > 0]
    refused(solid.vertices, upper, r"is open: \d+ edges belong to one face only.*Fill Holes")
    not_finite = np.array(solid.vertices)
    not_finite[5, 1] = np.nan
    not_finite[9, 0] = np.inf
    refused(not_finite, solid.faces, "has 2 vertices whose coordinates are no finite numbers")
    refused(solid.vertices, np.empty((0, 3), int), "has no faces, only 642 points")
    refused(np.zeros((5, 3)), solid.faces % 5, "has no area")
    refused(np.outer(np.arange(5), [1, 1, 1]), [[0, 1, 1], [2, 2, 3], [3, 4, 4], [0, 0, 0]], "has no area")
    refused(solid.vertices[:10], solid.faces, "refer to vertices which do not exist")
    flat = np.array(solid.vertices) * (1, 1, 0)
    refused(flat, solid.faces, "chip.ply")
    fin = np.concatenate([solid.vertices, [[2, 2, 2]]])
    refused(fin, np.concatenate([solid.faces, [[*solid.edges_unique[0], 642]]]), "1 edges with more than two faces")


def test_two_bodies_are_refused_with_their_number() -> None:
    pair = trimesh.util.concatenate([ball(), ball().apply_translation([3, 0, 0])])
    refused(pair.vertices, pair.faces, "holds 2 separate bodies.*Loose Parts")


def test_a_point_cloud_is_refused(tmp_path: Path) -> None:
    trimesh.PointCloud(ball().vertices).export(tmp_path / "part.ply")
    with pytest.raises(DataError, match=r"part\.ply"):
        read_repaired(tmp_path / "part.ply", 1000)
