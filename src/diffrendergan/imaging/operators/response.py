"""The detector's response: offset, gain and gamma (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_LEAST = 1e-4
"""Signals below this are treated as it: the derivative of a power has no bound at 0."""


def responded(images: torch.Tensor, offset: torch.Tensor, gain: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
    """Return (offset + gain · signal)^gamma, differentiably in all three.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    offset, gain, gamma : torch.Tensor
        Shape (B,).
    """
    offset, gain, gamma = (values[:, None, None] for values in (offset, gain, gamma))
    return (offset + gain * images).clamp_min(_LEAST) ** gamma


def _apply(given: Inputs) -> torch.Tensor:
    return responded(given.images, *(given.values[name] for name in ("offset", "gain", "gamma")))


OPERATOR = Operator("response", _apply, over_ground="detector")
