"""A wide tail of the point spread: electrons that come back far from where the beam went in (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator, PointSpread
from diffrendergan.imaging.spectrum import Frequencies, gaussian_transfer


def tail_transfer(weight: torch.Tensor, sigma: torch.Tensor, frequencies: Frequencies) -> torch.Tensor:
    """Return what leaves a share of each pixel's light where it is and spreads the rest as a Gaussian.

    Beside the blurs that stand before it the point spread is that of two Gaussians: the core, and the core widened by
    the tail.

    Parameters
    ----------
    weight : torch.Tensor
        Share of the light in the tail, shape (B,).
    sigma : torch.Tensor
        Standard deviation of the tail [px], shape (B,).
    frequencies : Frequencies

    Source: T. Chang, Proximity effect in electron-beam lithography (1975): two Gaussians, of forward- and
    back-scattered electrons.
    """
    share, variance = weight[:, None, None], sigma[:, None, None] ** 2
    return 1 - share + share * gaussian_transfer(frequencies, variance, variance)


def _transfer(given: Inputs, frequencies: Frequencies) -> torch.Tensor:
    return tail_transfer(given.values["weight"], given.values["sigma_px"], frequencies)


OPERATOR = Operator("tail", PointSpread(_transfer, lambda largest: largest["sigma_px"]))
