"""Charging: tails along the scan line behind what is bright or dark (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator

_REACH = 5.0
"""Tails are followed for this many of their lengths, where 1 % of them is left."""


def charged(images: torch.Tensor, strength: torch.Tensor, length_px: torch.Tensor, longest: float) -> torch.Tensor:
    """Add to each pixel what the pixels before it on its line have left, differentiably in strength and length.

    What is left falls as exp(−x/l); its weights sum to the strength. Before the line's first pixel lies its mean.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W); lines run along the last axis.
    strength : torch.Tensor
        Shape (B,); negative gives dark tails behind what is bright.
    length_px : torch.Tensor
        Shape (B,) [px].
    longest : float
        No length is longer [px].
    """
    from scipy.fft import next_fast_len

    width = images.shape[-1]
    reach = max(1, min(width - 1, int(_REACH * longest)))
    steps = torch.arange(1, reach + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-(steps / length_px.clamp_min(1e-3)[:, None]))
    # A pixel gets from those before it, not from itself.
    kernel = torch.nn.functional.pad(kernel / kernel.sum(1, keepdim=True), (1, 0))
    apart = images - images.mean(-1, keepdim=True)
    length = next_fast_len(width + reach, real=True)
    spectrum = torch.fft.rfft(apart, length) * torch.fft.rfft(kernel, length)[:, None]
    tails = torch.fft.irfft(spectrum, length)[..., :width]
    return images + strength[:, None, None] * tails


def _apply(given: Inputs) -> torch.Tensor:
    return charged(given.images, given.values["strength"], given.values["length_px"], given.largest["length_px"])


OPERATOR = Operator("charging", _apply)
