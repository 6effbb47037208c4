"""Shot noise: variance that grows with the signal (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_LEAST = 1e-6
"""Signals and variances below this count as it: the derivative of a root has no bound at 0."""


def shot_noise(
    images: torch.Tensor, variance_per_signal: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Add Gaussian noise of the variance b·I, differentiably in b: many electrons' Poisson noise.

    Parameters
    ----------
    images : torch.Tensor
        Signal I, shape (B, H, W).
    variance_per_signal : torch.Tensor
        b, shape (B,).
    generator : torch.Generator, optional
        Source of the noise; None gives the torch default.
    """
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype, device=images.device)
    variance = variance_per_signal[:, None, None] * images.clamp_min(_LEAST)
    return images + variance.clamp_min(_LEAST**2).sqrt() * noise


def _apply(given: Inputs) -> torch.Tensor:
    return shot_noise(given.images, given.values["variance_per_signal"], given.rng)


OPERATOR = Operator("shot_noise", _apply, over_ground="noise")
