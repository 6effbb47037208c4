"""Renders of constellations as sections, and of arrangements that are shown once."""

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
from diffrendergan.rendering.section.cutting import Cut, Cutter
from diffrendergan.rendering.section.model import Filled, section_model
from diffrendergan.rendering.shown import ShownTracer, kept_shown
from diffrendergan.rendering.stored_buffers import BUFFERS, StoredBuffers
from diffrendergan.rendering.traced import TracedRenderer, TracedSnapshots
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32

CUTS = "cuts"
"""Folder of the slices, within the cache of a run."""


def cutter_of(project: Project, unit: float | None = None) -> Cutter:
    """Return what cuts the project's constellations, for its `arrangement.unit` or another [scene units]."""
    config, unit = project.rendering.section, project.arrangement.unit if unit is None else unit
    low, high = config.heights
    return Cutter(low * unit, high * unit, config.thickness * unit, config.pixel_rays)


def make_cutting_tracer(project: Project, meshes: list[Mesh]) -> ShownTracer[Cut]:
    """Return what cuts constellations of a mesh library."""
    particles = ParticleSet.from_library(meshes, project.arrangement.unit)
    return ShownTracer(make_scene_tracer(project), particles, cutter_of(project))


def make_section_renderer(
    project: Project, meshes: list[Mesh], phis: NDArray[np.float32], cache: Path, reporter: Reporter
) -> TracedRenderer[Filled]:
    """Return the renderer of constellations Φ (m, n, 4 or 8); their slices and buffers stay in `cache`."""
    source, model = make_cutting_tracer(project, meshes), section_model(project, len(meshes))
    remake, workers = partial(make_cutting_tracer, project, meshes), project.compute.workers
    depends_on = {"cutter": asdict(cutter_of(project))}
    cuts = kept_shown(cache / CUTS, source, Cut, phis, depends_on, reporter, remake, workers)
    device = torch_device(project.compute.device)
    seeds = [integer32(project.seed, "section", index) for index in range(len(phis))]
    held = [model.filled(one, seed).to(device) for one, seed in zip(cuts, seeds, strict=True)]
    stored = StoredBuffers(lambda: source.tracer, source.particles, phis, cache / BUFFERS)
    return TracedRenderer(model, held, stored, device, [one.labels for one in cuts])


def make_section_snapshots(project: Project, meshes: list[Mesh]) -> TracedSnapshots[Cut, Filled]:
    """Return what shows each arrangement once."""
    model = section_model(project, len(meshes))
    return TracedSnapshots(model, make_cutting_tracer(project, meshes), model.filled)
