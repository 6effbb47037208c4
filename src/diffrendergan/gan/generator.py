"""G: from arrangements to synthetic micrographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from diffrendergan.errors import ConfigError
from diffrendergan.gan.theta_network import ThetaNetwork
from diffrendergan.imaging.image_model import ImageModel
from diffrendergan.rendering.protocol import ParameterSpec, Renderer


@dataclass(frozen=True)
class Generator:
    """f_noise(f_r(f_fcn(Φ))): regression network, renderer and image model in a row.

    Attributes
    ----------
    network : ThetaNetwork
        Gives θ; the only part with weights.
    renderer : Renderer
        Draws the constellations it was built with.
    model : ImageModel
        What follows the render, and the columns of θ.

    Raises
    ------
    ConfigError
        If the network gives other parameters than renderer and image model take.
    """

    network: ThetaNetwork
    renderer: Renderer
    model: ImageModel

    def __post_init__(self) -> None:
        """Check that the three fit together."""
        wanted = replace(self.model, rendered=self.renderer.parameters).learned()
        if not self.network.specs == self.model.columns == wanted:
            raise ConfigError(
                f"the generator was trained for {_listed(self.network.specs)} but the configuration learns "
                f"{_listed(wanted)}; use the configuration it was trained with, or train anew."
            )

    def theta(self, phi: torch.Tensor, dropout_rng: torch.Generator | None = None) -> torch.Tensor:
        """Return θ (B, P) of arrangements Φ (B, n, 4); dropout only with a generator for it."""
        theta: torch.Tensor = self.network(phi, dropout_rng)
        return theta

    def images(self, indices: Sequence[int], theta: torch.Tensor, noise_rng: torch.Generator) -> torch.Tensor:
        """Return micrographs.

        Parameters
        ----------
        indices : sequence of int
            Constellations of the renderer, length B.
        theta : torch.Tensor
            Their parameters, shape (B, P).
        noise_rng : torch.Generator
            Source of the noise.

        Returns
        -------
        torch.Tensor
            Shape (B, H, W), in [0, 1], differentiable in `theta`.
        """
        return self.model.images(self.renderer, indices, theta, noise_rng)


def _listed(specs: Sequence[ParameterSpec]) -> str:
    return ", ".join(f"{spec.name} in [{spec.low:g}, {spec.high:g}]" for spec in specs)
