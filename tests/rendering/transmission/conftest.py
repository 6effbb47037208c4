"""Bodies in a parallel beam, on a film of 64 pixels."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.config.material import AbsorptionConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transmission.stored import ChordTracer
from diffrendergan.scene.geometry import scene_geometry

SIZE = 64


@pytest.fixture(scope="session")
def beam_geometry():
    return scene_geometry(RenderingConfig(particle=AbsorptionConfig()), SIZE)


@pytest.fixture(scope="session")
def chords_of(mitsuba, beam_geometry):
    """Return the chords of solids (trimesh) in scene units, each where it stands."""

    def trace(*solids, rays=8):
        meshes = [Mesh(np.asarray(solid.vertices), np.asarray(solid.faces)) for solid in solids]
        tracer = ChordTracer(SceneTracer(mitsuba, beam_geometry), ParticleSet.from_library(meshes, 1.0), rays)
        phi = np.zeros((len(meshes), 4), np.float32)
        phi[:, 3] = 1
        tracer.place(phi)
        return tracer.chords()

    return trace
