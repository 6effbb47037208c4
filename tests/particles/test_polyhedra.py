"""Polyhedra from planes, crystals and plates with known facets, volumes and extents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.shapes import CrystalShape
from diffrendergan.particles.fill import fill_convex
from diffrendergan.particles.grid import Surface
from diffrendergan.particles.mesh import Mesh, find_problem
from diffrendergan.particles.platelets import platelet
from diffrendergan.particles.polyhedra import Polyhedron, polyhedron, rounded_polyhedron
from diffrendergan.particles.wulff import crystal, cut_octahedron

CUBE_PLANES = np.concatenate([np.eye(3), -np.eye(3)])


def cube() -> Polyhedron:
    body = polyhedron(CUBE_PLANES, np.ones(6))
    assert body is not None
    return body


def solid(surface: Surface) -> Mesh:
    mesh = Mesh(*surface)
    assert find_problem(mesh) is None
    return mesh


def test_six_planes_make_a_cube() -> None:
    assert len(cube().corners) == 8 and [len(facet) for facet in cube().facets] == [4] * 6
    np.testing.assert_allclose(np.abs(cube().corners), 1)
    mesh = solid(rounded_polyhedron(cube(), 0.0, 2000))
    assert mesh.volume == pytest.approx(8, rel=1e-5)
    assert mesh.max_radius == pytest.approx(np.sqrt(3), rel=1e-5)
    assert mesh.to_trimesh().area == pytest.approx(24, rel=1e-5)


def test_open_space_is_no_polyhedron() -> None:
    assert polyhedron(CUBE_PLANES[:5], np.ones(5)) is None


@pytest.mark.parametrize("rounding", [0.1, 0.4, 0.8])
def test_rounding_follows_steiners_formula(rounding: float) -> None:
    """A cube of edge a and a ball of radius r add up to a³ + 6a²r + 3πar² + 4/3πr³."""
    mesh = solid(rounded_polyhedron(cube(), rounding, 20000))
    size = np.cbrt(8 * 3 / (4 * np.pi))
    edge, radius = 2 * (1 - rounding), rounding * size
    expected = edge**3 + 6 * edge**2 * radius + 3 * np.pi * edge * radius**2 + 4 / 3 * np.pi * radius**3
    assert mesh.volume == pytest.approx(expected, rel=0.003)


@pytest.mark.parametrize("rounding", [1e-9, 1e-7, 1e-5, 1e-4, 1e-3])
def test_edges_too_fine_for_single_precision_are_sharp(rounding: float) -> None:
    mesh = solid(rounded_polyhedron(cube(), rounding, 600))
    assert mesh.volume == pytest.approx(8, rel=0.01)


def test_facets_stay_flat_up_to_their_rims() -> None:
    vertices, _ = rounded_polyhedron(cube(), 0.1, 3000)
    top = vertices[:, 1].max()
    flat = vertices[vertices[:, 1] > top - 1e-9]
    assert len(flat) > 200
    assert np.abs(flat[:, [0, 2]]).max() == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize(
    ("truncation", "facets"),
    [(0.0, [3] * 8), (1 / 3, [4] * 6 + [6] * 8), (0.5, [3] * 8 + [4] * 6), (1.0, [4] * 6)],
)
def test_cut_octahedra_are_the_known_ones(truncation: float, facets: list[int]) -> None:
    body = cut_octahedron(truncation)
    assert body is not None
    assert sorted(len(facet) for facet in body.facets) == facets
    edges = [
        np.linalg.norm(body.corners[p] - body.corners[q])
        for facet in body.facets
        for p, q in zip(facet, facet[1:] + facet[:1], strict=True)
    ]
    np.testing.assert_allclose(edges, edges[0], rtol=1e-6)  # all four are regular


@settings(deadline=None, max_examples=20)
@given(
    symmetry=st.sampled_from(["cubic", "hexagonal", "tetragonal", "random"]),
    seed=st.integers(0, 2**32),
)
def test_crystals_are_convex(symmetry: str, seed: int) -> None:
    body = crystal(CrystalShape(symmetry=symmetry), np.random.default_rng(seed))
    if body is None:  # drawn again by the caller
        return
    mesh = solid(rounded_polyhedron(body, 0.1, 800))
    assert mesh.volume / mesh.to_trimesh().convex_hull.volume > 0.995


@pytest.mark.parametrize("seed", [53, 244, 351])
def test_a_corner_of_two_facets_is_no_sound_polyhedron(seed: int) -> None:
    """Of these planes, one cuts off so little that its facet shrinks to a point on an edge."""
    assert crystal(CrystalShape(symmetry="random"), np.random.default_rng(seed)) is None


def test_equivalent_facets_are_alike_without_irregularity() -> None:
    body = crystal(CrystalShape(symmetry="cubic", irregularity=0.0), np.random.default_rng(1))
    assert body is not None
    mirrored = np.sort(body.corners * (-1, 1, 1), axis=0)
    np.testing.assert_allclose(np.sort(body.corners, axis=0), mirrored, atol=1e-9)


def test_discs_and_plates_have_their_measures() -> None:
    vertices, faces = platelet(8000, 4, 0, 0.0)
    np.testing.assert_allclose(np.ptp(vertices, axis=0), [2, 0.5, 2], rtol=1e-3)
    assert solid((vertices, faces)).volume == pytest.approx(np.pi / 2, rel=0.01)
    hexagon = solid(platelet(3000, 4, 6, 0.0))
    assert hexagon.volume == pytest.approx(1.5 * np.sqrt(3) / 2, rel=1e-5)
    assert solid(platelet(3000, 4, 6, 1.0)).volume < hexagon.volume


@settings(deadline=None, max_examples=20)
@given(count=st.integers(3, 40), spacing=st.floats(0.05, 3))
def test_outlines_are_filled_without_gap_or_overlap(count: int, spacing: float) -> None:
    angle = 2 * np.pi * np.arange(count) / count
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    outline = np.stack([corners, (corners + np.roll(corners, -1, axis=0)) / 2], axis=1).reshape(-1, 2)
    inside, triangles = fill_convex(outline, spacing)
    points = np.concatenate([outline, inside])[triangles]
    first, second = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    areas = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    assert areas.min() > 0
    assert areas.sum() == pytest.approx(count * np.sin(2 * np.pi / count) / 2)
    assert len(triangles) == len(outline) - 2 + 2 * len(inside)
