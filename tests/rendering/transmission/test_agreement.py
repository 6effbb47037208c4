"""Agreement with Mitsuba: bodies as homogeneous media that absorb, by its volumetric path tracer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh

from diffrendergan.config.material import AbsorptionConfig
from diffrendergan.config.transmission import TransmissionConfig
from diffrendergan.rendering.transmission.beam import InTheBeam
from diffrendergan.rendering.transmission.crystals import Crystals
from diffrendergan.rendering.transmission.model import TransmissionModel

SAMPLES, SEEDS = 256, 8
SIGMA = 1.3
"""Absorption [1 per scene unit]."""


def solids():
    """A ball, a ring that is not convex, and a box over both."""
    turn = trimesh.transformations.rotation_matrix(0.7, [1, 0, 0.4])
    ring = trimesh.creation.annulus(0.35, 0.7, 0.9, sections=64).apply_transform(turn)
    return [
        trimesh.creation.icosphere(subdivisions=4, radius=0.8).apply_translation((0.3, -0.2, 0.5)),
        ring.apply_translation((-1.0, 0, -0.9)),
        trimesh.creation.box((1.1, 0.4, 0.9)).apply_transform(turn).apply_translation((-0.2, 1.6, -0.2)),
    ]


def mitsuba_images(mi, geometry, bodies, folder):
    """Return independent renders (SEEDS, S, S) of a beam of radiance 1 from behind."""
    shapes = {}
    for number, body in enumerate(bodies):
        path = folder / f"{number}.ply"
        body.export(path)
        shapes[f"body_{number}"] = {
            "type": "ply",
            "filename": str(path),
            "face_normals": True,
            "bsdf": {"type": "null"},
            "interior": {"type": "homogeneous", "albedo": 0.0, "sigma_t": SIGMA},
        }
    look_at = mi.ScalarTransform4f().look_at(origin=[0, geometry.camera_height, 0], target=[0, 0, 0], up=[-1, 0, 0])
    scene = mi.load_dict(
        {
            "type": "scene",
            "integrator": {"type": "volpath", "max_depth": 64, "rr_depth": 1000},
            "sensor": {
                "type": "perspective",
                "fov": geometry.field_of_view_deg,
                "to_world": look_at,
                "film": {
                    "type": "hdrfilm",
                    "width": geometry.size,
                    "height": geometry.size,
                    "pixel_format": "luminance",
                    "rfilter": {"type": "box"},
                },
                "sampler": {"type": "independent", "sample_count": SAMPLES},
            },
            "light": {"type": "constant", "radiance": 1.0},
            **shapes,
        }
    )
    images = [np.array(mi.render(scene, seed=seed, spp=SAMPLES), np.float64) for seed in range(SEEDS)]
    return np.stack(images).reshape(SEEDS, geometry.size, geometry.size)


@pytest.mark.slow
def test_what_passes_is_what_mitsuba_lets_pass(mitsuba, beam_geometry, chords_of, tmp_path):
    bodies = solids()
    chords = chords_of(*bodies, rays=34)
    model = TransmissionModel(
        TransmissionConfig(beam=1.0), {"particle": AbsorptionConfig(mu=SIGMA)}, np.zeros(3, int), beam_geometry, 1.0
    )
    still = Crystals(np.zeros(3, np.float32), np.zeros(len(chords.pixels), np.float32))
    beam = InTheBeam.of(chords, still, 1.0, beam_geometry.pixels_per_unit_at())
    found = model.layers(beam, torch.zeros(0)).stage.numpy().astype(np.float64)
    theirs = mitsuba_images(mitsuba, beam_geometry, bodies, tmp_path)
    mean, error = theirs.mean(0), theirs.std(0, ddof=1) / np.sqrt(SEEDS)
    assert found.min() < 0.15 and (found < 0.99).mean() > 0.2
    # An absorption that is off by 1 % is seen by this.
    assert found.mean() == pytest.approx(mean.mean(), abs=4 * np.hypot.reduce(error.ravel()) / error.size + 2e-4)
    # Pixels that an outline cuts hold a step that rays tell to a part; where all rays see one body, noise alone.
    size = beam_geometry.size
    cut = np.zeros(size * size, bool)
    cut[chords.pixels[chords.shares < 1]] = True
    even = ~cut.reshape(size, size)
    noise = np.sqrt(np.maximum(mean * (1 - mean), 1e-3) / (SAMPLES * SEEDS))
    z = (found - mean)[even] / np.hypot(noise[even], 2e-3)
    assert abs(z).max() < 5 and abs(z.mean()) < 0.1
    assert abs(found - mean)[~even].max() < 0.1 and abs((found - mean)[~even].mean()) < 5e-3
