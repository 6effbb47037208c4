"""Quantisation: grey levels are counted (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator


def quantised(images: torch.Tensor, bits: torch.Tensor) -> torch.Tensor:
    """Clamp to [0, 1] and round to levels of so many bits; derivatives pass the rounding as if it were not there.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    bits : torch.Tensor
        Shape (B,).

    Source: Y. Bengio et al., Estimating or propagating gradients through stochastic neurons (2013): straight through.
    """
    images = images.clamp(0, 1)
    steps = (2.0 ** bits[:, None, None]) - 1
    return images + ((images * steps).round() / steps - images).detach()


def _apply(given: Inputs) -> torch.Tensor:
    return quantised(given.images, given.values["bits"])


OPERATOR = Operator("quantisation", _apply)
