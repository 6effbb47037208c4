"""The whole scene in Mitsuba's words."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

from diffrendergan.config.base import Learned
from diffrendergan.config.material import Material
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.rendering.authors_slab import slab_mesh
from diffrendergan.rendering.geometry import ParticleSet, Soup
from diffrendergan.rendering.protocol import ParameterSpec, specs_of
from diffrendergan.rendering.tracing import set_vertices
from diffrendergan.scene.geometry import SceneGeometry, middle

_OFF_AT_ZERO = ("spec_tint", "sheen", "metallic", "flatness", "clearcoat", "anisotropic", "spec_trans")
"""Lobes that Mitsuba leaves out for good if their weight is zero at construction: not mentioned if fixed at zero."""

_TEXTURED = ("base_color",)
"""Parameters that Mitsuba takes as a spectrum."""


def particles_id(material: str) -> str:
    """Return the name of the mesh that holds all particles of a material."""
    return f"particles_{material}"


@dataclass(frozen=True)
class SceneParts:
    """What the scene is made of.

    Attributes
    ----------
    geometry : SceneGeometry
        Camera, film and lights.
    config : RenderingConfig
        Stage and samples.
    materials : dict
        The particles' materials by name.
    particles : dict
        The particles of each material.
    """

    geometry: SceneGeometry
    config: RenderingConfig
    materials: dict[str, Material]
    particles: dict[str, ParticleSet]

    def parameters(self) -> tuple[ParameterSpec, ...]:
        """Return the columns of θ: the particles' parameters, the stage's, and the lights'."""
        named = {**self.materials, "stage": self.config.stage}
        lights = {"ring": self.config.ring_radiance, "slab": self.config.slab_radiance}
        return (
            *(spec for name, material in named.items() for spec in specs_of(name, material.learned())),
            *specs_of("light", {name: value for name, value in lights.items() if isinstance(value, Learned)}),
        )


def scene_key(parameter: str) -> str:
    """Return the name of a learned parameter in Mitsuba's scene."""
    owner, field = parameter.split(".")
    if owner == "light":
        return f"{field}.emitter.radiance.value"
    shape = "stage" if owner == "stage" else particles_id(owner)
    return f"{shape}.bsdf.{field}" + ("" if field == "specular" else ".value")


def scene_dict(mi: ModuleType, parts: SceneParts, soups: dict[str, Soup]) -> dict[str, Any]:
    """Return the scene, with the particles where `soups` has them."""
    transform, g, config = mi.ScalarTransform4f, parts.geometry, parts.config
    stage_height = 1.0
    slab_middle, slab_half = (g.slab_top + g.slab_bottom) / 2, (g.slab_top - g.slab_bottom) / 2
    slab_light = _light(middle(config.slab_radiance))
    slab: Any = {
        "type": "cube",
        "to_world": transform().translate([0, slab_middle, 0]).scale([g.slab_half_width, slab_half, g.slab_half_width]),
        "emitter": slab_light,
    }
    if g.slab_normals == "authors":
        slab = slab_mesh(mi, g, _properties(mi, "emitter", slab_light))
    meshes = {
        particles_id(name): _particle_mesh(mi, soup, parts.materials[name], particles_id(name))
        for name, soup in soups.items()
    }
    return {
        "type": "scene",
        "integrator": {"type": "direct"},
        "sensor": {
            "type": "perspective",
            "fov": g.field_of_view_deg,
            "fov_axis": "x",
            "to_world": transform().look_at(origin=[0, g.camera_height, 0], target=[0, 0, 0], up=[-1, 0, 0]),
            "film": {
                "type": "hdrfilm",
                "width": g.size,
                "height": g.size,
                "pixel_format": "luminance",
                # What lies beyond the border reaches into the image through the filter, as in the authors' scene.
                "sample_border": True,
                "rfilter": {"type": "gaussian", "stddev": g.filter_sigma},
            },
            "sampler": {"type": "stratified", "sample_count": config.spp},
        },
        **meshes,
        "stage": {
            "type": "cube",
            "to_world": transform()
            .translate([0, g.stage_top - stage_height / 2, 0])
            .scale([g.stage_half_width, stage_height / 2, g.stage_half_width]),
            "bsdf": bsdf_dict(config.stage),
        },
        "slab": slab,
        "ring": {
            "type": "cylinder",
            "p0": [0, -g.ring_half_height, 0],
            "p1": [0, g.ring_half_height, 0],
            "radius": g.ring_radius,
            "flip_normals": True,
            "emitter": _light(middle(config.ring_radiance)),
        },
    }


def bsdf_dict(material: Material) -> dict[str, Any]:
    """Return a material; learned parameters start in the middle of their range."""
    description: dict[str, Any] = {"type": "principled"}
    for field in type(material).model_fields:
        if field == "model":
            continue
        value = getattr(material, field)
        number = middle(value)
        if field == "sheen_tint" or (field in _OFF_AT_ZERO and not isinstance(value, Learned) and number == 0):
            continue
        description[field] = {"type": "uniform", "value": number} if field in _TEXTURED else number
    return description


def _light(radiance: float) -> dict[str, Any]:
    return {"type": "area", "radiance": {"type": "uniform", "value": radiance}}


def _properties(mi: ModuleType, name: str, value: dict[str, Any]) -> Any:
    properties = mi.Properties()
    properties[name] = mi.load_dict(value)
    return properties


def _particle_mesh(mi: ModuleType, soup: Soup, material: Material, name: str) -> Any:
    properties = _properties(mi, "bsdf", bsdf_dict(material))
    mesh = mi.Mesh(name, len(soup.vertices), len(soup.faces), props=properties, has_vertex_normals=True)
    params = mi.traverse(mesh)
    set_vertices(mi, params, soup)
    params["faces"] = mi.UInt32(soup.faces.ravel())
    params.update()
    return mesh
