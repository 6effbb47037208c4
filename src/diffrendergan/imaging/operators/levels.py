"""Levels: some of the particles have a second brightness (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.each_particle import drawn_for_each
from diffrendergan.imaging.operator import Inputs, Operator

RAMP = 0.05
"""Particles whose number lies within this of the share are in between the two: so the share has a derivative."""


def two_levels(
    images: torch.Tensor,
    labels: torch.Tensor,
    share: torch.Tensor,
    gain: torch.Tensor,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Multiply a share of the particles by a gain, differentiably in both; the ground stays.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    labels : torch.Tensor
        Integers, shape (B, H, W): 0 is ground.
    share : torch.Tensor
        Shape (B,): 0 is none of them, 1 is all.
    gain : torch.Tensor
        Shape (B,).
    generator : torch.Generator, optional
        Source of the choice; None gives the torch default.
    """
    place = drawn_for_each(labels, torch.rand, images, generator, ground=2.0)
    limit = share[:, None, None] * (1 + RAMP)
    chosen = ((limit - place) / RAMP).clamp(0, 1)
    return images * (1 + chosen * (gain[:, None, None] - 1))


def _apply(given: Inputs) -> torch.Tensor:
    share, gain = given.values["share"], given.values["gain"]
    return two_levels(given.images, given.buffers["labels"], share, gain, given.rng)


OPERATOR = Operator("levels", _apply, buffers=("labels",), over_ground="particles")
