"""The plain way: Mitsuba renders the whole scene, and differentiates it itself."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.scene import MaterialConfig, RenderingConfig
from diffrendergan.rendering.geometry import ParticleSet, SceneGeometry, Soup
from diffrendergan.rendering.protocol import ParameterSpec, specs_of
from diffrendergan.rendering.tracing import set_vertices
from diffrendergan.runs.seeds import integer32

_OTHER_SEED = 0x5BD1E995
"""The gradient needs samples of its own to be unbiased."""

_BSDF_FIELDS = ("base_color", "roughness", "spec_tint", "sheen")


class MitsubaRenderer:
    """Renders with Mitsuba's `direct` integrator, and differentiates with `direct_projective`.

    `direct` would differentiate through the choice of sampled directions too, which is wrong where visibility
    jumps: its derivative in roughness was measured to be twice the true one (`docs/rendering.md`).

    The reference beside `TransportRenderer`, and the way to materials that do not separate.

    Parameters
    ----------
    mitsuba : module
        With its variant set.
    geometry : SceneGeometry
        Camera, film and lights.
    particles : ParticleSet
        The mesh library.
    phis : numpy.ndarray
        Constellations, shape (m, n, 4).
    config : RenderingConfig
        Materials and samples per pixel.
    seed : int
        Root of the sampling seeds; every material and constellation has its own.
    """

    def __init__(
        self,
        mitsuba: ModuleType,
        geometry: SceneGeometry,
        particles: ParticleSet,
        phis: np.ndarray,
        config: RenderingConfig,
        seed: int = 0,
    ) -> None:
        self.mi = mitsuba
        self.geometry = geometry
        self.particles = particles
        self.phis = phis
        self.config = config
        self.seed = seed
        self.parameters: tuple[ParameterSpec, ...] = (
            *specs_of("particle", config.particle.learned()),
            *specs_of("stage", config.stage.learned()),
        )
        self._placed: int | None = None
        soup = particles.place(phis[0])
        self._scene = mitsuba.load_dict(_scene_dict(mitsuba, geometry, soup, config), optimize=False)
        self._params = mitsuba.traverse(self._scene)
        # Without its silhouette terms: geometry is fixed.
        self._adjoint = mitsuba.load_dict({"type": "direct_projective", "sppp": 0, "sppi": 0})
        self._keys = [_scene_key(spec.name) for spec in self.parameters]

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations; see `Renderer.render`."""
        images = []
        for index, row in zip(indices, theta, strict=True):
            images.append(_MitsubaRender.apply(row, self, index, self._sampling_seed(index, row)))
        return torch.stack(images)

    def _sampling_seed(self, index: int, theta: torch.Tensor) -> int:
        """Derive the seed from what is drawn, so that no hidden counter makes a resumed training differ."""
        digest = zlib.crc32(theta.detach().cpu().numpy().tobytes())
        return integer32(self.seed, "mitsuba", index, digest)

    def place(self, index: int) -> None:
        """Put constellation `index` into the scene."""
        if self._placed == index:
            return
        set_vertices(self.mi, self._params, self.particles.place(self.phis[index]), "particles.")
        self._params.update()
        self._placed = index

    def image(self, index: int, theta: np.ndarray, seed: int, spp: int | None = None) -> np.ndarray:
        """Render without derivatives; `theta` has shape (P,), the result float32 (S, S)."""
        self.place(index)
        for key, value in zip(self._keys, theta, strict=True):
            self._params[key] = self.mi.Float(float(value))
        self._params.update()
        image = self.mi.render(self._scene, spp=spp or self.config.spp, seed=seed)
        return np.asarray(image, dtype=np.float32)[..., 0]

    def gradient(self, index: int, theta: np.ndarray, seed: int, image_gradient: np.ndarray) -> np.ndarray:
        """Return d(Σ image·image_gradient)/dθ, shape (P,)."""
        import drjit as dr

        self.place(index)
        values = [self.mi.Float(float(value)) for value in theta]
        for key, value in zip(self._keys, values, strict=True):
            dr.enable_grad(value)
            self._params[key] = value
        self._params.update()
        image = self.mi.render(
            self._scene,
            self._params,
            integrator=self._adjoint,
            spp=self.config.spp,
            seed=seed,
            seed_grad=seed ^ _OTHER_SEED,
        )
        dr.backward(dr.sum(image * self.mi.TensorXf(image_gradient[..., None]), axis=None))
        gradient = np.array([float(dr.grad(value)[0]) for value in values], np.float32)
        for key, value in zip(self._keys, values, strict=True):
            self._params[key] = dr.detach(value)
        self._params.update()
        return gradient


class _MitsubaRender(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, theta: torch.Tensor, renderer: MitsubaRenderer, index: int, seed: int) -> torch.Tensor:
        ctx.renderer, ctx.index, ctx.seed = renderer, index, seed
        ctx.save_for_backward(theta)
        image = renderer.image(index, theta.detach().cpu().numpy(), seed)
        return torch.from_numpy(image).to(theta.device)

    @staticmethod
    def backward(ctx: Any, image_gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (theta,) = ctx.saved_tensors
        gradient = ctx.renderer.gradient(
            ctx.index, theta.detach().cpu().numpy(), ctx.seed, image_gradient.detach().cpu().numpy()
        )
        return torch.from_numpy(gradient).to(theta.device), None, None, None


def _scene_key(parameter: str) -> str:
    owner, field = parameter.split(".")
    shape = {"particle": "particles", "stage": "stage"}[owner]
    return f"{shape}.bsdf.{field}.value"


def _bsdf(material: MaterialConfig) -> dict[str, Any]:
    """Return Mitsuba's description; learned parameters start in the middle of their range."""
    description: dict[str, Any] = {"type": "principled", "specular": material.specular}
    for field in _BSDF_FIELDS:
        value = getattr(material, field)
        number = sum(value.learn) / 2 if isinstance(value, Learned) else float(value)
        # Mitsuba leaves a lobe out for good if its weight is zero at construction.
        if field in ("spec_tint", "sheen") and not isinstance(value, Learned) and number == 0:
            continue
        description[field] = {"type": "uniform", "value": number} if field == "base_color" else number
    return description


def _scene_dict(mi: ModuleType, g: SceneGeometry, soup: Soup, config: RenderingConfig) -> dict[str, Any]:
    transform = mi.ScalarTransform4f
    props = mi.Properties()
    props["bsdf"] = mi.load_dict(_bsdf(config.particle))
    mesh = mi.Mesh("particles", len(soup.vertices), len(soup.faces), props=props, has_vertex_normals=True)
    params = mi.traverse(mesh)
    set_vertices(mi, params, soup)
    params["faces"] = mi.UInt32(soup.faces.ravel())
    params.update()
    stage_height = 1.0
    slab_middle, slab_half = (g.slab_top + g.slab_bottom) / 2, (g.slab_top - g.slab_bottom) / 2
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
                "rfilter": {"type": "gaussian", "stddev": g.filter_sigma},
            },
            "sampler": {"type": "stratified", "sample_count": config.spp},
        },
        "particles": mesh,
        "stage": {
            "type": "cube",
            "to_world": transform()
            .translate([0, g.stage_top - stage_height / 2, 0])
            .scale([g.stage_half_width, stage_height / 2, g.stage_half_width]),
            "bsdf": _bsdf(config.stage),
        },
        "slab": {
            "type": "cube",
            "to_world": transform()
            .translate([0, slab_middle, 0])
            .scale([g.slab_half_width, slab_half, g.slab_half_width]),
            "emitter": {"type": "area", "radiance": {"type": "uniform", "value": g.slab_radiance}},
        },
        "ring": {
            "type": "cylinder",
            "p0": [0, -g.ring_half_height, 0],
            "p1": [0, g.ring_half_height, 0],
            "radius": g.ring_radius,
            "flip_normals": True,
            "emitter": {"type": "area", "radiance": {"type": "uniform", "value": g.ring_radiance}},
        },
    }
