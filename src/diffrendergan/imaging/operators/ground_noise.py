"""Noise of the ground that goes on over particles (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_LEAST = 0.01
"""Variances below this share of the ground's count as it: the derivative of a root has no bound at 0."""


def noise_factor(brightness: torch.Tensor, growth: torch.Tensor) -> torch.Tensor:
    """Return by how much noise is stronger than on open ground, differentiably in both.

    Parameters
    ----------
    brightness : torch.Tensor
        As a multiple of that of the open ground, shape (B, H, W).
    growth : torch.Tensor
        Share of the ground's variance that grows with the brightness, shape (B,).
    """
    return (1 + growth[:, None, None] * (brightness - 1)).clamp_min(_LEAST).sqrt()


def _apply(given: Inputs) -> torch.Tensor:
    return noise_factor(given.images, given.values["growth"])


OPERATOR = Operator("ground_noise", _apply, over_ground="recorded")
