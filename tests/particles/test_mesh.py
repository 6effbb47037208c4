"""Checks that make a mesh usable as a particle."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.particles.mesh import UNIT_SPHERE_VOLUME, Mesh, centred, check_mesh, find_problem, from_trimesh


@pytest.fixture
def box() -> Mesh:
    return from_trimesh(trimesh.creation.box(extents=(1, 2, 3)))


def changed(mesh: Mesh, vertices: NDArray | None = None, faces: NDArray | None = None) -> Mesh:
    return Mesh(mesh.vertices if vertices is None else vertices, mesh.faces if faces is None else faces)


def test_sound_mesh_passes(box: Mesh) -> None:
    check_mesh(box, "box")
    assert box.volume == pytest.approx(6)
    assert box.max_radius == pytest.approx(np.sqrt(14) / 2)
    assert box.vertices.dtype == np.float32 and box.faces.dtype == np.int32


def test_arrays_are_private_and_constant() -> None:
    vertices = np.eye(3, dtype=np.float32)
    mesh = Mesh(vertices, np.array([[0, 1, 2]]))
    vertices[:] = 7
    assert mesh.vertices.max() == 1
    with pytest.raises(ValueError, match="read-only"):
        mesh.vertices[0, 0] = 1


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        Mesh(np.zeros((4, 2)), np.zeros((4, 3)))


def test_each_defect_is_named(box: Mesh) -> None:
    not_finite = box.vertices.copy()
    not_finite[2, 1] = np.nan
    flat = box.vertices.copy()
    flat[:] = flat[0]
    one_turned = box.faces.copy()
    one_turned[0] = one_turned[0, ::-1]
    missing = box.faces.copy()
    missing[0, 0] = 99
    cases = {
        "not finite": changed(box, vertices=not_finite),
        "without area": changed(box, vertices=flat),
        "inconsistent": changed(box, faces=one_turned),
        "inside out": changed(box, faces=box.faces[:, ::-1]),
        "watertight": changed(box, faces=box.faces[1:]),
        "do not exist": changed(box, faces=missing),
        "too few": changed(box, faces=box.faces[:2]),
    }
    for words, mesh in cases.items():
        with pytest.raises(DataError, match=f"chip.ply .*{words}"):
            check_mesh(mesh, "chip.ply")


def test_centring_and_unit_volume() -> None:
    box = trimesh.creation.box(extents=(1, 2, 3))
    mesh = centred(np.asarray(box.vertices) + 5, box.faces)
    assert mesh.volume == pytest.approx(UNIT_SPHERE_VOLUME, rel=1e-5)
    np.testing.assert_allclose(mesh.to_trimesh().center_mass, 0, atol=1e-6)
    kept = centred(np.asarray(box.vertices) + 5, box.faces, unit_volume=False)
    np.testing.assert_allclose(np.ptp(kept.vertices, axis=0), (1, 2, 3), rtol=1e-6)


def test_normals_of_a_sphere_are_its_vertices() -> None:
    mesh = from_trimesh(trimesh.creation.icosphere(3))
    assert find_problem(mesh) is None
    np.testing.assert_allclose(mesh.normals(), mesh.vertices, atol=0.01)
