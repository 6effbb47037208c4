"""Vignetting: brightness that changes towards the corners (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator


def vignetted(images: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    """Multiply by 1 − strength · r², where r is 0 in the middle and 1 in the corners.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    strength : torch.Tensor
        Shape (B,).
    """
    down, right = (
        torch.linspace(-1, 1, length, dtype=images.dtype, device=images.device) for length in images.shape[-2:]
    )
    squared = (down[:, None] ** 2 + right[None, :] ** 2) / 2
    return images * (1 - strength[:, None, None] * squared)


def _apply(given: Inputs) -> torch.Tensor:
    return vignetted(given.images, given.values["strength"])


OPERATOR = Operator("vignetting", _apply, over_ground="detector")
