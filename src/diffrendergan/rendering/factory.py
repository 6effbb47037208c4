"""Renderers of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.choice import RendererName, chosen_renderer, reasons_against_transport
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.mitsuba_renderer import NO_LAYERS, MitsubaRenderer
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.rendering.scene_tracer import make_scene_tracer
from diffrendergan.rendering.section.renderer import make_section_renderer, make_section_snapshots
from diffrendergan.rendering.snapshots import MitsubaSnapshots, Snapshots, TransportSnapshots
from diffrendergan.rendering.stored_buffers import BUFFERS, StoredBuffers
from diffrendergan.rendering.topography.renderer import make_topography_renderer, make_topography_snapshots
from diffrendergan.rendering.transmission.renderer import make_transmission_renderer, make_transmission_snapshots
from diffrendergan.rendering.transport import TransportTracer
from diffrendergan.rendering.transport_renderer import TransportRenderer, cached_images
from diffrendergan.rendering.weights import separate_materials
from diffrendergan.runs.device import torch_device
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32
from diffrendergan.scene.geometry import check_frame, project_geometry

CACHE = "transport"
"""Where transport images lie in a folder: they have a key of their own, and outlive what was made with them."""


def make_tracer(project: Project, meshes: list[Mesh]) -> TransportTracer:
    """Return a tracer of transport images for the project's scene and the given mesh library.

    Raises
    ------
    ConfigError
        If the camera looks past the stage, or a group names a mesh that does not exist.
    MissingDependencyError
        If no Mitsuba variant runs here.
    """
    config = project.rendering
    directions = config.transport.directions
    return TransportTracer(
        make_scene_tracer(project),
        ParticleSet.from_library(meshes, project.arrangement.unit),
        separate_materials(config, len(meshes)),
        config.transport.pixel_samples,
        None if directions == "auto" else directions,
    )


def make_mitsuba_renderer(
    project: Project, meshes: list[Mesh], phis: np.ndarray, buffers: StoredBuffers | None = None
) -> MitsubaRenderer:
    """Return Mitsuba's own renderer of constellations Φ (m, n, 4)."""
    geometry = project_geometry(project)
    check_frame(geometry)
    return MitsubaRenderer(
        load_mitsuba(project.rendering.variant),
        geometry,
        ParticleSet.from_library(meshes, project.arrangement.unit),
        phis,
        project.rendering,
        integer32(project.seed, "mitsuba"),
        buffers,
    )


def make_renderer(project: Project, meshes: list[Mesh], phis: np.ndarray, cache: Path, reporter: Reporter) -> Renderer:
    """Return the renderer of constellations Φ (m, n, 4 or 8); what it traces and buffers stay in `cache`."""
    return _RENDERERS[_chosen(project, reporter)](project, meshes, phis, cache, reporter)


def make_snapshots(project: Project, meshes: list[Mesh], reporter: Reporter) -> Snapshots:
    """Return what shows each arrangement once, as image and as labels.

    `rendering.renderer: mitsuba` only concerns training: where transport images apply, they show the same.
    """
    if project.rendering.modality == "light" and not reasons_against_transport(project.rendering):
        return _transport_snapshots(project, meshes)
    return _SNAPSHOTS[_chosen(project, reporter)](project, meshes)


def _transport_renderer(
    project: Project, meshes: list[Mesh], phis: np.ndarray, cache: Path, reporter: Reporter
) -> TransportRenderer:
    tracer = make_tracer(project, meshes)
    remake = partial(make_tracer, project, meshes)
    workers = project.compute.workers
    images = cached_images(cache, tracer, phis, project.seed, project.rendering, reporter, remake, workers)
    buffers = StoredBuffers(lambda: tracer.tracer, tracer.particles, phis, cache / BUFFERS)
    device = torch_device(project.compute.device)
    return TransportRenderer(tracer.separation, images, device, buffers, tracer.empty_stage)


def _mitsuba_renderer(
    project: Project, meshes: list[Mesh], phis: np.ndarray, cache: Path, reporter: Reporter
) -> MitsubaRenderer:
    particles = ParticleSet.from_library(meshes, project.arrangement.unit)
    buffers = StoredBuffers(lambda: make_scene_tracer(project), particles, phis, cache / BUFFERS)
    return make_mitsuba_renderer(project, meshes, phis, buffers)


def _transport_snapshots(project: Project, meshes: list[Mesh]) -> TransportSnapshots:
    return TransportSnapshots(make_tracer(project, meshes))


def _mitsuba_snapshots(project: Project, meshes: list[Mesh]) -> MitsubaSnapshots:
    anywhere = np.zeros((1, len(meshes), 4), np.float32)
    anywhere[..., 3] = 1.0
    return MitsubaSnapshots(
        make_mitsuba_renderer(project, meshes, anywhere),
        make_scene_tracer(project),
        ParticleSet.from_library(meshes, project.arrangement.unit),
    )


_RENDERERS: Mapping[RendererName, Callable[[Project, list[Mesh], np.ndarray, Path, Reporter], Renderer]] = {
    "transport": _transport_renderer,
    "mitsuba": _mitsuba_renderer,
    "transmission": make_transmission_renderer,
    "topography": make_topography_renderer,
    "section": make_section_renderer,
}
_SNAPSHOTS: Mapping[RendererName, Callable[[Project, list[Mesh]], Snapshots]] = {
    "transport": _transport_snapshots,
    "mitsuba": _mitsuba_snapshots,
    "transmission": make_transmission_snapshots,
    "topography": make_topography_snapshots,
    "section": make_section_snapshots,
}
"""By the names that `choice.chosen_renderer` gives: a renderer more is a line here and in `_RENDERERS`."""


def _chosen(project: Project, reporter: Reporter) -> RendererName:
    """Resolve `rendering.renderer`, and say so if `auto` has to take the slow one."""
    config = project.rendering
    chosen = chosen_renderer(config)
    if chosen == "mitsuba" and project.imaging.takes_renders_apart:
        raise ConfigError(NO_LAYERS)
    if config.renderer == "auto" and chosen == "mitsuba":
        reporter.note(
            f"rendering with Mitsuba, some thirty times slower than transport images: "
            f"{'; '.join(reasons_against_transport(config))}"
        )
    return chosen
