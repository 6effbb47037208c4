"""The virtual scene in numbers (METHOD §4): where things are, and how large they are in the image.

Lengths are in scene units, y towards the detector. The camera is here, and nowhere else: from diameters in the image to
sizes in the scene and back, from the field to what is cut by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.base import Learned, Parameter
from diffrendergan.config.project import Project
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.config.shapes import WireShape
from diffrendergan.errors import ConfigError

STAGE_TOP = -3.0
"""Height of the stage over the plane of focus [scene units] (METHOD §4)."""
PARALLEL = 20.0
"""A beam that passes the particles is parallel, and tips and cuts are seen so: from so many times farther away than the
camera stands, with the same field. What lies one scene unit higher is then larger by less than 1 %, and rays still
end as exactly as floats allow."""


@dataclass(frozen=True)
class SceneGeometry:
    """Camera, film, stage and lights; all lengths in scene units.

    Source: Possart et al. 2025, "Virtual scene design"; METHOD §4.
    """

    size: int
    """Edge of the square film [px]."""
    camera_height: float
    field_of_view_deg: float
    filter_sigma: float
    """Gaussian reconstruction filter [px]."""
    ring_radiance: float
    slab_radiance: float
    stage_top: float = STAGE_TOP
    stage_half_width: float = 10.0
    slab_bottom: float = 7.0
    slab_top: float = 9.0
    slab_half_width: float = 10.0
    ring_radius: float = 15.0
    ring_half_height: float = 12.5
    slab_normals: Literal["flat", "authors"] = "flat"
    """See `authors_slab`."""

    def half_width_at(self, height: float = 0.0) -> float:
        """Return half of the field of view at a height over the particles' plane [scene units]."""
        return field_half_width(self.field_of_view_deg, self.camera_height - height)

    def pixels_per_unit_at(self, height: float = 0.0) -> float:
        """Return the magnification at a height over the particles' plane [px per scene unit]."""
        return self.size / (2 * self.half_width_at(height))


def field_half_width(field_of_view_deg: float, distance: float) -> float:
    """Return half the width of what the camera sees at a distance, in the unit of the distance.

    Parameters
    ----------
    field_of_view_deg
        Full angle, along the rows as along the columns [degrees].
    distance
        From the camera, along its axis.
    """
    return distance * math.tan(math.radians(field_of_view_deg) / 2)


def middle(value: Parameter) -> float:
    """Return a fixed value, or the middle of a learned range."""
    return sum(value.learn) / 2 if isinstance(value, Learned) else float(value)


def scene_geometry(config: RenderingConfig, size: int) -> SceneGeometry:
    """Return the scene of a configuration, for a film of `size` × `size` pixels."""
    height, angle = config.camera_height, config.field_of_view_deg
    if config.modality != "light":
        angle = math.degrees(2 * math.atan(field_half_width(angle, 1.0) / PARALLEL))
        height *= PARALLEL
    return SceneGeometry(
        size=size,
        camera_height=height,
        field_of_view_deg=angle,
        filter_sigma=config.filter_sigma,
        ring_radiance=middle(config.ring_radiance),
        slab_radiance=middle(config.slab_radiance),
        slab_normals=config.slab_normals,
    )


def project_geometry(project: Project) -> SceneGeometry:
    """Return the scene of a project: its film is as large as a patch."""
    return scene_geometry(project.rendering, project.data.patch_size)


def check_frame(geometry: SceneGeometry) -> None:
    """Refuse a camera that looks past the stage.

    Raises
    ------
    ConfigError
        If the stage does not fill the image.
    """
    if geometry.half_width_at(geometry.stage_top) >= geometry.stage_half_width:
        raise ConfigError(
            f"`rendering.field_of_view_deg` {geometry.field_of_view_deg} at `rendering.camera_height` "
            f"{geometry.camera_height} looks past the stage, which ends at ±{geometry.stage_half_width}; "
            "make one of them smaller."
        )


@dataclass(frozen=True)
class SceneScale:
    """How large things are in the image.

    Attributes
    ----------
    unit : float
        `arrangement.unit` [scene units].
    pixels_per_scene_unit : float
        Magnification in the particles' plane, which is the stage's top if they lie on it.
    pixel_size_nm : float or None
        None where it is not known.
    thickness : float
        Diameter of a mesh of size 1 [unit]: 2 for meshes of unit volume, for wires that of the thick end.
    """

    unit: float
    pixels_per_scene_unit: float
    pixel_size_nm: float | None = None
    thickness: float = 2.0

    @property
    def diameter_px(self) -> float:
        """Diameter of a particle of size 1 in the particles' plane [px]."""
        return self.thickness * self.unit * self.pixels_per_scene_unit

    def to_sizes(self, values: NDArray[np.float64], given_in: Literal["unit", "px", "nm"]) -> NDArray[np.float64]:
        """Return size factors of values as `arrangement.size_in` says.

        Raises
        ------
        ConfigError
            If they are in nm, and the pixel size is not known.
        """
        if given_in == "unit":
            return values
        return values / self.diameter_in(given_in)

    def diameter_in(self, given_in: Literal["px", "nm"]) -> float:
        """Return the diameter of a particle of size 1 [px or nm]."""
        if given_in == "px":
            return self.diameter_px
        if self.pixel_size_nm is None:
            raise ConfigError(
                "`arrangement.size_in` is nm, but the pixel size is not known; set `data.pixel_size_nm`, or give sizes "
                "in px."
            )
        return self.diameter_px * self.pixel_size_nm


def scene_scale(project: Project, pixel_size_nm: float | None = None) -> SceneScale:
    """Return the scale of a project's scene.

    Parameters
    ----------
    project : Project
        Camera, patch size, unit.
    pixel_size_nm : float, optional
        What the scans say, resampled by `data.scale`; `data.pixel_size_nm` overrules it.
    """
    configured = project.data.pixel_size_nm
    shape = project.particles.shape
    return SceneScale(
        project.arrangement.unit,
        project_geometry(project).pixels_per_unit_at(STAGE_TOP if project.arrangement.on_stage else 0.0),
        configured / project.data.scale if isinstance(configured, float) else pixel_size_nm,
        2 * shape.radius if isinstance(shape, WireShape) else 2.0,
    )
