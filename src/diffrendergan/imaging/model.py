"""Known operators after the render, with parameters that may be learned (METHOD §5, f_noise, and §9).

An operator takes radiance (B, H, W), one value per image, and the largest value that its parameter can have. To add
one, give it a place in `ImagingConfig` and in `OPERATORS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from diffrendergan.config.base import Learned, Parameter
from diffrendergan.config.scene import ImagingConfig
from diffrendergan.rendering.protocol import ParameterSpec

Operator = Callable[[torch.Tensor, torch.Tensor, float, torch.Generator | None], torch.Tensor]

_KERNEL_RADIUS_SIGMAS = 4.0


def gaussian_blur(
    images: torch.Tensor, sigma: torch.Tensor, largest: float, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Blur each image with its own Gaussian, differentiably in sigma.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviations [px], shape (B,).
    largest : float
        No sigma is larger [px]; it sets the width of the kernel without looking at sigma, which may be on a GPU.
    generator : torch.Generator, optional
        Not used; operators share one signature.
    """
    radius = max(1, math.ceil(_KERNEL_RADIUS_SIGMAS * largest))
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp_min(1e-3)[:, None]) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    batch = len(images)
    blurred = torch.nn.functional.pad(images[None], (radius, radius, radius, radius), mode="replicate")
    blurred = torch.nn.functional.conv2d(blurred, kernel.view(batch, 1, 1, -1), groups=batch)
    return torch.nn.functional.conv2d(blurred, kernel.view(batch, 1, -1, 1), groups=batch)[0]


def gaussian_noise(
    images: torch.Tensor, sigma: torch.Tensor, largest: float, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Clamp to [0, 1] and add σ·N(0, 1) per pixel (Possart et al. 2025, f_r and f_noise).

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviations in units of full scale, shape (B,).
    largest : float
        Not used; operators share one signature.
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return images.clamp(0, 1) + sigma[:, None, None] * noise


OPERATORS: tuple[tuple[str, Operator], ...] = (
    ("blur_sigma_px", gaussian_blur),
    ("noise_sigma", gaussian_noise),
)


@dataclass(frozen=True)
class ImagingModel:
    """The operators of a configuration, in order."""

    config: ImagingConfig

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """The learned parameters, in the order of the columns of `values`."""
        return tuple(
            ParameterSpec(f"imaging.{name}", *value.learn)
            for name, _ in OPERATORS
            if isinstance(value := self._value(name), Learned)
        )

    def apply(
        self, images: torch.Tensor, values: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Turn radiance into a micrograph.

        Parameters
        ----------
        images : torch.Tensor
            Radiance, shape (B, H, W).
        values : torch.Tensor
            Learned values, shape (B, Q).
        generator : torch.Generator, optional
            Source of the noise.

        Returns
        -------
        torch.Tensor
            Shape (B, H, W), in [0, 1].
        """
        column = 0
        for name, operator in OPERATORS:
            value = self._value(name)
            if isinstance(value, Learned):
                images = operator(images, values[:, column], value.learn[1], generator)
                column += 1
            elif value != 0:
                images = operator(images, torch.full_like(images[:, 0, 0], value), value, generator)
        return images.clamp(0, 1)

    def _value(self, name: str) -> Parameter:
        return getattr(self.config, name)
