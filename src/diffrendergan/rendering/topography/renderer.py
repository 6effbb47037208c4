"""Renders of constellations as height images, and of arrangements that are shown once."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.scene_tracer import make_scene_tracer
from diffrendergan.rendering.shown import ShownTracer, kept_shown
from diffrendergan.rendering.stored_buffers import BUFFERS, StoredBuffers
from diffrendergan.rendering.topography.feeling import Feeler, Felt
from diffrendergan.rendering.topography.model import Relief, topography_model
from diffrendergan.rendering.topography.tip import Tip
from diffrendergan.rendering.traced import TracedRenderer, TracedSnapshots
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32

FELT = "felt"
"""Folder of what was felt, within the cache of a run."""


def feeler_of(project: Project) -> Feeler:
    """Return what feels the project's constellations: its tip."""
    config = project.rendering.topography
    return Feeler(Tip(config.tip_radius_px, config.tip_half_angle_deg), config.outlines == "true")


def make_feeling_tracer(project: Project, meshes: list[Mesh]) -> ShownTracer[Felt]:
    """Return what feels constellations of a mesh library."""
    particles = ParticleSet.from_library(meshes, project.arrangement.unit)
    return ShownTracer(make_scene_tracer(project), particles, feeler_of(project))


def make_topography_renderer(
    project: Project, meshes: list[Mesh], phis: NDArray[np.float32], cache: Path, reporter: Reporter
) -> TracedRenderer[Relief]:
    """Return the renderer of constellations Φ (m, n, 4 or 8); what is felt of them, and buffers, stay in `cache`."""
    source, model = make_feeling_tracer(project, meshes), topography_model(project, len(meshes))
    remake, workers = partial(make_feeling_tracer, project, meshes), project.compute.workers
    depends_on = {"feeler": asdict(feeler_of(project))}
    felt = kept_shown(cache / FELT, source, Felt, phis, depends_on, reporter, remake, workers)
    device = torch_device(project.compute.device)
    seeds = [integer32(project.seed, "topography", index) for index in range(len(phis))]
    held = [model.relief(one, seed).to(device) for one, seed in zip(felt, seeds, strict=True)]
    stored = StoredBuffers(lambda: source.tracer, source.particles, phis, cache / BUFFERS)
    return TracedRenderer(model, held, stored, device, [one.labels for one in felt])


def make_topography_snapshots(project: Project, meshes: list[Mesh]) -> TracedSnapshots[Felt, Relief]:
    """Return what shows each arrangement once."""
    model = topography_model(project, len(meshes))
    return TracedSnapshots(model, make_feeling_tracer(project, meshes), model.relief)
