"""What the generator needs to know of a renderer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from diffrendergan.config.base import Learned


@dataclass(frozen=True)
class ParameterSpec:
    """A learned parameter: its name and range.

    Attributes
    ----------
    name : str
        For example ``particle.roughness``.
    low, high : float
        The range that the generator's outputs in [0, 1] are scaled to.
    """

    name: str
    low: float
    high: float


def specs_of(prefix: str, learned: dict[str, Learned]) -> tuple[ParameterSpec, ...]:
    """Return specs ``prefix.name`` of learned parameters, in the order given."""
    return tuple(ParameterSpec(f"{prefix}.{name}", *value.learn) for name, value in learned.items())


class Renderer(Protocol):
    """Draws constellations that were given at construction, differentiably in the material."""

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns of θ."""
        ...

    def render(self, indices: Sequence[int], theta: torch.Tensor) -> torch.Tensor:
        """Render constellations.

        Parameters
        ----------
        indices : sequence of int
            Constellations to draw, length B.
        theta : torch.Tensor
            Shape (B, P), in physical units, columns as in `parameters`.

        Returns
        -------
        torch.Tensor
            Radiance, shape (B, H, W), float32, not clamped; differentiable in `theta`.
        """
        ...
