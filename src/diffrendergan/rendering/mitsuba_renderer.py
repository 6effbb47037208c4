"""The plain way: Mitsuba renders the whole scene, and differentiates it itself."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.rendering.backend import variant_device
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.mitsuba_scene import SceneParts, particles_id, scene_dict, scene_key
from diffrendergan.rendering.protocol import BufferName, ParameterSpec
from diffrendergan.rendering.stored_buffers import StoredBuffers, asked_of
from diffrendergan.rendering.tracing import set_vertices
from diffrendergan.runs.seeds import integer32
from diffrendergan.scene.geometry import SceneGeometry

NO_LAYERS = (
    "Mitsuba's own renderer does not take an image apart into particles and stage, which another ground "
    "(`imaging.ground`) and distractors (`imaging.distractors`) need; leave both out, or set `rendering.renderer` to "
    "transport."
)

_OTHER_SEED = 0x5BD1E995
"""The gradient needs samples of its own to be unbiased."""


class MitsubaRenderer:
    """Renders with Mitsuba's `direct` integrator, and differentiates with `direct_projective`.

    `direct` would differentiate through the choice of sampled directions too, which is wrong where visibility
    jumps: its derivative in roughness was measured to be twice the true one (`docs/rendering.md`).

    The reference beside `TransportRenderer`, and the way to materials that do not separate. Tensors are shared with
    Mitsuba, not copied, where both are on the same device.

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
    stored_buffers : StoredBuffers, optional
        Gives what else the constellations show, if anyone asks.
    """

    def __init__(
        self,
        mitsuba: ModuleType,
        geometry: SceneGeometry,
        particles: ParticleSet,
        phis: np.ndarray,
        config: RenderingConfig,
        seed: int = 0,
        stored_buffers: StoredBuffers | None = None,
    ) -> None:
        self.mi = mitsuba
        self.geometry = geometry
        self.phis = phis
        self.config = config
        self.seed = seed
        self._buffers = stored_buffers
        self.device = variant_device(mitsuba)
        materials, material_of = particle_materials(config, len(particles.meshes))
        self._members = {name: np.flatnonzero(material_of == number).tolist() for number, name in enumerate(materials)}
        self._parts = SceneParts(
            geometry,
            config,
            materials,
            {name: particles.subset(members) for name, members in self._members.items()},
        )
        self.parameters: tuple[ParameterSpec, ...] = self._parts.parameters()
        self._placed: int | None = None
        self._scene = mitsuba.load_dict(scene_dict(mitsuba, self._parts, self._soups(phis[0])), optimize=False)
        self._params = mitsuba.traverse(self._scene)
        # Without its silhouette terms: geometry is fixed.
        self._adjoint = mitsuba.load_dict({"type": "direct_projective", "sppp": 0, "sppi": 0})
        self._keys = [scene_key(spec.name) for spec in self.parameters]

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations; see `Renderer.render`."""
        images = []
        for index, row in zip(indices, theta, strict=True):
            images.append(_MitsubaRender.apply(row, self, index, self._sampling_seed(index, row)))
        return torch.stack(images)

    def layers(self, indices: Sequence[int], theta: torch.Tensor) -> Layers:
        """Refuse: Mitsuba returns one image; see `Renderer.layers`."""
        raise ConfigError(NO_LAYERS)

    def buffers(self, indices: Sequence[int], names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return what constellations show beside light; see `Renderer.buffers`.

        Raises
        ------
        ValueError
            If the renderer was made without buffers.
        """
        return asked_of(self._buffers, indices, names)

    def _sampling_seed(self, index: int, theta: torch.Tensor) -> int:
        """Derive the seed from what is drawn, so that no hidden counter makes a resumed training differ."""
        digest = zlib.crc32(theta.detach().cpu().numpy().tobytes())
        return integer32(self.seed, "mitsuba", index, digest)

    def _soups(self, phi: np.ndarray) -> dict[str, Any]:
        return {name: part.place(phi[self._members[name]]) for name, part in self._parts.particles.items()}

    def place(self, index: int) -> None:
        """Put constellation `index` into the scene."""
        if self._placed != index:
            self.place_phi(self.phis[index])
            self._placed = index

    def place_phi(self, phi: np.ndarray) -> None:
        """Put a constellation (n, 4) that need not be among `phis` into the scene."""
        for name, soup in self._soups(phi).items():
            set_vertices(self.mi, self._params, soup, f"{particles_id(name)}.")
        self._params.update()
        self._placed = None

    def image(self, index: int, theta: np.ndarray, seed: int, spp: int | None = None) -> np.ndarray:
        """Render constellation `index` without derivatives; `theta` has shape (P,), the result float32 (S, S)."""
        self.place(index)
        return self.radiance(torch.from_numpy(np.asarray(theta, np.float32)), seed, spp).cpu().numpy()

    def radiance(self, theta: torch.Tensor, seed: int, spp: int | None = None) -> torch.Tensor:
        """Render what is placed; `theta` has shape (P,), the result float32 (S, S) lies on the variant's device."""
        self._set(self._values(theta))
        image = self.mi.render(self._scene, spp=spp or self.config.spp, seed=seed)
        return image.torch()[..., 0].clone()

    def gradient(self, index: int, theta: np.ndarray, seed: int, image_gradient: np.ndarray) -> np.ndarray:
        """Return d(Σ image·image_gradient)/dθ, shape (P,)."""
        tensors = [torch.from_numpy(np.asarray(array, np.float32)) for array in (theta, image_gradient)]
        return self.theta_gradient(index, tensors[0], seed, tensors[1]).cpu().numpy()

    def theta_gradient(self, index: int, theta: torch.Tensor, seed: int, image_gradient: torch.Tensor) -> torch.Tensor:
        """Return d(Σ image·image_gradient)/dθ as a tensor on the variant's device, shape (P,)."""
        import drjit as dr

        self.place(index)
        image_gradient = image_gradient.to(self.device)
        values = self._values(theta)
        for value in values:
            dr.enable_grad(value)
        self._set(values)
        image = self.mi.render(
            self._scene,
            self._params,
            integrator=self._adjoint,
            spp=self.config.spp,
            seed=seed,
            seed_grad=seed ^ _OTHER_SEED,
        )
        dr.backward(dr.sum(image * self.mi.TensorXf(image_gradient[..., None].contiguous()), axis=None))
        gradient = torch.cat([dr.grad(value).torch().clone() for value in values])
        self._set([dr.detach(value) for value in values])
        return gradient

    def _values(self, theta: torch.Tensor) -> list[Any]:
        """Return the columns of θ as arrays of Mitsuba's."""
        theta = theta.to(self.device)
        return [self.mi.Float(theta[column : column + 1]) for column in range(len(self._keys))]

    def _set(self, values: list[Any]) -> None:
        for key, value in zip(self._keys, values, strict=True):
            self._params[key] = value
        self._params.update()


class _MitsubaRender(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, theta: torch.Tensor, renderer: MitsubaRenderer, index: int, seed: int) -> torch.Tensor:
        ctx.renderer, ctx.index, ctx.seed = renderer, index, seed
        ctx.save_for_backward(theta)
        renderer.place(index)
        return renderer.radiance(theta.detach(), seed).to(theta.device)

    @staticmethod
    def backward(ctx: Any, image_gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        (theta,) = ctx.saved_tensors
        gradient = ctx.renderer.theta_gradient(ctx.index, theta.detach(), ctx.seed, image_gradient.detach())
        return gradient.to(theta.device), None, None, None
