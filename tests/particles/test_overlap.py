"""Surfaces that meet themselves are found, others are not."""

from __future__ import annotations

import numpy as np
import trimesh

from diffrendergan.particles import deform
from diffrendergan.particles.budget import is_sound, simplified_to, unpinched
from diffrendergan.particles.grid import Surface, sphere_grid
from diffrendergan.particles.overlap import bodies, is_simple, sees_all
from diffrendergan.particles.rods import rod


def surface_of(solid: trimesh.Trimesh) -> Surface:
    return np.asarray(solid.vertices, np.float64), np.asarray(solid.faces, np.int32)


def test_a_sphere_is_seen_whole_from_its_centroid_wherever_it_lies() -> None:
    vertices, faces = sphere_grid(500)
    assert sees_all(vertices + 7, faces) and is_simple(vertices + 7, faces)


def test_a_bent_rod_is_simple_though_not_seen_whole() -> None:
    vertices, faces = rod(2000, 8, "round")
    bent = deform.bend(vertices, 4.0)
    assert not sees_all(bent, faces)
    assert is_simple(bent, faces)


def test_a_rod_bent_into_itself_is_found() -> None:
    vertices, faces = rod(2000, 8, "round")
    assert not is_simple(deform.bend(vertices, 6.6), faces)


def test_crossing_balls_are_found() -> None:
    balls = [trimesh.creation.icosphere(3).apply_translation(shift) for shift in ([0, 0, 0], [1.2, 0.1, 0.2])]
    assert not is_simple(*surface_of(trimesh.util.concatenate(balls)))


def test_a_fold_smaller_than_the_grid_is_found() -> None:
    vertices, faces = rod(3000, 6, "round")
    vertices[700, 1:] *= -1.5  # one vertex pulled through to beyond the other side
    folded = deform.bend(vertices, 3.0)
    assert not is_simple(folded, faces)


def test_bodies_are_counted() -> None:
    ball = trimesh.creation.icosphere(2)
    pair = trimesh.util.concatenate([ball, ball.copy().apply_translation([5, 0, 0])])
    assert bodies(ball.faces) == 1 and bodies(pair.faces) == 2


def test_simplification_keeps_surfaces_closed() -> None:
    ring = surface_of(trimesh.creation.torus(2, 0.3, 96, 48))
    fewer = simplified_to(ring, 600)
    assert 400 < len(fewer[1]) < 800 and is_sound(*fewer)


def test_pinched_edges_are_opened() -> None:
    boxes = [trimesh.creation.box().apply_translation(shift) for shift in ([0, 0, 0], [1, 1, 0])]
    touching = trimesh.util.concatenate(boxes)
    touching.merge_vertices()
    assert not is_sound(*surface_of(touching))
    opened = unpinched(*surface_of(touching))
    assert is_sound(*opened)
    assert len(opened[1]) == 28
