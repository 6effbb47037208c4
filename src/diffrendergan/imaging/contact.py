"""The shade at the feet of particles: electrons of the ground beside a particle are caught by it."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch.nn import functional

from diffrendergan.imaging.spectrum import blurred, gaussian_transfer, margin_of

_COARSE = 4
"""A shade changes slowly: it is computed on every fourth pixel."""


def contact_shadow(
    through: torch.Tensor, strength: torch.Tensor, reach_px: torch.Tensor, furthest: float
) -> torch.Tensor:
    """Darken the ground beside particles, differentiably in all three.

    Parameters
    ----------
    through : torch.Tensor
        Share of the ground that is seen, shape (B, H, W).
    strength : torch.Tensor
        Share of the light that is missing at a long straight edge, shape (B,); at a small particle less is missing.
    reach_px : torch.Tensor
        Standard deviation of the Gaussian by which it fades [px], shape (B,).
    furthest : float
        No reach is longer [px].

    Returns
    -------
    torch.Tensor
        Shape (B, H, W).
    """
    height, width = through.shape[1:]
    small = functional.interpolate(
        1 - through[:, None], size=(math.ceil(height / _COARSE), math.ceil(width / _COARSE)), mode="area"
    )[:, 0]
    variance = ((reach_px / _COARSE) ** 2)[:, None, None]
    spread = partial(gaussian_transfer, right=variance, down=variance)
    soft = blurred(small, [spread], margin_of([furthest / _COARSE]))
    # A straight edge hides half of what the Gaussian sees.
    shade = 2 * functional.interpolate(soft[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]
    return through * (1 - strength[:, None, None] * shade).clamp_min(0)
