"""Renderers of a project."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.geometry import ParticleSet, project_geometry
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.protocol import Renderer
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.rendering.transport import TransportTracer, check_frame, separate_materials
from diffrendergan.rendering.transport_renderer import TransportRenderer, cached_images
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seeds import integer32


def make_tracer(project: Project, meshes: list[Mesh]) -> TransportTracer:
    """Return a tracer of transport images for the project's scene and the given mesh library.

    Raises
    ------
    ConfigError
        If the camera looks past the stage.
    MissingDependencyError
        If no Mitsuba variant runs here.
    """
    geometry = project_geometry(project)
    check_frame(geometry)
    config = project.rendering
    return TransportTracer(
        SceneTracer(load_mitsuba(config.variant), geometry),
        ParticleSet.from_library(meshes, project.arrangement.unit),
        separate_materials(config),
        config.transport.pixel_samples,
        config.transport.directions,
    )


def make_renderer(project: Project, meshes: list[Mesh], phis: np.ndarray, cache: Path, reporter: Reporter) -> Renderer:
    """Return the configured renderer of constellations Φ (m, n, 4); transport images are kept in `cache`."""
    if project.rendering.renderer == "mitsuba":
        geometry = project_geometry(project)
        check_frame(geometry)
        return MitsubaRenderer(
            load_mitsuba(project.rendering.variant),
            geometry,
            ParticleSet.from_library(meshes, project.arrangement.unit),
            phis,
            project.rendering,
            integer32(project.seed, "mitsuba"),
        )
    tracer = make_tracer(project, meshes)
    images = cached_images(cache, tracer, phis, project.seed, project.rendering, reporter)
    return TransportRenderer(tracer.separation, images)
