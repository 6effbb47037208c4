"""From θ to height images: what a height is in grey values, and the level of the ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from diffrendergan.config.material import ReliefConfig
from diffrendergan.config.project import Project
from diffrendergan.config.topography import LEARNABLE, TopographyConfig
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import ParameterSpec, specs_of, value_of
from diffrendergan.rendering.topography.feeling import Felt
from diffrendergan.runs import seeds
from diffrendergan.scene.geometry import project_geometry, scene_scale


@dataclass(frozen=True, eq=False)
class Relief:
    """What a tip felt of a constellation, as tensors.

    Attributes
    ----------
    height : torch.Tensor
        float32 (S, S) [diameters of a particle of size 1].
    owner : torch.Tensor
        int32 (S, S): the particle, 0 on the ground.
    flatness : torch.Tensor
        float32 (n + 1,): a standard normal number of each particle, 0 of the ground.
    """

    height: torch.Tensor
    owner: torch.Tensor
    flatness: torch.Tensor

    def to(self, device: torch.device | str) -> Relief:
        """Return the same on a device."""
        return Relief(**{name: tensor.to(device) for name, tensor in vars(self).items()})


@dataclass(frozen=True)
class TopographyModel:
    """Makes height images, for any θ.

    Attributes
    ----------
    config : TopographyConfig
    materials : dict
        The particles' materials by name.
    material_of : numpy.ndarray
        int (n,): which of them each mesh has.
    diameter_px : float
        Of a particle of size 1 [px].
    """

    config: TopographyConfig
    materials: dict[str, ReliefConfig]
    material_of: np.ndarray
    diameter_px: float

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: of each material, then of the ground."""
        named = [spec for name, material in self.materials.items() for spec in specs_of(name, material.learned())]
        return (*named, *specs_of("topography", self.config.learned))

    def relief(self, felt: Felt, seed: int) -> Relief:
        """Return what is drawn from, for a seed of how flat each particle is."""
        flatness = seeds.generator(seed, "flatness").standard_normal(len(self.material_of) + 1).astype(np.float32)
        flatness[0] = 0
        height = (felt.height / np.float32(self.diameter_px)).astype(np.float32)
        return Relief(torch.from_numpy(height), torch.from_numpy(felt.owner.copy()), torch.from_numpy(flatness))

    def layers(self, held: Relief, theta: torch.Tensor) -> Layers:
        """Return the image (S, S) for θ (P,), taken apart: heights come on top of any ground."""
        columns = {spec.name: value for spec, value in zip(self.parameters, theta.unbind(), strict=True)}
        heights, spreads = (
            torch.stack([value_of(columns, f"{name}.{field}", getattr(material, field), theta)
                         for name, material in self.materials.items()])
            for field in ("height", "spread")
        )  # fmt: skip
        material = torch.from_numpy(np.concatenate([[0], self.material_of])).to(theta.device)
        gains = heights[material] * torch.exp(spreads[material] * held.flatness.to(theta))
        particles = gains[held.owner.long()] * held.height.to(theta)
        (level,) = (value_of(columns, f"topography.{name}", getattr(self.config, name), theta) for name in LEARNABLE)
        ground = level.expand_as(particles)
        return Layers(particles, ground, ground)


def topography_model(project: Project, meshes: int) -> TopographyModel:
    """Return the model of a project, for a library of `meshes` meshes.

    Raises
    ------
    ConfigError
        If a group names a mesh that does not exist.
    """
    materials, number = particle_materials(project.rendering, meshes)
    felt = {name: material for name, material in materials.items() if isinstance(material, ReliefConfig)}
    scale = scene_scale(project)
    diameter_px = scale.thickness * scale.unit * project_geometry(project).pixels_per_unit_at()
    return TopographyModel(project.rendering.topography, felt, number, diameter_px)
