"""G: from arrangements to synthetic micrographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from diffrendergan.errors import ConfigError
from diffrendergan.gan.regression import RegressionNetwork
from diffrendergan.imaging.model import ImagingModel
from diffrendergan.rendering.protocol import ParameterSpec, Renderer


def learned_specs(renderer: Renderer, imaging: ImagingModel) -> tuple[ParameterSpec, ...]:
    """Return the columns of θ: those of the renderer, then those of the imaging model.

    Raises
    ------
    ConfigError
        If nothing is learned.
    """
    specs = (*renderer.parameters, *imaging.parameters)
    if not specs:
        raise ConfigError(
            "no parameter is learned, so there is nothing to train; "
            "give at least one of rendering.particle, rendering.stage or imaging a range {learn: [low, high]}."
        )
    return specs


@dataclass(frozen=True)
class Generator:
    """f_noise(f_r(f_fcn(Φ))): regression network, renderer and imaging model in a row.

    Attributes
    ----------
    network : RegressionNetwork
        Gives θ; the only part with weights.
    renderer : Renderer
        Draws the constellations it was built with.
    imaging : ImagingModel
        Known operators after the render.

    Raises
    ------
    ConfigError
        If the network gives other parameters than renderer and imaging model take.
    """

    network: RegressionNetwork
    renderer: Renderer
    imaging: ImagingModel

    def __post_init__(self) -> None:
        """Check that the three fit together."""
        wanted = learned_specs(self.renderer, self.imaging)
        if self.network.specs != wanted:
            raise ConfigError(
                f"the generator was trained for {_listed(self.network.specs)} but the configuration learns "
                f"{_listed(wanted)}; use the configuration it was trained with, or train anew."
            )

    def theta(self, phi: torch.Tensor, dropout_rng: torch.Generator | None = None) -> torch.Tensor:
        """Return θ (B, P) of arrangements Φ (B, n, 4); dropout only with a generator for it."""
        return self.network(phi, dropout_rng)

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
        rendered = len(self.renderer.parameters)
        radiance = self.renderer.render(indices, theta[:, :rendered])
        return self.imaging.apply(radiance, theta[:, rendered:], noise_rng)


def _listed(specs: Sequence[ParameterSpec]) -> str:
    return ", ".join(f"{spec.name} in [{spec.low:g}, {spec.high:g}]" for spec in specs)
