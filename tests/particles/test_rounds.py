"""Directions on the sphere, and shapes given by a formula in each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.particles.grid import sphere_grid
from diffrendergan.particles.irregular import irregular
from diffrendergan.particles.mesh import Mesh, find_problem
from diffrendergan.particles.rounds import ellipsoid, rounded_cube, superquadric

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
@given(faces=st.integers(100, 8000))
def test_even_grids_have_vertices_on_the_planes_and_keep_the_budget(faces: int) -> None:
    directions, triangles = sphere_grid(faces, even=True)
    assert 0.7 <= len(triangles) / faces <= 1.3
    if faces >= 400:
        assert (np.abs(directions) < 1e-12).any(axis=0).all()


def test_superquadrics_have_their_known_members() -> None:
    np.testing.assert_allclose(np.linalg.norm(superquadric(800, 2, 2)[0], axis=1), 1)
    octahedron = superquadric(3000, 1, 1)[0]
    np.testing.assert_allclose(np.abs(octahedron).sum(axis=1), 1)
    box = superquadric(3000, 50, 50)[0]
    np.testing.assert_allclose(np.abs(box).max(axis=1), 1, atol=0.05)
    upright = superquadric(3000, 2, 50)[0]  # a cylinder along y
    assert np.hypot(upright[:, 0], upright[:, 2]).max() == pytest.approx(1, abs=1e-6)
    assert Mesh(*superquadric(5000, 2, 50)).volume == pytest.approx(2 * np.pi, rel=0.03)


def test_ellipsoid_has_its_axes_and_volume() -> None:
    vertices, faces = ellipsoid(8000, (3, 1, 2))
    np.testing.assert_allclose(np.ptp(vertices, axis=0), [6, 2, 4], rtol=0.02)
    assert Mesh(vertices, faces).volume == pytest.approx(8 * np.pi, rel=0.01)


@fast
@given(roughness=st.floats(0, 0.5), wavelength=st.floats(0.2, 6), seed=st.integers(0, 2**32))
def test_irregular_spheres_are_as_rough_as_asked(roughness: float, wavelength: float, seed: int) -> None:
    vertices, faces = irregular(800, roughness, wavelength, np.random.default_rng(seed))
    radius = np.linalg.norm(vertices, axis=1)
    assert radius.std() / radius.mean() == pytest.approx(roughness, abs=1e-6)
    assert radius.min() > 0
    assert find_problem(Mesh(vertices, faces)) is None


def test_shorter_waves_make_rougher_surfaces() -> None:
    area = [Mesh(*irregular(5000, 0.1, wave, np.random.default_rng(0))).to_trimesh().area for wave in (0.4, 4.0)]
    assert area[0] > 1.2 * area[1]
