"""A small scene: a few spheres over the stage, on a film of 48 pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.scene.geometry import scene_geometry

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
def spheres():
    """Return a library of as many spheres as wanted."""
    return lambda count: ParticleSet.from_library([sphere()] * count, UNIT)


@pytest.fixture(scope="session")
def make_tracer(mitsuba):
    """Return a tracer of transport images for any configuration."""
    from diffrendergan.rendering.tracing import SceneTracer
    from diffrendergan.rendering.transport import TransportTracer
    from diffrendergan.rendering.weights import separate_materials

    def make(config, particles, size=SIZE, pixel_samples=36, directions=8):
        return TransportTracer(
            SceneTracer(mitsuba, scene_geometry(config, size)),
            particles,
            separate_materials(config, len(particles.meshes)),
            pixel_samples=pixel_samples,
            directions=directions,
        )

    return make


@pytest.fixture(scope="session")
def make_mitsuba(mitsuba):
    """Return Mitsuba's own renderer for any configuration.

    With independent samples: its stratified sampler is biased at few samples per pixel (measured at 64: images 0.2 %
    too dark, where 1024 stratified or 64 independent ones agree), which the comparison would take for our error.
    """
    from diffrendergan.rendering import mitsuba_renderer

    original = mitsuba_renderer.scene_dict

    def independent(*args):
        scene = original(*args)
        scene["sensor"]["sampler"]["type"] = "independent"
        return scene

    def make(config, particles, phis, size=SIZE, stratified=False):
        with pytest.MonkeyPatch.context() as patch:
            if not stratified:
                patch.setattr(mitsuba_renderer, "scene_dict", independent)
            return mitsuba_renderer.MitsubaRenderer(mitsuba, scene_geometry(config, size), particles, phis, config)

    return make


@pytest.fixture(scope="session")
def transport_tracer(make_tracer, particle_set, rendering_config):
    return make_tracer(rendering_config, particle_set)


@pytest.fixture(scope="session")
def mitsuba_renderer(make_mitsuba, particle_set, phis, rendering_config):
    return make_mitsuba(rendering_config, particle_set, phis)


@pytest.fixture(scope="session")
def random_theta():
    """Return θ (P,) anywhere in the ranges of its parameters."""

    def draw(parameters, seed):
        rng = np.random.default_rng(seed)
        low, high = (np.array([getattr(spec, end) for spec in parameters]) for end in ("low", "high"))
        return (low + (high - low) * rng.random(len(low))).astype(np.float32)

    return draw


@pytest.fixture(scope="session")
def random_images():
    """Return made-up transport images for a separation: every pixel of the stage, and some of each material."""
    from diffrendergan.rendering.images import CoveredTerms, TransportImages

    def make(separation, size, seed=0):
        rng = np.random.default_rng(seed)
        *particles, stage = separation.basis_counts
        covered = []
        for count in particles:
            pixels = np.flatnonzero(rng.random(size * size) < 0.4)
            values = rng.random((count, len(pixels)))
            covered.append(CoveredTerms(torch.from_numpy(pixels).int(), torch.from_numpy(values).float()))
        return TransportImages(tuple(covered), torch.from_numpy(rng.random((stage, size, size))).float())

    return make
