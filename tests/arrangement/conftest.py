"""Small meshes of known shape."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.arrangement.bodies import Bodies
from diffrendergan.particles.mesh import Mesh, from_trimesh


@pytest.fixture(scope="session")
def ball() -> Mesh:
    return from_trimesh(trimesh.creation.icosphere(subdivisions=3))


@pytest.fixture(scope="session")
def box() -> Mesh:
    """A box of 4 × 1 × 2, along x, y and z."""
    return from_trimesh(trimesh.creation.box(extents=(4.0, 1.0, 2.0)))


@pytest.fixture(scope="session")
def balls(ball: Mesh) -> Bodies:
    return Bodies.of([ball] * 12)


@pytest.fixture(scope="session")
def wires() -> Bodies:
    straight = trimesh.creation.cylinder(radius=0.2, height=20.0, sections=16)
    meshes = []
    for angle in np.linspace(0, 3, 8):
        turn = trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0])
        about = trimesh.transformations.rotation_matrix(angle, [0, 1, 0])
        meshes.append(from_trimesh(straight.copy().apply_transform(turn).apply_transform(about)))
    return Bodies.of(meshes)
