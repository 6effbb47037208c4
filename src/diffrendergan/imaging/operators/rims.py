"""Rims: each particle has a gain of its own where its surface stands upright (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.each_particle import drawn_for_each
from diffrendergan.imaging.operator import Inputs, Operator


def varied_rims(
    images: torch.Tensor,
    labels: torch.Tensor,
    tilt: torch.Tensor,
    sigma: torch.Tensor,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Multiply each particle by exp(σ·N(0, 1)·tilt), differentiably in σ.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    labels : torch.Tensor
        Integers, shape (B, H, W): 0 is ground.
    tilt : torch.Tensor
        0 where the surface faces the beam, 1 where it stands upright, shape (B, H, W).
    sigma : torch.Tensor
        Standard deviations of the logarithm, shape (B,).
    generator : torch.Generator, optional
        Source of the gains; None gives the torch default.
    """
    each = drawn_for_each(labels, torch.randn, images, generator)
    return images * torch.exp(sigma[:, None, None] * (each * tilt))


def _apply(given: Inputs) -> torch.Tensor:
    tilt = given.buffers["tilt"].to(given.images)
    return varied_rims(given.images, given.buffers["labels"], tilt, given.values["sigma"], given.rng)


OPERATOR = Operator("rims", _apply, buffers=("labels", "tilt"), over_ground="particles")
