"""A round point spread (METHOD §9)."""

from __future__ import annotations

import math
from functools import partial

import torch

from diffrendergan.imaging.operator import Inputs, Operator, PointSpread
from diffrendergan.imaging.spectrum import MARGIN_SIGMAS, Frequencies, blurred, margin_of


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
    return blurred(images, [partial(round_transfer, sigma, largest)], margin_of([largest]))


def round_transfer(sigma: torch.Tensor, largest: float, frequencies: Frequencies) -> torch.Tensor:
    """Return the transfer function of `gaussian_blur`: that of a Gaussian sampled at the pixels and cut off."""
    radius = max(1, math.ceil(MARGIN_SIGMAS * largest))
    offsets = torch.arange(1, radius + 1, dtype=sigma.dtype, device=sigma.device)
    kernel = torch.exp(-0.5 * (offsets / sigma.clamp_min(1e-3)[:, None]) ** 2)
    whole = 1 + 2 * kernel.sum(1)

    def along(frequency: torch.Tensor) -> torch.Tensor:
        return (1 + 2 * kernel @ torch.cos(offsets[:, None] * frequency)) / whole[:, None]

    return along(frequencies.right[0])[:, None, :] * along(frequencies.down[:, 0])[:, :, None]


def _transfer(given: Inputs, frequencies: Frequencies) -> torch.Tensor:
    return round_transfer(given.values["blur_sigma_px"], given.largest["blur_sigma_px"], frequencies)


OPERATOR = Operator("blur_sigma_px", PointSpread(_transfer, lambda largest: largest["blur_sigma_px"]))
