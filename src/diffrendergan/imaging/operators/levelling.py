"""Levelling: what a scanner adds to heights, and what is taken off again (`docs/imaging.md`)."""

from __future__ import annotations

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.micrographs.levelling import levelled


def scanned(
    images: torch.Tensor, tilt: torch.Tensor, bow: torch.Tensor, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Add a plane and a bow of random directions, differentiably in how strong they are.

    Parameters
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    tilt : torch.Tensor
        Standard deviation of the rise from one side to the other, shape (B,).
    bow : torch.Tensor
        Standard deviation of the sag in the middle, shape (B,).
    generator : torch.Generator, optional
        Source of the directions; None gives the torch default.
    """
    draws = torch.randn((4, len(images), 1, 1), generator=generator, dtype=images.dtype, device=images.device)
    down, right = (torch.linspace(-0.5, 0.5, length).to(images) for length in images.shape[1:])
    plane = draws[0] * down[:, None] + draws[1] * right[None]
    sag = draws[2] * (4 * down[:, None] ** 2 - 1) + draws[3] * (4 * right[None] ** 2 - 1)
    return images + tilt[:, None, None] * plane + bow[:, None, None] * sag


def _apply(given: Inputs) -> torch.Tensor:
    images, values = given.images, given.values
    found = scanned(images, values["tilt"], values["bow"], given.rng)
    degree = int(values["degree"][0])
    if degree < 0:
        return found
    # The ground stays as bright as it was.
    level = (images - levelled(images, 0, False)).detach()
    return levelled(found, degree, bool(values["lines"][0])) + level


OPERATOR = Operator("levelling", _apply)
