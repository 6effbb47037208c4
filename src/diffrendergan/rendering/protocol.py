"""What the generator needs to know of a renderer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch

from diffrendergan.config.base import Learned, Parameter
from diffrendergan.rendering.layers import Layers

BufferName = Literal["coverage", "depth", "tilt", "labels", "thickness", "group_area"]
"""All are images (S, S), float32 but for the labels, seen through the pixels' centres but for the coverage.

`coverage`: the share of the pixel, as the reconstruction filter weighs it, that particles fill [0 … 1].
`depth`: how far below the particles' plane the surface lies [scene units]; the stage's where no particle is.
`tilt`: 1 − cos of the angle between surface and view: 0 faces the camera, 1 is a rim; 0 on the stage.
`labels`: int32, 0 on the stage, else the particle's row in Φ plus one.
`thickness`: how far the line of sight runs within particles, seen or hidden [scene units]; 0 on the stage.
`group_area`: area in the image of all particles that hang together with the one seen [px²]; 0 on the stage.
"""

BUFFERS: tuple[BufferName, ...] = get_args(BufferName)


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


def value_of(columns: Mapping[str, torch.Tensor], name: str, value: Parameter, like: torch.Tensor) -> torch.Tensor:
    """Return a parameter as a tensor without dimensions: its column of θ if it is learned, else its number."""
    return columns[name] if name in columns else torch.as_tensor(value, dtype=like.dtype, device=like.device)


class HasParameters(Protocol):
    """What takes columns of θ."""

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The columns."""
        ...


class Renderer(HasParameters, Protocol):
    """Draws constellations that were given at construction, differentiably in the material."""

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

    def layers(self, indices: Sequence[int], theta: torch.Tensor) -> Layers:
        """Return the same render taken apart, differentiable in `theta`, for another ground than the stage.

        Raises
        ------
        ConfigError
            If the renderer cannot take it apart.
        """
        ...

    def buffers(self, indices: Sequence[int], names: Sequence[BufferName]) -> dict[BufferName, torch.Tensor]:
        """Return what constellations show beside light.

        Parameters
        ----------
        indices : sequence of int
            Constellations, length B.
        names : sequence of str
            What is asked for; nothing else is traced.

        Returns
        -------
        dict
            Shape (B, H, W) each, by name, on the device that `render` draws on.
        """
        ...
