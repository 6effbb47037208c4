"""A round point spread (METHOD §9)."""

from __future__ import annotations

import math

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_KERNEL_RADIUS_SIGMAS = 4.0


def gaussian_blur(images: torch.Tensor, sigma: torch.Tensor, largest: float) -> torch.Tensor:
    """Blur each image with its own Gaussian, differentiably in sigma.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviations [px], shape (B,).
    largest : float
        No sigma is larger [px]; it sets the width of the kernel without looking at sigma, which may be on a GPU.
    """
    radius = max(1, math.ceil(_KERNEL_RADIUS_SIGMAS * largest))
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp_min(1e-3)[:, None]) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    batch = len(images)
    blurred = torch.nn.functional.pad(images[None], (radius, radius, radius, radius), mode="replicate")
    blurred = torch.nn.functional.conv2d(blurred, kernel.view(batch, 1, 1, -1), groups=batch)
    return torch.nn.functional.conv2d(blurred, kernel.view(batch, 1, -1, 1), groups=batch)[0]


def _apply(given: Inputs) -> torch.Tensor:
    return gaussian_blur(given.images, given.values["blur_sigma_px"], given.largest["blur_sigma_px"])


OPERATOR = Operator("blur_sigma_px", _apply, over_ground="spreads")
