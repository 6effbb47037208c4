"""Shapes before deformation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.particles.mesh import Mesh, find_problem
from diffrendergan.particles.shapes import TIP, rounded_cube, sphere_grid, tapered_wire

fast = settings(deadline=None, max_examples=20)


@fast
@given(faces=st.integers(100, 8000))
def test_grid_keeps_the_face_budget_and_is_closed(faces: int) -> None:
    directions, triangles = sphere_grid(faces)
    assert 0.7 <= len(triangles) / faces <= 1.3
    assert len(directions) == len(triangles) // 2 + 2  # Euler's formula of a sphere
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert find_problem(Mesh(directions, triangles)) is None


def test_grid_triangles_are_of_similar_size() -> None:
    areas = Mesh(*sphere_grid(5000)).to_trimesh().area_faces
    assert areas.max() / areas.min() < 1.6


@fast
@given(rounding=st.floats(0, 1))
def test_rounded_cube_lies_between_sphere_and_cube(rounding: float) -> None:
    vertices, faces = rounded_cube(500, rounding)
    assert find_problem(Mesh(vertices, faces)) is None
    np.testing.assert_allclose(np.abs(vertices).max(axis=0), 1, atol=0.02)
    assert np.linalg.norm(vertices, axis=1).min() > 0.98


def test_rounding_has_its_two_ends() -> None:
    sharp = Mesh(*rounded_cube(1000, 0.0))
    assert sharp.volume == pytest.approx(8, rel=1e-5)
    assert sharp.max_radius == pytest.approx(np.sqrt(3), rel=1e-5)
    np.testing.assert_allclose(np.linalg.norm(rounded_cube(1000, 1.0)[0], axis=1), 1)


def test_default_softness_is_that_of_the_published_meshes() -> None:
    solid = Mesh(*rounded_cube(5000, 0.35)).to_trimesh()
    sphericity = np.pi ** (1 / 3) * (6 * solid.volume) ** (2 / 3) / solid.area
    assert sphericity == pytest.approx(0.967, abs=0.006)


@fast
@given(faces=st.integers(100, 8000), slenderness=st.floats(4, 200))
def test_wire_keeps_the_face_budget_and_is_closed(faces: int, slenderness: float) -> None:
    vertices, triangles = tapered_wire(faces, slenderness * 0.2, 0.2)
    assert 0.7 <= len(triangles) / faces <= 1.3
    assert find_problem(Mesh(vertices, triangles)) is None


def test_wire_has_its_length_and_tapers() -> None:
    vertices, _ = tapered_wire(5000, 19.0, 0.19)
    assert (vertices[:, 0].min(), vertices[:, 0].max()) == pytest.approx((-9.5, 9.5))
    distance = np.hypot(vertices[:, 1], vertices[:, 2])
    assert distance.max() == pytest.approx(0.19)
    assert distance[vertices[:, 0] < -9].max() == pytest.approx(0.19, rel=1e-3)
    assert distance[vertices[:, 0] > 9.3].max() == pytest.approx(0.19 * TIP, rel=0.02)
