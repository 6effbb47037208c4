"""Astigmatism: a point spread of two widths and an angle (METHOD §9)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.spectrum import filtered, gaussian_transfer, padded


def astigmatic_blur(
    images: torch.Tensor, along: torch.Tensor, across: torch.Tensor, angle_deg: torch.Tensor, largest: float
) -> torch.Tensor:
    """Blur each image with its own turned Gaussian, differentiably in widths and angle.

    Beyond its edges the image goes on as at the edge.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    along, across : torch.Tensor
        Standard deviations along the direction and across it [px], shape (B,).
    angle_deg : torch.Tensor
        The direction, from the right (0) over up (90) [degrees], shape (B,).
    largest : float
        No standard deviation is larger [px].
    """
    wide, margin = padded(images, largest)
    cosine, sine = (part(torch.deg2rad(angle_deg))[:, None, None] for part in (torch.cos, torch.sin))
    long, short = along[:, None, None] ** 2, across[:, None, None] ** 2
    # Rows count downwards, angles turn upwards.
    right, down = long * cosine**2 + short * sine**2, long * sine**2 + short * cosine**2
    transfer = gaussian_transfer(wide, right, down, (short - long) * sine * cosine)
    return filtered(torch.fft.rfft2(wide), transfer, wide.shape, margin)


def _apply(given: Inputs) -> torch.Tensor:
    along, across, angle = (given.values[name] for name in ("along_px", "across_px", "angle_deg"))
    largest = max(given.largest["along_px"], given.largest["across_px"])
    return astigmatic_blur(given.images, along, across, angle, largest)


OPERATOR = Operator("astigmatism", _apply, over_ground="spreads")
