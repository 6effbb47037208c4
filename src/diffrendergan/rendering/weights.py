"""From θ to the weights of basis images."""

from __future__ import annotations

from collections.abc import Callable

import torch

from diffrendergan.config.scene import MaterialConfig
from diffrendergan.rendering.protocol import ParameterSpec, specs_of
from diffrendergan.rendering.transport import MaterialSeparation


def material_parameters(separation: MaterialSeparation) -> tuple[ParameterSpec, ...]:
    """Return the columns of θ: the particles' learned parameters, then the stage's."""
    return (
        *specs_of("particle", separation.particle.material.learned()),
        *specs_of("stage", separation.stage.material.learned()),
    )


def basis_weights(separation: MaterialSeparation, theta: torch.Tensor) -> torch.Tensor:
    """Return weights (B, R) for θ (B, P); differentiable."""
    columns = {spec.name: column for column, spec in enumerate(material_parameters(separation))}

    def lookup(owner: str, material: MaterialConfig) -> Callable[[str], torch.Tensor | float]:
        def value(name: str) -> torch.Tensor | float:
            column = columns.get(f"{owner}.{name}")
            return getattr(material, name) if column is None else theta[:, column]

        return value

    parts = [
        separation.particle.weights(lookup("particle", separation.particle.material)),
        separation.stage.weights(lookup("stage", separation.stage.material)),
    ]
    return torch.cat([part.expand(len(theta), -1) for part in parts], dim=1)
