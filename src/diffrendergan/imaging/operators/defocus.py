"""Defocus: what lies above or below the plane in focus is blurred (METHOD §9)."""

from __future__ import annotations

import math
from typing import Any

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.spectrum import Frequencies, back, gaussian_transfer, margin_of, padded
from diffrendergan.scene.geometry import STAGE_TOP

MOST_LEVELS = 6
"""Blurs that are computed; those in between are interpolated in the variance, in which they are nearly linear."""
LEVEL_PX = 0.6
"""Fewer do where they lie this close: then the highest frequency is passed to within 0.05 as between levels of 0 and
0.6 px, of which the interpolation is exact at both ends."""

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
    margin = margin_of([largest])
    variance = (blur_per_unit[:, None, None] * (depth - focus[:, None, None])) ** 2
    # Levels lie closer at small blurs, where images change fastest.
    steps = min(MOST_LEVELS - 1, max(1, math.ceil(largest / LEVEL_PX)))
    levels = [largest**2 * (number / steps) ** 2 for number in range(steps + 1)]
    variance = variance.clamp(0, levels[-1])
    sharp = _hat(variance, levels, 0)
    sums: Any = 0.0
    for number in range(1, len(levels)):
        share = _hat(variance, levels, number)
        wide = padded(torch.cat([images * share, share]), margin)
        spectra = torch.fft.rfft2(wide)
        sums = sums + spectra * gaussian_transfer(Frequencies.of(wide), levels[number], levels[number])
    # What the levels scatter is added up in the spectrum, so that only the sums of light and of weight come back.
    light, weight = back(sums, wide, margin, images.shape).view(2, *images.shape)
    return (images * sharp + light) / (sharp + weight).clamp_min(_LEAST_WEIGHT)


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
