"""Rings: what uneven elements of a detector leave in the slices of tomograms (`docs/imaging.md`)."""

from __future__ import annotations

import math

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.smooth_noise import smooth_noise


def rings(
    images: torch.Tensor,
    sigma: torch.Tensor,
    width: torch.Tensor,
    away: torch.Tensor,
    widest: float,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Add brightness that depends on the distance from an axis alone, differentiably in its strength and width.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    sigma : torch.Tensor
        Standard deviation of the brightness, shape (B,).
    width : torch.Tensor
        Standard deviation of a ring's profile [px], shape (B,).
    away : torch.Tensor
        How far from the middle of the image the axis lies at most [px], shape (B,).
    widest : float
        No width is larger [px].
    generator : torch.Generator, optional
        Source of the rings and their axis; None gives the torch default.
    """
    count, height, rows = images.shape[0], images.shape[1], images.shape[2]
    draws = torch.rand((count, 2), generator=generator, dtype=images.dtype, device=images.device)
    distance, angle = away * draws[:, 0].sqrt(), 2 * math.pi * draws[:, 1]
    down = torch.arange(height).to(images)[None, :, None] - height / 2 - (distance * angle.sin())[:, None, None]
    right = torch.arange(rows).to(images)[None, None, :] - rows / 2 - (distance * angle.cos())[:, None, None]
    radius = (down**2 + right**2).sqrt()
    first = radius.flatten(1).min(1).values.floor()
    profile = smooth_noise((math.ceil(math.hypot(height, rows)) + 2,), width, widest, generator)
    place = radius - first[:, None, None]
    inner = place.floor().long().clamp(0, profile.shape[1] - 2)
    part = place - inner
    near, far = (profile.gather(1, (inner + step).flatten(1)).view_as(place) for step in (0, 1))
    return images + sigma[:, None, None] * (near + part * (far - near))


def _apply(given: Inputs) -> torch.Tensor:
    sigma, width, away = (given.values[name] for name in ("sigma", "width_px", "away_px"))
    return rings(given.images, sigma, width, away, given.largest["width_px"], given.rng)


OPERATOR = Operator("rings", _apply, over_ground="noise")
