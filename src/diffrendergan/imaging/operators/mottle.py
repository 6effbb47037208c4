"""Mottle: surfaces that are not even, bright and dark in spots (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.smooth_noise import smooth_noise


def mottled(
    images: torch.Tensor,
    sigma: torch.Tensor,
    width: torch.Tensor,
    widest: float,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Multiply by exp(σ · smooth noise), differentiably in its strength and its width.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviation of the logarithm, shape (B,).
    width : torch.Tensor
        Of the Gaussian that white noise is smoothed by [px], shape (B,).
    widest : float
        No width is larger [px].
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    return images * torch.exp(sigma[:, None, None] * smooth_noise(tuple(images.shape[1:]), width, widest, generator))


def _apply(given: Inputs) -> torch.Tensor:
    sigma, width = given.values["sigma"], given.values["width_px"]
    return mottled(given.images, sigma, width, given.largest["width_px"], given.rng)


OPERATOR = Operator("mottle", _apply, over_ground="particles")
