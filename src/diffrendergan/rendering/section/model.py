"""From θ to sections: the grey values of the phases, and of what lies between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from diffrendergan.config.material import PhaseConfig
from diffrendergan.config.project import Project
from diffrendergan.config.sectioning import LEARNABLE, SectionConfig
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import ParameterSpec, specs_of, value_of
from diffrendergan.rendering.section.cutting import Cut
from diffrendergan.runs import seeds


@dataclass(frozen=True, eq=False)
class Filled:
    """What fills the pixels of a slice, as tensors.

    Attributes
    ----------
    pixels, particles : torch.Tensor
        int64 (K,); particles are counted from 0.
    shares : torch.Tensor
        float32 (K,); those of a pixel add up to 1 at most.
    draws : torch.Tensor
        float32 (n,): a standard normal number of each particle.
    size : torch.Tensor
        int64 (): edge of the image [px].
    """

    pixels: torch.Tensor
    particles: torch.Tensor
    shares: torch.Tensor
    draws: torch.Tensor
    size: torch.Tensor

    def to(self, device: torch.device | str) -> Filled:
        """Return the same on a device."""
        return Filled(**{name: tensor.to(device) for name, tensor in vars(self).items()})


@dataclass(frozen=True)
class SectionModel:
    """Makes sections, for any θ.

    Attributes
    ----------
    config : SectionConfig
    materials : dict
        The particles' materials by name.
    material_of : numpy.ndarray
        int (n,): which of them each mesh has.
    """

    config: SectionConfig
    materials: dict[str, PhaseConfig]
    material_of: np.ndarray

    @cached_property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: of each material, then of the matrix."""
        named = [spec for name, material in self.materials.items() for spec in specs_of(name, material.learned())]
        return (*named, *specs_of("section", self.config.learned))

    def filled(self, cut: Cut, seed: int) -> Filled:
        """Return what is drawn from, for a seed of how grey each particle is."""
        draws = seeds.generator(seed, "greys").standard_normal(len(self.material_of)).astype(np.float32)
        # Where particles run into each other, their shares are cut down together.
        total = np.bincount(cut.pixels, cut.shares, cut.size**2)
        shares = (cut.shares / np.maximum(total, 1)[cut.pixels]).astype(np.float32)
        pixels, particles = (torch.from_numpy(values.astype(np.int64)) for values in (cut.pixels, cut.particles - 1))
        return Filled(pixels, particles, torch.from_numpy(shares), torch.from_numpy(draws), torch.tensor(cut.size))

    def layers(self, held: Filled, theta: torch.Tensor) -> Layers:
        """Return the image (S, S) for θ (P,), taken apart: the matrix is seen by what particles leave of a pixel."""
        columns = {spec.name: value for spec, value in zip(self.parameters, theta.unbind(), strict=True)}
        greys, spreads = (
            torch.stack([value_of(columns, f"{name}.{field}", getattr(material, field), theta)
                         for name, material in self.materials.items()])
            for field in ("grey", "spread")
        )  # fmt: skip
        material = torch.from_numpy(self.material_of).to(theta.device)
        each = (greys[material] + spreads[material] * held.draws.to(theta)).clamp(0, 1)
        size, shares = int(held.size), held.shares.to(theta)
        nothing = torch.zeros(size * size, dtype=theta.dtype, device=theta.device)
        particles = nothing.index_add(0, held.pixels, shares * each[held.particles]).view(size, size)
        free = 1 - nothing.index_add(0, held.pixels, shares).view(size, size)
        (matrix,) = (value_of(columns, f"section.{name}", getattr(self.config, name), theta) for name in LEARNABLE)
        return Layers(particles, matrix * free, matrix.expand_as(free))


def section_model(project: Project, meshes: int) -> SectionModel:
    """Return the model of a project, for a library of `meshes` meshes.

    Raises
    ------
    ConfigError
        If a group names a mesh that does not exist.
    """
    materials, number = particle_materials(project.rendering, meshes)
    phases = {name: material for name, material in materials.items() if isinstance(material, PhaseConfig)}
    return SectionModel(project.rendering.section, phases, number)
