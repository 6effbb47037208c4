"""Saturation: near full scale more signal makes hardly any difference (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_LEAST = 1e-3
"""Shares below this count as it: they are hardly one of 256 grey levels."""


def saturated(images: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Squeeze all that is brighter than 1 − share into the share of the range below 1, differentiably in it.

    Up to there nothing changes, beyond it the signal approaches 1 exponentially; the slope does not jump.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    share : torch.Tensor
        Shape (B,).
    """
    share = share.clamp_min(_LEAST)[:, None, None]
    beyond = (images - (1 - share)).clamp_min(0)
    return images - beyond + share * -torch.expm1(-beyond / share)


def _apply(given: Inputs) -> torch.Tensor:
    return saturated(given.images, given.values["share"])


OPERATOR = Operator("saturation", _apply, over_ground="detector")
