from __future__ import annotations

import pytest

from diffrendergan.config.shapes import CuboidShape, ParticleConfig, RodShape, SphereShape
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.heightfield.relief import project
from diffrendergan.rendering.heightfield.scene import Atlas


def relief_of(mesh):
    points, normals = (values[:, [0, 2, 1]].astype(float) for values in (mesh.vertices, mesh.normals()))
    return project(points, normals, mesh.faces)


@pytest.fixture(scope="session")
def ball():
    return relief_of(make_library(ParticleConfig(count=1, faces=3000, shape=SphereShape()), 1)[0])


@pytest.fixture(scope="session")
def atlas(ball):
    """A ball, a box, a rod."""
    shapes = (CuboidShape(), RodShape(aspect=(4, 4)))
    return Atlas.of(
        [ball, *(relief_of(make_library(ParticleConfig(count=1, faces=1500, shape=s), 1)[0]) for s in shapes)]
    )
