"""Contact of meshes: known distances, containment, rotations."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.arrangement.bodies import Bodies, about_vertical, draw_rotations
from diffrendergan.arrangement.collision import Collider
from diffrendergan.particles.mesh import Mesh


def test_balls_stop_where_they_touch(ball: Mesh) -> None:
    collider = Collider(Bodies.of([ball, ball]), np.array([1.0, 0.5]), None)
    collider.put(0, np.zeros(3))
    for direction in np.random.default_rng(0).normal(size=(10, 3)):
        direction /= np.linalg.norm(direction)
        rest = collider.slide(1, 3 * direction, -direction, 3.0)
        assert np.linalg.norm(rest) == pytest.approx(1.5, rel=0.015)
        assert collider.free(1, rest) and not collider.free(1, rest * 0.98)


def test_a_slide_past_others_goes_its_whole_way(ball: Mesh) -> None:
    collider = Collider(Bodies.of([ball, ball]), np.ones(2), None)
    collider.put(0, np.array([0.0, 5.0, 0.0]))
    np.testing.assert_allclose(collider.slide(1, np.zeros(3), np.array([1.0, 0, 0]), 4.0), [4, 0, 0])


def test_boxes_touch_at_their_faces_as_they_are_turned(box: Mesh) -> None:
    """Φ's (x, y, z) are scene (x, z, y): the box is 4 × 2 in Φ's plane and 1 high."""
    flat = Collider(Bodies.of([box, box]), np.ones(2), None)
    flat.put(0, np.zeros(3))
    for axis, extent in enumerate((4.0, 2.0, 1.0)):
        direction = np.eye(3)[axis]
        rest = flat.slide(1, 6 * direction, -direction, 6.0)
        assert rest[axis] == pytest.approx(extent, abs=1e-3)
    turned = Collider(Bodies.of([box, box]), np.ones(2), about_vertical(np.array([0.0, np.pi / 2])))
    turned.put(0, np.zeros(3))
    assert turned.slide(1, np.array([9.0, 0, 0]), np.array([-1.0, 0, 0]), 9.0)[0] == pytest.approx(3.0, abs=1e-3)


def test_what_lies_inside_another_overlaps_it(ball: Mesh) -> None:
    rotations = draw_rotations("any", 2, np.random.default_rng(0))
    collider = Collider(Bodies.of([ball, ball]), np.array([1.0, 0.2]), rotations)
    collider.put(0, np.array([1.0, 1.0, 1.0]))
    assert not collider.free(1, np.array([1.0, 1.3, 1.0]))
    assert collider.free(1, np.array([1.0, 1.0, 2.3]))
    other = Collider(Bodies.of([ball, ball]), np.array([1.0, 0.2]), None)
    other.put(1, np.zeros(3))
    assert not other.free(0, np.array([0.1, 0.0, 0.0]))


def test_nothing_in_place_is_free_everywhere(ball: Mesh) -> None:
    collider = Collider(Bodies.of([ball, ball]), np.ones(2), None)
    assert collider.free(0, np.zeros(3))
    collider.put(1, np.zeros(3))
    assert not collider.free(0, np.zeros(3))
    collider.clear()
    assert collider.free(0, np.zeros(3))
