"""Defocus: what lies above or below the plane in focus is blurred (METHOD §9)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.spectrum import filtered, gaussian_transfer, padded
from diffrendergan.scene.geometry import STAGE_TOP

LEVELS = 6
"""Blurs that are computed; those in between are interpolated in the variance, in which they are nearly linear."""

_LEAST_WEIGHT = 1e-3
"""Less light than this arrives nowhere but through rounding: every pixel sends most of its own near itself."""


def defocused(
    images: torch.Tensor, depth: torch.Tensor, blur_per_unit: torch.Tensor, focus: torch.Tensor, largest: float
) -> torch.Tensor:
    """Blur each pixel by its distance from the plane in focus, differentiably in blur and focus.

    Each pixel scatters its light as its own depth says, and what arrives is divided by the weight that arrives with it:
    what is sharp does not spill over what is blurred, and what hides the light behind an edge is not modelled.

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
    variance = (blur_per_unit[:, None, None] * (depth - focus[:, None, None])) ** 2
    # Levels lie closer at small blurs, where images change fastest.
    levels = [largest**2 * (number / (LEVELS - 1)) ** 2 for number in range(LEVELS)]
    variance = variance.clamp(0, levels[-1])
    light, weight = images * _hat(variance, levels, 0), _hat(variance, levels, 0)
    for number in range(1, LEVELS):
        share, _ = padded(_hat(variance, levels, number), largest)
        transfer = gaussian_transfer(wide, levels[number], levels[number])
        light = light + filtered(torch.fft.rfft2(wide * share), transfer, wide.shape, margin)
        weight = weight + filtered(torch.fft.rfft2(share), transfer, wide.shape, margin)
    return light / weight.clamp_min(_LEAST_WEIGHT)


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


OPERATOR = Operator("defocus", _apply, buffers=("depth",), over_ground="spreads")
