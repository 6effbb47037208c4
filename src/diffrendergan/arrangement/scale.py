"""From diameters in the image to sizes in the scene and back: the one place where that is done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.project import Project
from diffrendergan.config.shapes import WireShape
from diffrendergan.errors import ConfigError

STAGE_TOP = -3.0
"""Height of the stage over the plane of focus [scene units] (METHOD §4)."""


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


def lies_on_stage(config: ArrangementConfig) -> bool:
    """Tell whether particles in one plane lie on the stage (layers and wires see to it themselves)."""
    return config.on_stage and not config.three_dimensional and config.placement not in ("layers", "wires")


def _near_stage(config: ArrangementConfig) -> bool:
    return config.on_stage and (config.placement in ("layers", "wires") or not config.three_dimensional)


def scene_scale(project: Project, pixel_size_nm: float | None = None) -> SceneScale:
    """Return the scale of a project's scene.

    Parameters
    ----------
    project : Project
        Camera, patch size, unit.
    pixel_size_nm : float, optional
        What the scans say; `data.pixel_size_nm` overrules it.
    """
    camera, arrangement = project.rendering, project.arrangement
    distance = camera.camera_height - (STAGE_TOP if _near_stage(arrangement) else 0.0)
    half_width = distance * math.tan(math.radians(camera.field_of_view_deg) / 2)
    configured = project.data.pixel_size_nm
    shape = project.particles.shape
    return SceneScale(
        arrangement.unit,
        project.data.patch_size / (2 * half_width),
        configured if isinstance(configured, float) else pixel_size_nm,
        2 * shape.radius if isinstance(shape, WireShape) else 2.0,
    )
