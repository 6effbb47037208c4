"""Defocus: what lies above or below the plane in focus is blurred (METHOD §9)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.spectrum import filtered, gaussian_transfer, padded
from diffrendergan.scene.geometry import STAGE_TOP

LEVELS = 6
"""Blurs that are computed; those in between are interpolated in the variance, in which they are nearly linear."""


def defocused(
    images: torch.Tensor, depth: torch.Tensor, blur_per_unit: torch.Tensor, focus: torch.Tensor, largest: float
) -> torch.Tensor:
    """Blur each pixel by its distance from the plane in focus, differentiably in blur and focus.

    A pixel gathers light as its own depth says, as if all around lay as deep: right within surfaces, and at an edge
    what is blurred does not spill over what is sharp.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    depth : torch.Tensor
        Depth below the particles' plane [scene units], shape (B, H, W).
    blur_per_unit : torch.Tensor
        Standard deviation for each scene unit out of focus [px], shape (B,).
    focus : torch.Tensor
        Depth in focus [scene units], shape (B,).
    largest : float
        The most that a pixel is blurred by, however far out of focus it lies [px].
    """
    wide, margin = padded(images, largest)
    spectrum = torch.fft.rfft2(wide)
    variance = (blur_per_unit[:, None, None] * (depth - focus[:, None, None])) ** 2
    # Levels lie closer at small blurs, where images change fastest.
    levels = [largest**2 * (number / (LEVELS - 1)) ** 2 for number in range(LEVELS)]
    variance = variance.clamp(0, levels[-1])
    total = torch.zeros_like(images)
    for number, level in enumerate(levels):
        transfer = gaussian_transfer(wide, level, level)
        image = filtered(spectrum, transfer, wide.shape, margin) if number else images
        total = total + image * _hat(variance, levels, number)
    return total


def _hat(variance: torch.Tensor, levels: list[float], number: int) -> torch.Tensor:
    """Return the weight of a level in linear interpolation between neighbours."""
    weight = torch.ones_like(variance)
    if number > 0:
        weight = torch.minimum(weight, (variance - levels[number - 1]) / (levels[number] - levels[number - 1]))
    if number + 1 < len(levels):
        weight = torch.minimum(weight, (levels[number + 1] - variance) / (levels[number + 1] - levels[number]))
    return weight.clamp_min(0)


def _apply(given: Inputs) -> torch.Tensor:
    furthest = -STAGE_TOP + given.largest["focus_depth"]
    return defocused(
        given.images,
        given.buffers["depth"].to(given.images),
        given.values["blur_per_unit"],
        given.values["focus_depth"],
        given.largest["blur_per_unit"] * furthest,
    )


OPERATOR = Operator("defocus", _apply, buffers=("depth",))
