"""A small scene: a few spheres over the stage, on a film of 48 pixels."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.config.base import Learned
from diffrendergan.config.scene import MaterialConfig, RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet, scene_geometry

SIZE = 48
UNIT = 0.5


@pytest.fixture(scope="session")
def unit() -> float:
    return UNIT


def sphere() -> Mesh:
    ball = trimesh.creation.icosphere(subdivisions=3)
    return Mesh(np.asarray(ball.vertices, np.float32), np.asarray(ball.faces, np.int32))


@pytest.fixture(scope="session")
def phis() -> np.ndarray:
    """Two constellations of three spheres; in the first, sphere 2 covers part of sphere 1."""
    return np.array(
        [
            [[0.0, 0.0, 0.0, 1.0], [0.9, 0.2, 1.6, 0.8], [-2.2, 1.5, -1.0, 1.2]],
            [[1.0, -1.0, 0.0, 1.0], [-1.5, -1.5, 0.5, 1.1], [0.0, 2.0, -3.0, 0.9]],
        ],
        np.float32,
    )


@pytest.fixture(scope="session")
def rendering_config() -> RenderingConfig:
    return RenderingConfig(
        particle=MaterialConfig(
            base_color=Learned(learn=(0.01, 5.0)),
            roughness=Learned(learn=(0.01, 5.0)),
            spec_tint=Learned(learn=(0.01, 5.0)),
            sheen=Learned(learn=(0.01, 5.0)),
        ),
        stage=MaterialConfig(base_color=Learned(learn=(0.01, 0.4))),
        spp=64,
    )


@pytest.fixture(scope="session")
def geometry(rendering_config):
    return scene_geometry(rendering_config, SIZE)


@pytest.fixture(scope="session")
def mitsuba():
    from diffrendergan.rendering.backend import load_mitsuba

    return load_mitsuba("llvm")


@pytest.fixture(scope="session")
def particle_set() -> ParticleSet:
    return ParticleSet.from_library([sphere()] * 3, UNIT)


@pytest.fixture(scope="session")
def transport_tracer(mitsuba, geometry, particle_set, rendering_config):
    from diffrendergan.rendering.tracing import SceneTracer
    from diffrendergan.rendering.transport import TransportTracer, separate_materials

    return TransportTracer(
        SceneTracer(mitsuba, geometry),
        particle_set,
        separate_materials(rendering_config),
        pixel_samples=36,
        directions=8,
    )


@pytest.fixture(scope="session")
def mitsuba_renderer(mitsuba, geometry, particle_set, phis, rendering_config):
    from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer

    return MitsubaRenderer(mitsuba, geometry, particle_set, phis, rendering_config)
