"""Wires: directions, crossing of the field, piles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffrendergan.arrangement.bodies import Bodies
from diffrendergan.arrangement.collision import Collider
from diffrendergan.arrangement.groups import arrange
from diffrendergan.arrangement.wires import lay_wires
from diffrendergan.config.arrangement import ArrangementConfig


def image_directions(bodies: Bodies, rotations: np.ndarray) -> np.ndarray:
    """Return the angle of each wire in the image (right is −z of the scene, up is −x) in [0, 180) degrees."""
    angles = []
    for mesh, rotation in zip(bodies.meshes, rotations, strict=True):
        points = Rotation.from_quat(rotation).apply(mesh.vertices)
        longest = points[np.argmax(np.linalg.norm(points, axis=1))]
        angles.append(np.degrees(np.arctan2(-longest[0], -longest[2])) % 180)
    return np.array(angles)


def config(**values: object) -> ArrangementConfig:
    return ArrangementConfig(placement="wires", unit=1.0, limit=4.0, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", [-60.0, 0.0, 37.0, 90.0])
def test_aligned_wires_have_their_direction_in_the_image(wires: Bodies, direction: float) -> None:
    arranged = arrange(
        config(direction_deg=direction, direction_spread_deg=5.0), wires, np.ones(8), np.random.default_rng(0)
    )
    deviation = (image_directions(wires, arranged.rotations) - direction + 90) % 180 - 90
    assert np.abs(deviation).max() < 7


def test_isotropic_wires_have_no_direction(wires: Bodies) -> None:
    found = []
    for seed in range(40):
        arranged = arrange(config(), wires, np.ones(8), np.random.default_rng(seed))
        found.append(image_directions(wires, arranged.rotations))
    doubled = np.exp(2j * np.radians(np.concatenate(found)))
    assert abs(doubled.mean()) < 0.12


def test_long_wires_cross_the_whole_field(wires: Bodies) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        points, angles = lay_wires(wires, np.ones(8), 4.0, 0.0, 90.0, rng)
        for i, mesh in enumerate(wires.meshes):
            turned = Rotation.from_euler("y", angles[i]).apply(mesh.vertices)
            flat = turned[:, [0, 2]] + points[i, :2]
            # The two ends lie beyond the field on opposite sides, and the line between them meets it.
            ends = flat[[np.argmin(turned @ turned[0]), np.argmax(turned @ turned[0])]]
            assert (np.abs(ends).max(axis=1) > 4 - 0.5).all()
            line = ends[0] + np.linspace(0, 1, 400)[:, None] * (ends[1] - ends[0])
            assert (np.abs(line).max(axis=1) <= 4.4).any()


def test_wires_of_true_meshes_pile_up_without_overlap(wires: Bodies) -> None:
    sizes = np.linspace(0.8, 1.2, 8)
    arranged = arrange(config(separation="meshes"), wires, sizes, np.random.default_rng(1))
    collider = Collider(wires, sizes, arranged.rotations)
    for i, point in enumerate(arranged.points):
        collider.put(i, point)
    assert all(collider.free(i, point) for i, point in enumerate(arranged.points))
    assert arranged.points[:, 2].max() > 0.3
    # Each rests on the floor or on another.
    floor = arranged.points[:, 2].min()
    lowered = [collider.free(i, point - [0, 0, 0.02]) for i, point in enumerate(arranged.points)]
    assert all(not free or arranged.points[i, 2] < floor + 0.2 for i, free in enumerate(lowered))
