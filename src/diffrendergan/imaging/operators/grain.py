"""Grain: noise that neighbouring pixels share (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.smooth_noise import smooth_noise


def grain(
    images: torch.Tensor,
    sigma: torch.Tensor,
    width: torch.Tensor,
    widest: float,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Add smoothed noise, differentiably in its standard deviation and its width.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviation, shape (B,).
    width : torch.Tensor
        Of the Gaussian that white noise is smoothed by [px], shape (B,).
    widest : float
        No width is larger [px].
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    return images + sigma[:, None, None] * smooth_noise(tuple(images.shape[1:]), width, widest, generator)


def _apply(given: Inputs) -> torch.Tensor:
    return grain(given.images, given.values["sigma"], given.values["width_px"], given.largest["width_px"], given.rng)


OPERATOR = Operator("grain", _apply, over_ground="noise")
