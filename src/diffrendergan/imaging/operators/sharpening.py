"""Sharpening: what a microscope's filter adds to edges (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator, PointSpread
from diffrendergan.imaging.spectrum import Frequencies, gaussian_transfer


def sharpening_transfer(amount: torch.Tensor, sigma: torch.Tensor, frequencies: Frequencies) -> torch.Tensor:
    """Return what adds a share of the difference between an image and its blur: an unsharp mask.

    Parameters
    ----------
    amount : torch.Tensor
        The share, shape (B,).
    sigma : torch.Tensor
        Standard deviation of the blur [px], shape (B,).
    frequencies : Frequencies
    """
    share, variance = amount[:, None, None], sigma[:, None, None] ** 2
    return 1 + share * (1 - gaussian_transfer(frequencies, variance, variance))


def _transfer(given: Inputs, frequencies: Frequencies) -> torch.Tensor:
    return sharpening_transfer(given.values["amount"], given.values["sigma_px"], frequencies)


OPERATOR = Operator("sharpening", PointSpread(_transfer, lambda largest: largest["sigma_px"]))
