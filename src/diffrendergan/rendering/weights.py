"""From θ to the weights of basis images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.rendering.choice import particle_materials
from diffrendergan.rendering.emission import separate
from diffrendergan.rendering.protocol import ParameterSpec, specs_of
from diffrendergan.rendering.separation import Separation


@dataclass(frozen=True)
class MaterialSeparation:
    """All materials of a scene taken apart.

    Attributes
    ----------
    particles : dict
        The particles' materials by name.
    stage : Separation
        The stage's.
    material_of : numpy.ndarray
        int (n,): which of `particles` each mesh has.
    """

    particles: dict[str, Separation]
    stage: Separation
    material_of: np.ndarray

    @property
    def basis_counts(self) -> tuple[int, ...]:
        """Basis images of each particle material and of the stage."""
        return (*(separation.basis_count for separation in self.particles.values()), self.stage.basis_count)

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ: the particles' learned parameters, then the stage's."""
        named = {**self.particles, "stage": self.stage}
        return tuple(spec for name, part in named.items() for spec in specs_of(name, part.material.learned()))

    def weights(self, theta: torch.Tensor) -> list[torch.Tensor]:
        """Return the weights (B, R) of each particle material's images and of the stage's, for θ (B, P)."""
        columns = {spec.name: column for column, spec in enumerate(self.parameters)}

        def lookup(owner: str) -> Callable[[str], torch.Tensor]:
            return lambda name: theta[:, columns[f"{owner}.{name}"]]

        named = {**self.particles, "stage": self.stage}
        return [part.weights(lookup(name), len(theta), theta.device) for name, part in named.items()]


def separate_materials(config: RenderingConfig, meshes: int) -> MaterialSeparation:
    """Take the materials of a configuration apart, for a library of `meshes` meshes.

    Raises
    ------
    ConfigError
        If a group names a mesh that does not exist.
    """
    knots = (config.transport.knots, config.transport.gloss_knots)
    materials, material_of = particle_materials(config, meshes)
    return MaterialSeparation(
        {name: separate(material, *knots) for name, material in materials.items()},
        separate(config.stage, *knots),
        material_of,
    )
