"""Hundreds of constellations in one process, as in a training run: memory stays, and no file is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import json, sys
from pathlib import Path

import numpy as np
import torch
import trimesh

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.scene.geometry import scene_geometry
from diffrendergan.rendering.images import load_images, save_images
from diffrendergan.rendering.labels import label_image, silhouettes
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transport import TransportTracer
from diffrendergan.rendering.weights import separate_materials

SIZE = 16
mitsuba = load_mitsuba("llvm")
ball = trimesh.creation.icosphere(subdivisions=1)
mesh = Mesh(np.asarray(ball.vertices, np.float32), np.asarray(ball.faces, np.int32))
particles = ParticleSet.from_library([mesh] * 3, 0.5)
config = RenderingConfig(
    particle=MaterialConfig(base_color=Learned(learn=(0.1, 1.0))), stage=MaterialConfig(base_color=0.2), spp=4
)
geometry = scene_geometry(config, SIZE)
separation = separate_materials(config, 3)
tracer = TransportTracer(SceneTracer(mitsuba, geometry), particles, separation, pixel_samples=16, directions=2)
rng = np.random.default_rng(0)
phis = np.concatenate([rng.uniform(-2, 2, (300, 3, 3)), rng.uniform(0.5, 1.5, (300, 3, 1))], axis=2).astype(np.float32)
renderer = MitsubaRenderer(mitsuba, geometry, particles, phis, config)


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


folder, shown, memory = Path(sys.argv[1]), 0, []
for index, phi in enumerate(phis):
    tracer.tracer.place(particles.place(phi))
    shown += int((label_image(tracer.tracer) > 0).sum())
    silhouettes(tracer.tracer)
    theta = torch.tensor([[0.5]], requires_grad=True)
    renderer.render([index], theta)
    if index % 10 == 0:  # tracing takes the longest by far
        save_images(folder / "images.safetensors", tracer.trace(index))
        load_images(folder / "images.safetensors", separation.basis_counts, SIZE)
    if index % 30 == 0:
        renderer.render([index], theta).sum().backward()
    memory.append(resident())
print(json.dumps({"shown": shown, "memory": memory}))
"""


def test_three_hundred_constellations_take_no_more_memory_than_fifty(tmp_path):
    places = {name: tmp_path / name for name in ("temporary", "results")}
    for place in places.values():
        place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(places["results"])],
        env={**os.environ, "TMPDIR": str(places["temporary"])},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["memory"]) == 300 and found["shown"] > 300
    assert max(found["memory"][50:]) - found["memory"][50] < 20
    assert list(places["temporary"].iterdir()) == []
    assert [path.name for path in places["results"].iterdir()] == ["images.safetensors"]
