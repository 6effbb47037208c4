"""The tracer of a project's scene, without what renderers need beside it."""

from __future__ import annotations

from diffrendergan.config.project import Project
from diffrendergan.rendering.backend import load_mitsuba
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import check_frame, project_geometry


def make_scene_tracer(project: Project) -> SceneTracer:
    """Return a tracer of rays in the project's scene.

    Raises
    ------
    ConfigError
        If the camera looks past the stage.
    MissingDependencyError
        If no Mitsuba variant runs here.
    """
    geometry = project_geometry(project)
    check_frame(geometry)
    return SceneTracer(load_mitsuba(project.rendering.variant), geometry)
