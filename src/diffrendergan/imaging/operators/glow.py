"""Glow: agglomerates charge as a whole, the more the larger they are (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator


def glowing(images: torch.Tensor, area: torch.Tensor, strength: torch.Tensor, half_area: torch.Tensor) -> torch.Tensor:
    """Multiply by 1 + strength · a/(a + half area), differentiably in both; the ground, whose a is 0, stays.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    area : torch.Tensor
        Area a of the particles that hang together with the one that is seen [px²], shape (B, H, W).
    strength : torch.Tensor
        Shape (B,).
    half_area : torch.Tensor
        Area of half the gain [px²], shape (B,).
    """
    return images * (1 + strength[:, None, None] * area / (area + half_area[:, None, None]))


def _apply(given: Inputs) -> torch.Tensor:
    area = given.buffers["group_area"].to(given.images)
    return glowing(given.images, area, given.values["strength"], given.values["area_px"])


OPERATOR = Operator("glow", _apply, buffers=("group_area",), over_ground="particles")
