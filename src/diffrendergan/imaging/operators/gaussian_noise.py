"""f_noise of the paper (METHOD §5)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator


def gaussian_noise(images: torch.Tensor, sigma: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Clamp to [0, 1] and add σ·N(0, 1) per pixel (Possart et al. 2025, f_r and f_noise).

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviations in units of full scale, shape (B,).
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    return images.clamp(0, 1) + sigma[:, None, None] * noise


def _apply(given: Inputs) -> torch.Tensor:
    return gaussian_noise(given.images, given.values["noise_sigma"], given.rng)


OPERATOR = Operator("noise_sigma", _apply, over_ground="noise")
