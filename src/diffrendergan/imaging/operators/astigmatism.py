"""Astigmatism: a point spread of two widths and an angle (METHOD §9)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch

from diffrendergan.imaging.operator import Inputs, Operator, PointSpread
from diffrendergan.imaging.spectrum import Frequencies, blurred, gaussian_transfer, margin_of


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
    return blurred(images, [partial(astigmatic_transfer, along, across, angle_deg)], margin_of([largest]))


def astigmatic_transfer(
    along: torch.Tensor, across: torch.Tensor, angle_deg: torch.Tensor, frequencies: Frequencies
) -> torch.Tensor:
    """Return the transfer function of `astigmatic_blur`."""
    cosine, sine = (part(torch.deg2rad(angle_deg))[:, None, None] for part in (torch.cos, torch.sin))
    long, short = along[:, None, None] ** 2, across[:, None, None] ** 2
    # Rows count downwards, angles turn upwards.
    right, down = long * cosine**2 + short * sine**2, long * sine**2 + short * cosine**2
    return gaussian_transfer(frequencies, right, down, (short - long) * sine * cosine)


def _transfer(given: Inputs, frequencies: Frequencies) -> torch.Tensor:
    along, across, angle = (given.values[name] for name in ("along_px", "across_px", "angle_deg"))
    return astigmatic_transfer(along, across, angle, frequencies)


def _reach_px(largest: Mapping[str, float]) -> float:
    return max(largest["along_px"], largest["across_px"])


OPERATOR = Operator("astigmatism", PointSpread(_transfer, _reach_px))
