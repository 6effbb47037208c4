"""Variation: each particle has a gain of its own (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.each_particle import drawn_for_each
from diffrendergan.imaging.operator import Inputs, Operator


def varied(
    images: torch.Tensor, labels: torch.Tensor, sigma: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Multiply each particle by exp(σ·N(0, 1)), differentiably in σ; the ground stays.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    labels : torch.Tensor
        Integers, shape (B, H, W): 0 is ground.
    sigma : torch.Tensor
        Standard deviations of the logarithm, shape (B,).
    generator : torch.Generator, optional
        Source of the gains; None gives the torch default.
    """
    each = drawn_for_each(labels, torch.randn, images, generator)
    return images * torch.exp(sigma[:, None, None] * each)


def _apply(given: Inputs) -> torch.Tensor:
    return varied(given.images, given.buffers["labels"], given.values["sigma"], given.rng)


OPERATOR = Operator("variation", _apply, buffers=("labels",), over_ground="particles")
