"""Projection of bodies whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.rendering.heightfield.relief import DISTANCE, MARGIN, SAMPLES, THICKNESS, TILT, TOP, project


def grid(relief):
    cells = (np.arange(SAMPLES) + 0.5) / SAMPLES * 2 - 1
    return np.meshgrid(cells * relief.reach, cells * relief.reach)


def projected(solid):
    return project(np.asarray(solid.vertices), np.asarray(solid.vertex_normals), np.asarray(solid.faces, np.int32))


def test_a_ball_has_the_ball_s_surface_thickness_tilt_and_outline(ball):
    x, y = grid(ball)
    radius = np.hypot(x, y)
    inside = radius < 0.93
    height = np.sqrt(1 - np.minimum(radius, 1) ** 2)
    assert ball.reach == pytest.approx(MARGIN, rel=0.01)
    assert ball.area == pytest.approx(np.pi, rel=0.01)
    assert (ball.lowest, ball.highest) == pytest.approx((-1, 1), abs=0.01)
    assert np.abs(ball.maps[TOP] - height)[inside].max() < 0.03
    assert np.abs(ball.maps[THICKNESS] - 2 * height)[inside].max() < 0.06
    assert np.abs(ball.maps[TILT] - (1 - height))[inside].max() < 0.05
    assert np.abs(ball.maps[DISTANCE] - (1 - radius)).max() < 0.04


@pytest.mark.parametrize("mirrored", [False, True])
def test_thickness_counts_what_is_full_alone(mirrored):
    """A ring seen from above: nothing in its hole; a hollow along the line of sight is left out."""
    rings = [trimesh.creation.torus(2.0, 0.5, 64, 32), trimesh.creation.torus(2.0, 0.5, 64, 32)]
    rings[1].apply_translation([0, 0, 3])
    solid = trimesh.util.concatenate(rings)
    points, faces = np.asarray(solid.vertices), np.asarray(solid.faces, np.int32)
    normals = np.asarray(solid.vertex_normals)
    if mirrored:  # the other handedness of the image's axes
        points, normals = points * [-1, 1, 1], normals * [-1, 1, 1]
    relief = project(points, normals, faces)
    x, y = grid(relief)
    away = np.abs(np.hypot(x, y) - 2)
    on, hole = away < 0.3, np.hypot(x, y) < 1.3
    expected = 4 * np.sqrt(np.maximum(0.25 - away**2, 0))
    assert np.abs(relief.maps[THICKNESS] - expected)[on].max() < 0.12
    assert relief.maps[THICKNESS][hole].max() == 0
    assert (relief.maps[DISTANCE][hole] < 0).all()
    assert np.abs(relief.maps[TOP][on] - 3 - expected[on] / 4).max() < 0.06


def test_a_box_on_the_grid_has_no_gaps_where_faces_share_edges():
    relief = projected(trimesh.creation.box([2, 1, 1]))
    x, y = grid(relief)
    inside = (np.abs(x) < 0.95) & (np.abs(y) < 0.45)
    np.testing.assert_allclose(relief.maps[THICKNESS][inside], 1, atol=1e-3)
    assert relief.area == pytest.approx(2, rel=0.03)
